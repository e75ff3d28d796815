"""Layers of StyleGAN2 (Karras et al., 2020, arXiv:1912.04958).

Weights are drawn from N(0, 1) and scaled where they are used, so that Adam moves all of them alike: the
equalized learning rate of Karras et al. (2018), arXiv:1710.10196, section 4.1. What a resampled convolution
blurs with is folded into its kernel, which is then larger; the image between is never computed.
"""

import keras
from keras import ops

from kerasgen.ops import checks

BINOMIAL = (1, 3, 3, 1)  # taps of the filter at each change of resolution, as in the paper
SLOPE = 0.2


def leaky(x):
    """Leaky rectifier of slope 0.2 that keeps the second moment of normal numbers: times the root of 2."""
    return ops.leaky_relu(x, SLOPE) * 2**0.5


def smoothed(kernel, taps):
    """The kernel (k, k, in, out) convolved with the separable filter `taps`, whose sum becomes 1."""
    size, total = len(taps), sum(taps)
    for axis in (0, 1):
        pads = lambda at, axis=axis: [(at, size - 1 - at) if one == axis else (0, 0) for one in range(4)]
        kernel = sum(ops.pad(kernel * (tap / total), pads(at)) for at, tap in enumerate(taps))
    return kernel


def check_taps(name, value):
    """Taps of a filter: an even number of positive numbers, at most 16; TypeError, ValueError otherwise."""
    found = tuple(checks.positive(name, tap) for tap in checks.members(name, value, "a tuple of numbers", 16))
    if len(found) % 2 or not found:
        words = f"`{name}` must be an even number of numbers."
        raise ValueError(f"{words} Received: {name}={checks.received(value)}.")
    return found


@keras.saving.register_keras_serializable("kerasgen")
class EqualizedDense(keras.layers.Layer):
    """x (batch, n) -> x W / sqrt(n) + b, (batch, units).

    Args:
        units: 1 to 2^16.
        activate: Whether `leaky` follows.
        rate: Factor > 0 of the learning rate of this layer; 0.01 in a mapping network.
        bias: Initial value of b, a finite number.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    def __init__(self, units, activate=False, rate=1.0, bias=0.0, **kwargs):
        super().__init__(**kwargs)
        self.units = checks.integer("units", units, 1, 2**16)
        self.activate = checks.flag("activate", activate)
        self.rate, self.initial = checks.positive("rate", rate), checks.number("bias", bias, -1e15, 1e15)

    def build(self, shape):
        self.scale = self.rate / shape[-1] ** 0.5
        wide = keras.initializers.RandomNormal(stddev=1 / self.rate)
        self.kernel = self.add_weight((shape[-1], self.units), wide, name="kernel")
        start = keras.initializers.Constant(self.initial / self.rate)
        self.bias = self.add_weight((self.units,), start, name="bias")

    def call(self, x):
        x = ops.matmul(x, ops.cast(self.kernel, x.dtype) * self.scale)
        x += ops.cast(self.bias, x.dtype) * self.rate
        return leaky(x) if self.activate else x

    def compute_output_shape(self, shape):
        return (*shape[:-1], self.units)

    def get_config(self):
        own = {"units": self.units, "activate": self.activate, "rate": self.rate, "bias": self.initial}
        return super().get_config() | own


class _Equalized(keras.layers.Layer):
    """What the convolutions have in common."""

    def __init__(self, filters, kernel_size=3, taps=BINOMIAL, **kwargs):
        super().__init__(**kwargs)
        self.filters = checks.integer("filters", filters, 1, 2**16)
        self.kernel_size = checks.integer("kernel_size", kernel_size, 1, 15)
        self.taps = check_taps("taps", taps)

    def add_kernel(self, channels):
        self.scale = (self.kernel_size**2 * channels) ** -0.5
        shape = (self.kernel_size, self.kernel_size, channels, self.filters)
        self.kernel = self.add_weight(shape, keras.initializers.RandomNormal(stddev=1.0), name="kernel")
        self.bias = self.add_weight((self.filters,), "zeros", name="bias")

    def get_config(self):
        own = {"filters": self.filters, "kernel_size": self.kernel_size, "taps": self.taps}
        return super().get_config() | own


@keras.saving.register_keras_serializable("kerasgen")
class EqualizedConv2D(_Equalized):
    """A convolution of images, at half their resolution if `down`.

    Args:
        filters: Channels of the output, 1 to 2^16.
        kernel_size: 1 to 15.
        taps: Filter before the sides are halved: an even number of positive numbers.
        down: Whether they are.
        activate: Whether `leaky` follows.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    def __init__(self, filters, kernel_size=3, taps=BINOMIAL, down=False, activate=False, **kwargs):
        super().__init__(filters, kernel_size, taps, **kwargs)
        self.down, self.activate = checks.flag("down", down), checks.flag("activate", activate)

    def build(self, shape):
        self.add_kernel(shape[-1])

    def call(self, x):
        kernel = self.kernel * self.scale
        kernel = ops.cast(smoothed(kernel, self.taps) if self.down else kernel, x.dtype)
        x = ops.conv(x, kernel, 2 if self.down else 1, "same") + ops.cast(self.bias, x.dtype)
        return leaky(x) if self.activate else x

    def compute_output_shape(self, shape):
        sides = [side and -(-side // 2) if self.down else side for side in shape[1:3]]
        return (shape[0], *sides, self.filters)

    def get_config(self):
        return super().get_config() | {"down": self.down, "activate": self.activate}


@keras.saving.register_keras_serializable("kerasgen")
class ModulatedConv2D(_Equalized):
    """[x (batch, h, w, c), w (batch, n)] -> a convolution whose kernel is scaled for each example.

    Section 2.2, equations 1 and 3: with s the style of an example, an affine function of its w,

        w'_ijk = s_i w_ijk,    w''_ijk = w'_ijk / sqrt(sum_ik w'_ijk^2 + 1e-8).

    Scaling the input by s and the output by the root gives the same, with one kernel for all.

    Args:
        filters, kernel_size, taps: As in `EqualizedConv2D`; the filter follows the doubling of the sides.
        up: Whether the sides are doubled.
        demodulate: Whether equation 3 is applied; not to colors.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    def __init__(self, filters, kernel_size=3, taps=BINOMIAL, up=False, demodulate=True, **kwargs):
        super().__init__(filters, kernel_size, taps, **kwargs)
        self.up, self.demodulate = checks.flag("up", up), checks.flag("demodulate", demodulate)

    def build(self, shapes):
        (*_, channels), style = shapes
        self.add_kernel(channels)
        self.style = EqualizedDense(channels, bias=1.0, dtype=self.dtype_policy, name="style")
        self.style.build(style)

    def call(self, inputs):
        x, w = inputs
        style, kernel = self.style(w), self.kernel * self.scale
        x = x * style[:, None, None]
        if self.up:
            folded = ops.transpose(4 * smoothed(kernel, self.taps), (0, 1, 3, 2))
            x = ops.conv_transpose(x, ops.cast(folded, x.dtype), 2, "same")
        else:
            x = ops.conv(x, ops.cast(kernel, x.dtype), 1, "same")
        if self.demodulate:
            squares = ops.sum(ops.square(kernel), axis=(0, 1))  # (in, out)
            size = ops.rsqrt(ops.matmul(ops.square(ops.cast(style, "float32")), squares) + 1e-8)
            x = x * ops.cast(size, x.dtype)[:, None, None]
        return x + ops.cast(self.bias, x.dtype)

    def compute_output_shape(self, shapes):
        batch, *sides, _ = shapes[0]
        return (batch, *(side and 2 * side if self.up else side for side in sides), self.filters)

    def get_config(self):
        return super().get_config() | {"up": self.up, "demodulate": self.demodulate}


@keras.saving.register_keras_serializable("kerasgen")
class SmoothUpsampling(keras.layers.Layer):
    """Doubles the sides of images and filters them with `taps`: an even number of positive numbers."""

    def __init__(self, taps=BINOMIAL, **kwargs):
        super().__init__(**kwargs)
        self.taps = check_taps("taps", taps)

    def call(self, x):
        kernel = 4 * smoothed(ops.eye(x.shape[-1])[None, None], self.taps)
        return ops.conv_transpose(x, ops.cast(kernel, x.dtype), 2, "same")

    def compute_output_shape(self, shape):
        return (shape[0], shape[1] and 2 * shape[1], shape[2] and 2 * shape[2], shape[3])

    def get_config(self):
        return super().get_config() | {"taps": self.taps}
