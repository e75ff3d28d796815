"""Convolutions that see earlier pixels alone.

van den Oord et al. (2016a), arXiv:1601.06759, and (2016b), arXiv:1606.05328.
"""

import keras
from keras import ops

from kerasgen.layers.causal import Causal, channel_mask, kernel_sides, write
from kerasgen.ops import checks


def over_rows(rows, kernel):
    """One row of a convolution: rows (n, width, batch, c) and kernel (n, k, c, f) -> (width, batch, f)."""
    rows = ops.transpose(rows, (2, 0, 1, 3))
    side = kernel.shape[1] // 2
    rows = ops.pad(rows, ((0, 0), (0, 0), (side, side), (0, 0)))
    return ops.transpose(ops.conv(rows, kernel, 1, "valid")[:, 0], (1, 0, 2))


@keras.saving.register_keras_serializable("kerasgen")
class MaskedConv2D(Causal, keras.layers.Layer):
    """A convolution whose output at a pixel reads the rows above and the pixels to the left.

    x (batch, h, w, c) -> (batch, h, w, filters), zero padding. At the pixel itself mask "A" lets an
    output read features of earlier channels of the image, "B" also those of its own (2016a, section 3.4 and
    figure 2); see `causal.channel_mask`. Of a kernel of n x m the lower half is not stored, nor computed.
    A stack of such convolutions has a blind spot to the right of the pixel (2016b, figure 1).

    Args:
        filters: Channels of the output, 1 to 2^16; with several image channels a multiple of them.
        kernel_size: Odd int from 1 to 15, or (rows, columns); one row sees the pixels to the left alone.
        mask: "A" or "B".
        channels: Of the image; divides the channels of x and of the output.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    def __init__(self, filters, kernel_size=3, mask="B", channels=1, **kwargs):
        super().__init__(**kwargs)
        self.filters = checks.integer("filters", filters, 1, 2**16)
        self.kernel_size = kernel_sides("kernel_size", kernel_size)
        self.mask = checks.choice("mask", mask, ("A", "B"))
        self.channels = checks.integer("channels", channels, 1, 2**16)
        if self.filters % self.channels:
            raise ValueError(f"`channels` must divide filters={filters}. Received: channels={channels}.")
        self.strict = self.mask == "A"
        self.rows_above, self.side = (side // 2 for side in self.kernel_size)
        self.taps = self.side + (self.mask == "B" or self.channels > 1)  # in the row of the pixel
        if not self.taps + self.rows_above:
            raise ValueError(
                f"`kernel_size` must see a pixel. Received: kernel_size={kernel_size}, mask='A'."
            )

    def build(self, shape):
        if shape[-1] % self.channels:
            raise ValueError(
                f"`channels` must divide the {shape[-1]} channels of x. Received: channels={self.channels}."
            )
        self.width, self.inputs = shape[2], shape[-1]
        taps = self.rows_above * self.kernel_size[1] + self.taps
        self.kernel = self.add_weight((taps, self.inputs, self.filters), "glorot_uniform", name="kernel")
        self.bias = self.add_weight((self.filters,), "zeros", name="bias")

    def kernels(self):
        """Those of the rows above, (rows, columns, c, f), and of the row of the pixel, (taps, c, f)."""
        kernel = self.cast(self.kernel)
        num = self.rows_above * self.kernel_size[1]
        above, own = kernel[:num], kernel[num:]
        if self.taps > self.side and self.channels > 1:
            mask = self.cast(channel_mask(self.inputs, self.filters, self.channels, self.strict))
            own = ops.concatenate([own[:-1], own[-1:] * mask])
        return ops.reshape(above, (-1, self.kernel_size[1], self.inputs, self.filters)), own

    def call(self, x):
        above, own = self.kernels()
        if not self.rows_above:  # no tap to the right is computed
            x = ops.pad(x, ((0, 0), (0, 0), (self.side, 0), (0, 0)))[:, :, : self.width + self.taps - 1]
            return ops.conv(x, own[None], 1, "valid") + self.cast(self.bias)
        own = ops.pad(own, ((0, self.kernel_size[1] - self.taps), (0, 0), (0, 0)))
        x = ops.pad(x, ((0, 0), (self.rows_above, 0), (self.side, self.side), (0, 0)))
        return ops.conv(x, ops.concatenate([above, own[None]]), 1, "valid") + self.cast(self.bias)

    def compute_output_shape(self, shape):
        return (*shape[:-1], self.filters)

    # One pixel.

    def start(self, batch):
        kernel = ops.reshape(self.kernels()[1], (-1, self.filters))
        cache = {"row": self.zeros(self.side + self.width, batch, self.inputs), "kernel": kernel}
        if self.rows_above:
            cache["rows"] = self.zeros(self.rows_above, self.width, batch, self.inputs)
            cache["above"] = self.zeros(self.width, batch, self.filters)
        return cache

    def row(self, cache, position, x=None):
        if not self.rows_above:
            return None, cache
        rows = ops.concatenate([cache["rows"][1:], cache["row"][None, self.side :]])
        return None, cache | {"rows": rows, "above": over_rows(rows, self.kernels()[0])}

    def record(self, cache, position, x, *given):
        return cache | {"row": write(cache["row"], position.column + self.side, self.cast(x))}

    def read(self, cache, position, *given):
        window = cache["row"][position.column : position.column + self.taps]  # (taps, batch, c)
        window = ops.reshape(ops.transpose(window, (1, 0, 2)), (-1, self.taps * self.inputs))
        y = ops.matmul(window, cache["kernel"]) + self.cast(self.bias)
        return y + cache["above"][position.column] if self.rows_above else y

    def step(self, x, cache, position):
        if self.kernel_size != (1, 1):
            return super().step(x, cache, position)
        return ops.matmul(self.cast(x), cache["kernel"]) + self.cast(self.bias), cache

    def get_config(self):
        own = {"filters": self.filters, "kernel_size": self.kernel_size, "mask": self.mask}
        return super().get_config() | own | {"channels": self.channels}


@keras.saving.register_keras_serializable("kerasgen")
class VerticalConv2D(Causal, keras.layers.Layer):
    """The vertical stack of a gated PixelCNN: a convolution over rows above, in all columns.

    x (batch, h, w, c) -> (batch, h, w, filters), zero padding. Row i of the output reads the `rows` rows up
    to row i of x, or if `shifted` up to row i - 1. The first layer of a stack is shifted, so that every row
    of the stack is made of image rows above it, and may be added to the horizontal one of equal number
    (2016b, section 2.2).

    Args:
        filters: Channels of the output, 1 to 2^16.
        rows: Of the kernel, 1 to 15.
        columns: Of the kernel, odd, 1 to 15.
        shifted: Whether the row itself is left out.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    above = True

    def __init__(self, filters, rows=2, columns=3, shifted=False, **kwargs):
        super().__init__(**kwargs)
        self.filters = checks.integer("filters", filters, 1, 2**16)
        self.rows = checks.integer("rows", rows, 1, 15)
        self.columns = kernel_sides("columns", checks.integer("columns", columns, 1, 15))[1]
        self.strict = self.shifted = checks.flag("shifted", shifted)

    def build(self, shape):
        self.width, self.inputs = shape[2], shape[-1]
        size = (self.rows, self.columns, self.inputs, self.filters)
        self.kernel = self.add_weight(size, "glorot_uniform", name="kernel")
        self.bias = self.add_weight((self.filters,), "zeros", name="bias")

    def call(self, x):
        side = self.columns // 2
        x = x[:, :-1] if self.shifted else x
        x = ops.pad(x, ((0, 0), (self.rows - 1 + self.shifted, 0), (side, side), (0, 0)))
        return ops.conv(x, self.cast(self.kernel), 1, "valid") + self.cast(self.bias)

    def compute_output_shape(self, shape):
        return (*shape[:-1], self.filters)

    # One row.

    def start(self, batch):
        cache = {"rows": self.zeros(self.rows - 1, self.width, batch, self.inputs)}
        return cache | ({"row": self.zeros(self.width, batch, self.inputs)} if self.shifted else {})

    def record(self, cache, position, x, *given):
        return cache | {"row": write(cache["row"], position.column, self.cast(x))}

    def row(self, cache, position, x=None):
        last = cache["row"] if self.shifted else self.cast(x)
        rows = ops.concatenate([cache["rows"], last[None]])
        y = over_rows(rows, self.cast(self.kernel)) + self.cast(self.bias)
        return y, cache | {"rows": rows[1:]}

    def get_config(self):
        own = {"filters": self.filters, "rows": self.rows, "columns": self.columns}
        return super().get_config() | own | {"shifted": self.shifted}
