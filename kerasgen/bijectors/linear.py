"""Affine maps along the last axis: normalization, permutation, and a learned matrix in their place."""

import math

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from scipy import linalg

from kerasgen.bijectors.base import Bijector, of_rows
from kerasgen.ops import checks

CONSTANT = 1e-5  # standard deviation, over 1 + |mean|, below which a channel keeps its scale


@keras.saving.register_keras_serializable("kerasgen")
class ActNorm(Bijector):
    """y = x exp(s) + b, a scale and a bias for each number of the last axis; at first the identity.

    `initialize` sets them so that each channel of the first batch has mean 0 and variance 1 (Kingma &
    Dhariwal, 2018, Glow, arXiv:1807.03039, section 3.1). A channel that is constant there keeps the scale 1.
    """

    data_dependent = True

    def build(self, input_shape):
        weight = lambda name: self.add_weight((input_shape[-1],), "zeros", name=name)
        self.log_scale, self.bias = weight("log_scale"), weight("bias")

    def initialize(self, x, condition=None, weight=None):
        axes = tuple(range(len(x.shape) - 1))
        weight = ops.ones_like(x[..., :1]) if weight is None else _beside(weight, x)
        share = weight / ops.maximum(ops.sum(weight * ops.ones_like(x[..., :1])), 1e-30)
        mean = ops.sum(share * x, axis=axes)
        std = ops.sqrt(ops.sum(share * ops.square(x - mean), axis=axes))
        varies = std > CONSTANT * (1 + ops.abs(mean))
        log_scale = ops.where(varies, -ops.log(ops.where(varies, std, 1)), 0)
        self.log_scale.assign(log_scale)
        self.bias.assign(-mean * ops.exp(log_scale))
        return (x - mean) * ops.exp(log_scale)

    def forward(self, x, condition=None):
        s = ops.cast(self.log_scale, x.dtype)
        return x * ops.exp(s) + ops.cast(self.bias, x.dtype), of_rows(x, _positions(x) * ops.sum(s))

    def inverse(self, y, condition=None):
        s = ops.cast(self.log_scale, y.dtype)
        return (y - ops.cast(self.bias, y.dtype)) * ops.exp(-s), of_rows(y, -_positions(y) * ops.sum(s))


@keras.saving.register_keras_serializable("kerasgen")
class Permutation(Bijector):
    """The numbers of the last axis in another order.

    Args:
        seed: None for the reverse order; an int in [0, 2**32) for a random one.
    """

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = None if seed is None else checks.integer("seed", seed, 0, 2**32 - 1)

    def build(self, input_shape):
        places = np.arange(input_shape[-1])
        order = places[::-1] if self.seed is None else np.random.default_rng(self.seed).permutation(places)
        self.order, self.back = order.astype("int32"), np.argsort(order).astype("int32")

    def forward(self, x, condition=None):
        return ops.take(x, self.order, axis=-1), of_rows(x, 0)

    def inverse(self, y, condition=None):
        return ops.take(y, self.back, axis=-1), of_rows(y, 0)

    def get_config(self):
        return super().get_config() | {"seed": self.seed}


@keras.saving.register_keras_serializable("kerasgen")
class InvertibleLinear(Bijector):
    """y = P L (U + diag(sign exp(s))) x along the last axis: the invertible 1x1 convolution of Glow.

    Kingma & Dhariwal (2018), arXiv:1807.03039, section 3.2, equations 10 and 11: P a permutation and the
    signs are those of the decomposition of a random rotation and stay; L is lower triangular with ones on its
    diagonal, U strictly upper triangular. log |det| = positions sum(s).
    """

    def build(self, input_shape):
        size = input_shape[-1]
        rotation = np.asarray(keras.initializers.Orthogonal()((size, size), "float32"), "float64")
        order, lower, upper = linalg.lu(rotation)
        diagonal = np.diag(upper)
        fixed, learned = {"trainable": False}, {}
        for name, value, kind in (
            ("order", order, fixed), ("sign", np.sign(diagonal), fixed), ("lower", lower, learned),
            ("upper", upper, learned), ("log_scale", np.log(np.abs(diagonal)), learned),
        ):  # fmt: skip
            start = lambda shape, dtype=None, value=value: ops.convert_to_tensor(value, dtype)
            setattr(self, name, self.add_weight(value.shape, start, name=name, **kind))

    def factors(self, dtype):
        """(P, L, U + diag(sign exp(s)), s)."""
        cast = lambda name: ops.cast(getattr(self, name), dtype)
        s, lower, upper = cast("log_scale"), cast("lower"), cast("upper")
        strictly_upper = tf.linalg.band_part(upper, 0, -1) - tf.linalg.band_part(upper, 0, 0)
        lower = tf.linalg.set_diag(tf.linalg.band_part(lower, -1, 0), tf.ones_like(s))
        return cast("order"), lower, strictly_upper + tf.linalg.diag(cast("sign") * tf.exp(s)), s

    def forward(self, x, condition=None):
        order, lower, upper, s = self.factors(x.dtype)
        matrix = tf.matmul(order, tf.matmul(lower, upper))
        return ops.matmul(x, tf.transpose(matrix)), of_rows(x, _positions(x) * ops.sum(s))

    def inverse(self, y, condition=None):
        order, lower, upper, s = self.factors(y.dtype)
        columns = tf.transpose(tf.reshape(y, (-1, y.shape[-1])))
        columns = tf.linalg.triangular_solve(lower, tf.matmul(order, columns, transpose_a=True))
        columns = tf.linalg.triangular_solve(upper, columns, lower=False)
        x = tf.reshape(tf.transpose(columns), tf.shape(y))
        return tf.ensure_shape(x, y.shape), of_rows(y, -_positions(y) * ops.sum(s))


def _positions(x):
    """How often the last axis occurs in a row."""
    return math.prod(x.shape[1:-1])


def _beside(weight, x):
    """Weights (batch,) as (batch, 1, ...), in the type of x."""
    return ops.cast(ops.reshape(weight, (-1,) + (1,) * (len(x.shape) - 1)), x.dtype)
