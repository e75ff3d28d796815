"""Planar flows (Rezende & Mohamed, 2015, arXiv:1505.05770)."""

import keras
from keras import ops

from kerasgen.bijectors.base import Bijector

HALVINGS = 60  # of the interval in which the inverse lies


@keras.saving.register_keras_serializable("kerasgen")
class Planar(Bijector):
    """y = x + u tanh(w.x + b) of vectors: a stretch across one plane.

    Equation 10; log |det| = log(1 + w.u (1 - tanh^2)), equation 12. The part of u along w is such that
    w.u > -1, as appendix A.1 asks for, so that the map is invertible. The inverse has no closed form: w.x is
    the root of a rising function, found by bisection.
    """

    def build(self, input_shape):
        small = lambda: keras.initializers.RandomNormal(stddev=0.1)
        size = (input_shape[-1],)
        self.direction, self.stretch = (self.add_weight(size, small(), name=name) for name in ("w", "u"))
        self.bias = self.add_weight((), "zeros", name="b")

    def parts(self, dtype):
        """(u, w, b, w.u), with u moved along w so that w.u > -1."""
        w, u, b = (ops.cast(part, dtype) for part in (self.direction, self.stretch, self.bias))
        raw = ops.sum(w * u)
        product = ops.softplus(raw) - 1
        return u + (product - raw) * w / (ops.sum(ops.square(w)) + 1e-12), w, b, product

    def forward(self, x, condition=None):
        u, w, b, product = self.parts(x.dtype)
        h = ops.tanh(ops.matmul(x, w[:, None]) + b)
        return x + u * h, ops.log1p(product * (1 - ops.square(h[:, 0])))

    def inverse(self, y, condition=None):
        """w.y = a + w.u tanh(a + b) has one root a = w.x, at most |w.u| away from w.y."""
        u, w, b, product = self.parts(y.dtype)
        target = ops.matmul(y, w[:, None])
        low, high = target - ops.abs(product), target + ops.abs(product)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            below = middle + product * ops.tanh(middle + b) < target
            low, high = ops.where(below, middle, low), ops.where(below, high, middle)
        h = ops.tanh((low + high) / 2 + b)
        return y - u * h, -ops.log1p(product * (1 - ops.square(h[:, 0])))
