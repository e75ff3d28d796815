"""Convolutions that double the sides of an image, in the form that is fastest on a CPU."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.ops import checks


class _Doubling:
    """A Keras convolution of fixed geometry whose output without the bias is `doubled(x, kernel)`."""

    def call(self, inputs):
        cast = lambda x: ops.cast(x, self.compute_dtype)
        x = self.doubled(cast(inputs), cast(self.kernel))
        x = tf.nn.bias_add(x, cast(self.bias)) if self.use_bias else x
        return x if self.activation is None else self.activation(x)

    def get_config(self):
        config = super().get_config()
        return {k: v for k, v in config.items() if k not in ("kernel_size", "strides", "padding")}


@keras.saving.register_keras_serializable("kerasgen")
class SubpixelTranspose(_Doubling, keras.layers.Conv2DTranspose):
    """`Conv2DTranspose(filters, 4, 2, "same")`: the same weights and outputs, computed in another way.

    Each output pixel depends on 4 of the 16 taps of the kernel; on which, depends on whether its row and
    column are even. So a 3x3 convolution to 4 * filters channels, five of whose nine taps are 0, computes
    the four kinds of pixels at once, and they are then interleaved (Shi et al., 2016, arXiv:1609.07009).
    For a single output channel this takes a CPU half as long as the transposed convolution.

    Args:
        filters: Channels of the output, 1 to 2^16.
        **kwargs: Of `Conv2DTranspose`, without kernel size, strides and padding.
    """

    def __init__(self, filters, **kwargs):
        super().__init__(checks.integer("filters", filters, 1, 2**16), 4, 2, "same", **kwargs)

    def doubled(self, x, kernel):
        return _transposed(x, kernel)


@tf.custom_gradient
def _transposed(x, kernel):
    """The layer without its bias, of kernel (4, 4, out, in); its gradient is a strided convolution."""

    def gradient(dy):
        dx = tf.nn.conv2d(dy, kernel, 2, "SAME")
        dkernel = tf.raw_ops.Conv2DBackpropFilter(
            input=dy, filter_sizes=kernel.shape, out_backprop=x, strides=[1, 2, 2, 1], padding="SAME"
        )
        return dx, dkernel

    return _subpixel(x, ops.transpose(kernel, (0, 1, 3, 2))), gradient


def _subpixel(x, kernel):
    """The forward pass of `_transposed`, of kernel (4, 4, in, out).

    Row 2 m + a of the output is row m times tap 1 + a, plus row m - 1 (a = 0) times tap 3, or row
    m + 1 (a = 1) times tap 0; columns alike.
    """
    taps = ((3, 1, None), (None, 2, 0))
    zero = ops.zeros_like(kernel[0, 0])
    pick = lambda row, column: zero if None in (row, column) else kernel[row, column]
    phases = [
        ops.stack([ops.stack([pick(row, column) for column in columns]) for row in rows])
        for rows in taps
        for columns in taps
    ]
    height, width, filters = *x.shape[1:3], kernel.shape[-1]
    x = ops.conv(x, ops.concatenate(phases, axis=-1), 1, "same")  # (batch, h, w, 4 filters)
    x = ops.reshape(x, (-1, height, width, 2, 2, filters))
    return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, 2 * height, 2 * width, filters))


@keras.saving.register_keras_serializable("kerasgen")
class UpsampledConv2D(_Doubling, keras.layers.Conv2D):
    """`UpSampling2D()` and `Conv2D(filters, 3, padding="same")`, computed as one transposed convolution.

    At each output pixel the nine taps of the kernel fall on only four different pixels of the smaller
    image. So 16 taps of stride 2, sums of the nine, do the work of 36 on the upsampled image, which is
    never computed.

    Args:
        filters: Channels of the output, 1 to 2^16.
        **kwargs: Of `Conv2D`, without kernel size, strides and padding.
    """

    def __init__(self, filters, **kwargs):
        super().__init__(checks.integer("filters", filters, 1, 2**16), 3, padding="same", **kwargs)

    def doubled(self, x, kernel):
        kernel = ops.transpose(ops.flip(kernel, (0, 1)), (0, 1, 3, 2))
        shifted = lambda row, column: ops.pad(kernel, ((row, 1 - row), (column, 1 - column), (0, 0), (0, 0)))
        taps = sum(shifted(row, column) for row in (0, 1) for column in (0, 1))
        return ops.conv_transpose(x, taps, 2, "same")

    def compute_output_shape(self, shape):
        batch, height, width, _ = shape
        return batch, height and 2 * height, width and 2 * width, self.filters
