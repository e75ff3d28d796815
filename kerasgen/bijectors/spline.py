"""Monotone rational-quadratic splines (Durkan et al., 2019, Neural Spline Flows, arXiv:1906.04032)."""

import dataclasses
import math

import keras
from keras import ops

from kerasgen.bijectors.elementwise import Elementwise
from kerasgen.ops import checks

LEAST = 1e-3  # width and height of a bin as a share of the interval, and slope at a knot


@keras.saving.register_keras_serializable("kerasgen")
@dataclasses.dataclass(frozen=True)
class RationalQuadratic(Elementwise):
    """A spline of `bins` pieces, quotients of parabolas, on [-bound, bound], and the identity outside.

    Section 3.1. With knots (x_k, y_k) of slopes d_k, s = (y_k+1 - y_k) / (x_k+1 - x_k) and
    xi = (x - x_k) / (x_k+1 - x_k), equation 4 is

        y = y_k + (y_k+1 - y_k) (s xi^2 + d_k xi (1 - xi)) / (s + (d_k+1 + d_k - 2 s) xi (1 - xi)).

    p holds the logits of the widths and of the heights of the bins, and the slopes at the inner knots before
    a softplus; those at the ends are 1.

    Args:
        bins: K, 2 to 512.
        bound: B > 0, up to 1e6.
    """

    bins: int = 8
    bound: float = 3.0

    def __post_init__(self):
        checks.integer("bins", self.bins, 2, 512)
        checks.number("bound", self.bound, 0, 1e6, "(]")

    @property
    def parameters(self):
        return 3 * self.bins - 1

    def knots(self, logits):
        """Positions of the K + 1 knots, (..., K + 1, c), from logits (..., K, c)."""
        shares = LEAST + (1 - LEAST * self.bins) * ops.softmax(logits, axis=-2)
        inner = 2 * self.bound * ops.cumsum(shares, axis=-2)[..., :-1, :] - self.bound
        end = ops.full_like(inner[..., :1, :], self.bound)
        return ops.concatenate([-end, inner, end], axis=-2)

    def slopes(self, raw):
        """Slopes at the K + 1 knots, (..., K + 1, c); 1 of raw numbers that are 0."""
        inner = LEAST + ops.softplus(raw + math.log(math.expm1(1 - LEAST)))
        end = ops.ones_like(inner[..., :1, :])
        return ops.concatenate([end, inner, end], axis=-2)

    def pieces(self, p, at, of_y):
        """x_k, the width, y_k, the height and the two slopes of the bin of each number `at` of x, or of y."""
        k = self.bins
        xs, ys, slopes = (
            self.knots(p[..., :k, :]),
            self.knots(p[..., k : 2 * k, :]),
            self.slopes(p[..., 2 * k :, :]),
        )
        inner = (ys if of_y else xs)[..., 1:-1, :]
        index = ops.sum(ops.cast(at[..., None, :] >= inner, "int32"), axis=-2, keepdims=True)
        left, right = (
            [ops.take_along_axis(table, index + step, axis=-2)[..., 0, :] for table in (xs, ys, slopes)]
            for step in (0, 1)
        )
        return left[0], right[0] - left[0], left[1], right[1] - left[1], left[2], right[2]

    def log_slope(self, xi, s, d, d_next):
        """Equation 5: log of s^2 (d_k+1 xi^2 + 2 s xi (1 - xi) + d_k (1 - xi)^2) / (...)^2."""
        mixed = xi * (1 - xi)
        above = d_next * ops.square(xi) + 2 * s * mixed + d * ops.square(1 - xi)
        return 2 * ops.log(s) + ops.log(above) - 2 * ops.log(s + (d_next + d - 2 * s) * mixed)

    def forward(self, x, p):
        inside = ops.abs(x) <= self.bound
        at = ops.clip(x, -self.bound, self.bound)
        x_k, width, y_k, height, d, d_next = self.pieces(p, at, of_y=False)
        xi, s = (at - x_k) / width, height / width
        mixed = xi * (1 - xi)
        y = y_k + height * (s * ops.square(xi) + d * mixed) / (s + (d_next + d - 2 * s) * mixed)
        log_slope = self.log_slope(xi, s, d, d_next)
        return ops.where(inside, y, x), ops.where(inside, log_slope, 0)

    def inverse(self, y, p):
        """The root of equations 6 to 8 in the form that does not cancel: 2 c / (-b - (b^2 - 4 a c)^(1/2))."""
        inside = ops.abs(y) <= self.bound
        at = ops.clip(y, -self.bound, self.bound)
        x_k, width, y_k, height, d, d_next = self.pieces(p, at, of_y=True)
        s, rise = height / width, at - y_k
        bend = rise * (d_next + d - 2 * s)
        a, b, c = height * (s - d) + bend, height * d - bend, -s * rise
        xi = 2 * c / (-b - ops.sqrt(ops.maximum(ops.square(b) - 4 * a * c, 0)))
        log_slope = self.log_slope(xi, s, d, d_next)
        return ops.where(inside, x_k + xi * width, y), ops.where(inside, -log_slope, 0)
