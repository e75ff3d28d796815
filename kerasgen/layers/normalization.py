"""Group normalisation and SiLU in one layer, for networks that a CPU trains."""

import functools

import keras
import tensorflow as tf
from keras import ops

from kerasgen.ops import checks
from kerasgen.ops.compiled import compiled


@keras.saving.register_keras_serializable("kerasgen")
class GroupNormSiLU(keras.layers.Layer):
    """silu(gamma (x - mean) / std + beta) over groups of channels; silu(u) = u sigmoid(u).

    Wu & He (2018), arXiv:1803.08494, followed by the activation of Ramachandran et al. (2017),
    arXiv:1710.05941. Mean and variance of a group come of the sums of each channel, taken once,
    in float32 whatever x is; what is left is one multiplication and one addition a number.
    A second input, (batch, channels), is added to every position of x first (the embedding of
    a diffusion's time): it enters the sums and the addition, so that it costs nothing. The
    gradient is written out in the same manner.

    Args:
        groups: Number of groups; divides the channels.
        epsilon: Added to the variance, > 0.
        activate: False leaves the SiLU out.
    """

    def __init__(self, groups=8, epsilon=1e-5, activate=True, **kwargs):
        super().__init__(**kwargs)
        self.groups = checks.integer("groups", groups, 1, 2**20)
        self.epsilon, self.activate = checks.positive("epsilon", epsilon), activate

    def build(self, shape, *_):
        channels = shape[-1]
        if channels % self.groups:
            raise ValueError(f"`groups` must divide {channels} channels. Received: groups={self.groups}.")
        self.gamma = self.add_weight((channels,), "ones", "float32", autocast=False, name="gamma")
        self.beta = self.add_weight((channels,), "zeros", "float32", autocast=False, name="beta")

    def call(self, x, shift=None):
        shape = ops.shape(x)
        rows = ops.reshape(x, (shape[0], -1, x.shape[-1]))  # (batch, positions, channels)
        shift = ops.zeros((shape[0], x.shape[-1]), "float32") if shift is None else ops.cast(shift, "float32")
        gamma, beta = tf.convert_to_tensor(self.gamma), tf.convert_to_tensor(self.beta)
        return ops.reshape(
            _normalised(self.groups, self.epsilon, self.activate)(rows, shift, gamma, beta), shape
        )

    def compute_output_shape(self, shape, *_):
        return shape

    def get_config(self):
        plain = ("groups", "epsilon", "activate")
        return super().get_config() | {name: getattr(self, name) for name in plain}


@functools.cache  # layers of equal shapes share what is compiled
def _normalised(groups, epsilon, activate):
    """The layer's function of x (batch, n, c), shift (batch, c) and gamma, beta (c,), with its gradient."""

    def over_groups(values, count):
        """Means over groups of channels: (batch, c) -> (batch, c), each channel that of its group."""
        grouped = tf.reshape(values, (-1, groups, values.shape[-1] // groups))
        means = tf.reduce_sum(grouped, axis=-1, keepdims=True) / (count * grouped.shape[-1])
        return tf.reshape(tf.broadcast_to(means, tf.shape(grouped)), tf.shape(values))

    @compiled
    def forward(sums, x, shift, gamma, beta):
        """The output, and what the gradient needs again, (batch, c) each."""
        n, wide = tf.cast(tf.shape(x)[1], "float32"), _float32(x)
        total, squares = sums(_float32, x), sums(lambda x: tf.square(_float32(x)), x)
        mean = over_groups(total + n * shift, n)
        power = over_groups(squares + 2 * shift * total + n * tf.square(shift), n)
        rate = tf.math.rsqrt(tf.maximum(power - tf.square(mean), 0.0) + epsilon)
        scale = gamma * rate
        offset = beta + (shift - mean) * scale
        u = wide * scale[:, None] + offset[:, None]
        return _rounded(u * tf.sigmoid(u) if activate else u, x.dtype), total, mean, rate, offset

    @compiled
    def backward(sums, x, dy, shift, gamma, total, mean, rate, offset):
        """Gradients for x (batch, n, c), shift (batch, c), gamma and beta (c,)."""
        n, scale = tf.cast(tf.shape(x)[1], "float32"), gamma * rate
        dy, wide = _float32(dy), _float32(x)
        if activate:
            u = wide * scale[:, None] + offset[:, None]
            s = tf.sigmoid(u)
            dy *= s * (1 + u * (1 - s))
        a, b = sums(tf.identity, dy), sums(lambda dy, x: dy * _float32(x), dy, x)
        centred = rate * (b + (shift - mean) * a)  # sum of dy times the normalised x
        q = tf.square(rate) * over_groups(gamma * centred, n)
        constant = (mean - shift) * q - rate * over_groups(gamma * a, n)
        dx = dy * scale[:, None] - wide * q[:, None] + constant[:, None]
        dshift = a * scale - total * q + n * constant
        return _rounded(dx, x.dtype), dshift, tf.reduce_sum(centred, axis=0), tf.reduce_sum(a, axis=0)

    @tf.custom_gradient
    def function(x, shift, gamma, beta):
        y, *parts = forward(x, shift, gamma, beta)
        return y, lambda dy: backward(x, dy, shift, gamma, *parts)

    return function


def _float32(x):
    """x as float32; of bfloat16 by its bits, the upper half of float32's, which XLA's own cast is slow at."""
    if x.dtype != tf.bfloat16:
        return tf.cast(x, "float32")
    bits = tf.cast(tf.bitcast(x, "uint16"), "uint32")
    return tf.bitcast(tf.bitwise.left_shift(bits, tf.constant(16, "uint32")), "float32")


def _rounded(x, dtype):
    """float32 x in another type, by its bits where that is bfloat16: to the nearest, ties to even."""
    if dtype != tf.bfloat16:
        return tf.cast(x, dtype)
    number, shift = (lambda value: tf.constant(value, "uint32")), tf.bitwise.right_shift
    bits = tf.bitcast(x, "uint32")
    odd = tf.bitwise.bitwise_and(shift(bits, number(16)), number(1))
    upper = shift(bits + number(0x7FFF) + odd, number(16))
    return tf.bitcast(tf.cast(upper, "uint16"), "bfloat16")
