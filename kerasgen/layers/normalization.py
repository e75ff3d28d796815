"""Group normalization and SiLU in one layer, fast on a CPU."""

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
    arXiv:1710.05941. Mean and variance of a group are computed from the sums of each channel, taken once,
    in float32 whatever the type of x; what remains is one multiplication and one addition a number.
    A second input, (batch, channels), is added to every position of x first (the embedding of
    the time in diffusion): it enters the sums and the addition, so that it costs nothing. The
    gradient is written out in the same way.

    Args:
        groups: Number of groups; divides the channels.
        epsilon: Added to the variance, in (0, 1e30].
        activate: False leaves the SiLU out.
        carry: True returns (y, x): a skip connection that takes x from there needs no addition in the
            backward pass, as its gradient is added within the layer's own.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or `groups` does not divide the
            channels.
    """

    def __init__(self, groups=8, epsilon=1e-5, activate=True, carry=False, **kwargs):
        super().__init__(**kwargs)
        self.groups = checks.integer("groups", groups, 1, 2**20)
        self.epsilon = checks.number("epsilon", epsilon, 0, 1e30, "(]")
        self.activate, self.carry = checks.flag("activate", activate), checks.flag("carry", carry)

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
        function = _normalize(self.groups, self.epsilon, self.activate, self.carry)
        y, *same = (ops.reshape(part, shape) for part in function(rows, shift, gamma, beta))
        return (y, *same) if self.carry else y

    def compute_output_shape(self, shape, *_):
        return (shape, shape) if self.carry else shape

    def get_config(self):
        plain = ("groups", "epsilon", "activate", "carry")
        return super().get_config() | {name: getattr(self, name) for name in plain}


@functools.cache  # layers of equal shapes share what is compiled
def _normalize(groups, epsilon, activate, carry):
    """The layer's function of x (batch, n, c), shift (batch, c) and gamma, beta (c,), with its gradient.

    It gives [y], or [y, x].

    One compiled pass forward, two back: in one, XLA would keep the sigmoid of every position in float32.
    """

    def over_groups(values, count):
        """Means over groups of channels: (batch, c) -> (batch, c), each channel that of its group."""
        grouped = tf.reshape(values, (-1, groups, values.shape[-1] // groups))
        means = tf.reduce_sum(grouped, axis=-1, keepdims=True) / (count * grouped.shape[-1])
        return tf.reshape(tf.broadcast_to(means, tf.shape(grouped)), tf.shape(values))

    @compiled
    def forth(loops, x, shift, gamma, beta):
        n = tf.cast(tf.shape(x)[1], "float32")
        total, squares = loops.sums(_float32, x), loops.sums(lambda x: tf.square(_float32(x)), x)
        mean = over_groups(total + n * shift, n)
        power = over_groups(squares + 2 * shift * total + n * tf.square(shift), n)
        rate = tf.math.rsqrt(tf.maximum(power - tf.square(mean), 0.0) + epsilon)
        scale = gamma * rate
        scale, offset = loops.once(scale, beta + (shift - mean) * scale)
        u = _float32(x) * scale[:, None] + offset[:, None]
        return _rounded(u * _sigmoid(u) if activate else u, x.dtype), scale, offset, total, mean, rate

    @compiled
    def through_silu(_, x, dy, scale, offset):
        u = _float32(x) * scale[:, None] + offset[:, None]
        s = _sigmoid(u)
        return _rounded(_float32(dy) * s * (1 + u * (1 - s)), x.dtype)

    @compiled
    def back(loops, x, du, shift, gamma, scale, total, mean, rate, *carried):
        """Gradients for x (with those of the skip connection), shift, gamma and beta."""
        n = tf.cast(tf.shape(x)[1], "float32")
        a, b = loops.sums(_float32, du), loops.sums(lambda du, x: _float32(du) * _float32(x), du, x)
        centered = rate * (b + (shift - mean) * a)  # sum of du times the normalized x
        q = tf.square(rate) * over_groups(gamma * centered, n)
        constant = (mean - shift) * q - rate * over_groups(gamma * a, n)
        dshift = a * scale - total * q + n * constant
        q, constant = loops.once(q, constant)
        dx = _float32(du) * scale[:, None] - _float32(x) * q[:, None] + constant[:, None]
        dx = _rounded(sum(map(_float32, carried), dx), x.dtype)
        return dx, dshift, tf.reduce_sum(centered, axis=0), tf.reduce_sum(a, axis=0)

    @tf.custom_gradient
    def function(x, shift, gamma, beta):
        bits = _bits(x)
        y, scale, offset, *parts = forth(bits, shift, gamma, beta)

        def gradient(dy, *carried):
            du = _bits(dy)
            if activate:
                du = through_silu(bits, du, scale, offset)
            dx, *rest = back(bits, du, shift, gamma, scale, *parts, *map(_bits, carried))
            return _of_type(dx, x.dtype), *rest

        y = _of_type(y, x.dtype)
        return [y, tf.identity(x)] if carry else [y], gradient

    return function


def _bits(x):
    """bfloat16 as its bits, which XLA is faster with than with the type; others as they are."""
    return tf.bitcast(x, "uint16") if x.dtype == tf.bfloat16 else x


def _of_type(bits, dtype):
    """The inverse of `_bits`."""
    return bits if bits.dtype == dtype else tf.bitcast(bits, dtype)


def _float32(x):
    """x, or the bits of a bfloat16, as float32: the upper half of float32's."""
    if x.dtype != tf.uint16:
        return tf.cast(x, "float32")
    return tf.bitcast(tf.bitwise.left_shift(tf.cast(x, "uint32"), tf.constant(16, "uint32")), "float32")


def _rounded(x, dtype):
    """float32 x in another type, or as the bits of a bfloat16: to the nearest, ties to even."""
    if dtype != tf.uint16:
        return tf.cast(x, dtype)
    number, shift = (lambda value: tf.constant(value, "uint32")), tf.bitwise.right_shift
    bits = tf.bitcast(x, "uint32")
    odd = tf.bitwise.bitwise_and(shift(bits, number(16)), number(1))
    return tf.cast(shift(bits + number(0x7FFF) + odd, number(16)), "uint16")


def _sigmoid(u):
    """XLA's hyperbolic tangent is cheaper than its exponential."""
    return 0.5 * tf.tanh(0.5 * u) + 0.5
