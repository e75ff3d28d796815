"""Couplings: one part of x is transformed as a network says that reads the other part."""

import keras
import numpy as np
from keras import ops

from kerasgen.bijectors.base import sum_rows
from kerasgen.bijectors.conditioner import Conditioned
from kerasgen.ops import checks


def halves(shape):
    """The first half of the last axis: of the numbers of a vector, of the channels of an image."""
    return np.arange(shape[-1]) < shape[-1] // 2


def alternating(shape):
    """Every second number of the last axis."""
    return np.arange(shape[-1]) % 2 == 0


def checkerboard(shape):
    """Every second position of an image (height, width, channels), with all of its channels."""
    return np.indices(shape[:-1]).sum(axis=0)[..., None] % 2 == 0


MASKS = {"halves": halves, "alternating": alternating, "checkerboard": checkerboard}


@keras.saving.register_keras_serializable("kerasgen")
class Coupling(Conditioned):
    """y = b x + (1 - b) f(x; network(b x)), b a mask of 0 and 1, f monotone in each number.

    RealNVP (Dinh et al., 2017, arXiv:1605.08803, equation 9); what the network reads stays, so that the
    inverse needs one evaluation, too. With `Shift` it is the coupling of NICE, with `Affine` that of RealNVP
    and Glow, with `RationalQuadratic` that of neural spline flows. In front of `FactorOut`, with the mask
    "halves",
    it is the learned prior of the half that is factored out: N(t, exp(s)^2) given the other half.

    Args:
        elementwise: `Elementwise`: f.
        network: Functional model, x (batch, *shape), or [x, condition], to (batch, *shape[:-1], parameters
            c): the first parameter of all c channels, then the second. Its last layer is 0 at first by
            custom.
        mask: What the network reads, a name in `MASKS`.
        flip: Whether it reads the other part.

    Raises:
        TypeError, ValueError: If an argument is none of these, or the shapes do not go together.
    """

    def __init__(self, elementwise, network, mask="halves", flip=False, **kwargs):
        super().__init__(elementwise, network, **kwargs)
        self.mask = checks.choice("mask", mask, tuple(MASKS))
        self.flip = checks.flag("flip", flip)

    def build(self, input_shape):
        self.check(input_shape)
        read = MASKS[self.mask](tuple(input_shape[1:])) != self.flip
        if read.all() or not read.any():
            raise ValueError(f"`mask` must leave something to transform. Received: mask={self.mask!r}.")
        self.read = read

    def forward(self, x, condition=None):
        y, log_slope = self.elementwise.forward(x, self.parameters(self._known(x), condition))
        return ops.where(self.read, x, y), sum_rows(ops.where(self.read, 0, log_slope))

    def inverse(self, y, condition=None):
        x, log_slope = self.elementwise.inverse(y, self.parameters(self._known(y), condition))
        return ops.where(self.read, y, x), sum_rows(ops.where(self.read, 0, log_slope))

    def _known(self, x):
        return ops.where(self.read, x, ops.zeros_like(x))

    def get_config(self):
        return super().get_config() | {"mask": self.mask, "flip": self.flip}
