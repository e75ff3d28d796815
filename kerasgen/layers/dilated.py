"""Dilated causal convolution, with a queue of what it still has to read."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.layers.stepwise import Stepwise
from kerasgen.ops import checks


def receptive_field(dilations, kernel_size=2):
    """Inputs that an output of a stack of dilated convolutions depends on: 1 + (k - 1) sum of the dilations.

    Args:
        dilations: Of the layers, ints from 1 to 2^16.
        kernel_size: k, 1 to 2^8.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """
    size = checks.integer("kernel_size", kernel_size, 1, 2**8)
    dilations = checks.members("dilations", dilations, "ints")
    return 1 + (size - 1) * sum(checks.integer("dilations", one, 1, 2**16) for one in dilations)


@keras.saving.register_keras_serializable("kerasgen")
class DilatedConvolution(Stepwise, keras.layers.Layer):
    """y_t = sum_j W_j x_{t - j d} + b, j from 0 to k - 1: (batch, time, channels) -> (batch, time, filters).

    Zeros stand before the sequence. The kernel is kept as one matrix, whose first rows read the earliest
    input. A stack of such layers sees 1 + sum of (k - 1) d steps (van den Oord et al., 2016,
    arXiv:1609.03499, section 2.1). A step reads and writes a queue of the last (k - 1) d + 1 inputs, in place
    (Le Paine et al., 2016, arXiv:1611.09482), and costs the same wherever it is.

    Args:
        filters: Channels of the output, 1 to 2^16.
        dilation: d, the steps between inputs that are read together, 1 to 2^16.
        kernel_size: k, how many inputs are read together, 1 to 2^8.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    def __init__(self, filters, dilation=1, kernel_size=2, **kwargs):
        super().__init__(**kwargs)
        self.filters = checks.integer("filters", filters, 1, 2**16)
        self.dilation = checks.integer("dilation", dilation, 1, 2**16)
        self.kernel_size = checks.integer("kernel_size", kernel_size, 1, 2**8)

    @property
    def span(self):
        """Steps between the first and the last input that is read: (k - 1) d."""
        return (self.kernel_size - 1) * self.dilation

    def build(self, shape):
        self.channels = shape[-1]
        size = (self.kernel_size * self.channels, self.filters)
        self.kernel = self.add_weight(size, "glorot_uniform", name="kernel")
        self.bias = self.add_weight((self.filters,), "zeros", name="bias")

    def call(self, x):
        x = ops.pad(self.cast(x), ((0, 0), (self.span, 0), (0, 0)))
        kernel = ops.reshape(self.cast(self.kernel), (self.kernel_size, self.channels, self.filters))
        return ops.conv(x, kernel, 1, "valid", dilation_rate=self.dilation) + self.cast(self.bias)

    def compute_output_shape(self, shape):
        return (*shape[:-1], self.filters)

    def start(self, batch, *given):
        return self.zeros(batch, self.span + 1, self.channels)

    def step(self, x, cache, at):
        rows, size = tf.range(tf.shape(x)[0]), self.span + 1
        place = lambda at: tf.stack([rows, tf.fill(tf.shape(rows), at % size)], axis=1)
        # Written before it is read, so that XLA has no need of a copy.
        cache = tf.tensor_scatter_nd_update(cache, place(at), self.cast(x))
        read = [cache[:, (at + 1 + j * self.dilation) % size] for j in range(self.kernel_size)]
        y = ops.matmul(ops.concatenate(read, axis=-1), self.cast(self.kernel))
        return y + self.cast(self.bias), cache

    def get_config(self):
        own = {"filters": self.filters, "dilation": self.dilation, "kernel_size": self.kernel_size}
        return super().get_config() | own
