"""Monotone functions of single numbers, whose parameters a network gives: what couplings are made of."""

import dataclasses

import keras
from keras import ops

from kerasgen.ops import checks
from kerasgen.ops.configured import Configured


@dataclasses.dataclass(frozen=True)
class Elementwise(Configured):
    """A monotone function y = f(x; p) of each number of x, with `parameters` parameters a number.

    A subclass is a frozen dataclass that writes the two methods below. With parameters that are 0 it is the
    identity, so that a network whose last layer is 0 begins there.
    """

    @property
    def parameters(self):
        """Parameters of each number."""
        raise NotImplementedError

    def forward(self, x, p):
        """(y, log dy/dx) of each number of x (..., c), with its parameters p (..., parameters, c)."""
        raise NotImplementedError

    def inverse(self, y, p):
        """(x, log dx/dy); otherwise as `forward`."""
        raise NotImplementedError


@keras.saving.register_keras_serializable("kerasgen")
@dataclasses.dataclass(frozen=True)
class Shift(Elementwise):
    """y = x + t, which keeps volumes: the additive coupling law of NICE, arXiv:1410.8516, section 3.2."""

    parameters = 1

    def forward(self, x, p):
        return x + p[..., 0, :], ops.zeros_like(x)

    def inverse(self, y, p):
        return y - p[..., 0, :], ops.zeros_like(y)


@keras.saving.register_keras_serializable("kerasgen")
@dataclasses.dataclass(frozen=True)
class Affine(Elementwise):
    """y = x exp(s) + t with s = bound tanh(r / bound); p holds r and t.

    RealNVP (Dinh et al., 2017, arXiv:1605.08803, equation 4). Scales without a bound explode in training.

    Args:
        bound: Greatest |s| > 0, up to 80.
    """

    bound: float = 3.0

    parameters = 2

    def __post_init__(self):
        checks.number("bound", self.bound, 0, 80, "(]")

    def log_scale(self, p):
        return self.bound * ops.tanh(p[..., 0, :] / self.bound)

    def forward(self, x, p):
        s = self.log_scale(p)
        return x * ops.exp(s) + p[..., 1, :], s

    def inverse(self, y, p):
        s = self.log_scale(p)
        return (y - p[..., 1, :]) * ops.exp(-s), -s
