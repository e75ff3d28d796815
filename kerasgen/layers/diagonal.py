"""Recurrent layers that cross an image along its diagonals, from both upper corners.

Every pixel reads the states to its left and above. Where row i is moved i columns to the right, `skew`, the
pixels of one column depend on those of the column before it alone, and are computed together. A second scan
comes from the right; what it finds in a row may be known in the row below, and so is moved down by one
before the two are added (van den Oord et al., 2016, arXiv:1601.06759, section 3.2).
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kerasgen.layers.causal import channel_mask, write
from kerasgen.layers.recurrent import _Units, lstm


def skew(x):
    """Row i moved i columns to the right, zeros beside it: (..., h, w, c) -> (..., h, h + w - 1, c)."""
    height, width, channels = x.shape[-3:]
    x = ops.reshape(x, (-1, height, width, channels))
    x = ops.reshape(
        ops.pad(x, ((0, 0), (0, 0), (0, height), (0, 0))), (-1, height * (width + height), channels)
    )
    return ops.reshape(x[:, :-height], (-1, height, width + height - 1, channels))


def unskew(x):
    """The inverse of `skew`."""
    height, wide, channels = x.shape[-3:]
    x = ops.pad(ops.reshape(x, (-1, height * wide, channels)), ((0, 0), (0, height), (0, 0)))
    return ops.reshape(x, (-1, height, wide + 1, channels))[:, :, : wide + 1 - height]


class _DiagonalScan(_Units):
    """Two scans of a cell, one from each upper corner, whose outputs are added.

    The scan from the right is not read in the row that it crosses. So it may be told what stands there: a
    second input, such as the image itself. Without it the last pixel of a row, at which features know those
    before it alone, is not seen in the row below but where the first convolution reaches it.

    A subclass writes `sizes`, `cell`, `output` and `weights_of_cell`.
    """

    late = (1,)

    def sizes(self):
        """(numbers of what a cell is given of its pixel, of its state), multiples of the units."""
        raise NotImplementedError

    def cell(self, x, left, above, weights):
        """The state of a pixel, (..., state), of its input and the states to the left and above."""
        raise NotImplementedError

    def output(self, state):
        """What of a state the next layer reads."""
        raise NotImplementedError

    def build(self, x_shape, pixels_shape=None):
        (self.height, self.width), self.inputs = x_shape[1:3], x_shape[-1]
        self.given, self.state = self.sizes()
        if pixels_shape is not None:
            size = (pixels_shape[-1], self.given)
            self.of_pixels = self.add_weight(size, "glorot_uniform", name="of_pixels")
        size = (self.inputs, 2 * self.given)
        self.kernel = self.add_weight(size, "glorot_uniform", name="kernel")
        self.bias = self.add_weight((2 * self.given,), "zeros", name="bias")

    def projected(self, x):
        """What the cells of both scans are given, (..., 2 given)."""
        kernel = self.cast(self.kernel)
        if self.channels > 1:
            kernel = kernel * self.cast(channel_mask(*self.kernel.shape, self.channels, strict=False))
        return ops.matmul(x, kernel) + self.cast(self.bias)

    def told(self, from_right, pixels):
        """What the cells of the scan from the right are given, where they are told the pixels."""
        return from_right + ops.matmul(self.cast(pixels), self.cast(self.of_pixels))

    def call(self, x, pixels=None):
        from_left, from_right = ops.split(self.projected(x), 2, axis=-1)
        from_right = from_right if pixels is None else self.told(from_right, pixels)
        both = ops.stack([from_left, ops.flip(from_right, 2)])
        left, right = ops.unstack(self.output(self.scan(both)), 2)
        right = ops.pad(ops.flip(right, 2)[:, :-1], ((0, 0), (1, 0), (0, 0), (0, 0)))
        return left + right

    def scan(self, given):
        """States (2, batch, h, w, state) of scans from the left, of inputs (2, batch, h, w, given)."""
        height, width = given.shape[2:4]
        skewed = ops.reshape(skew(given), (2, -1, height, height + width - 1, self.given))
        place = np.arange(height + width - 1) - np.arange(height)[:, None]
        inside = ((place >= 0) & (place < width)).astype("float32")[..., None]
        flat = lambda part: ops.reshape(part, (2, -1, part.shape[-1]))
        state = ops.zeros((2, ops.shape(skewed)[1], height, self.state), self.compute_dtype)
        columns, weights = [], self.weights_of_cell()
        for at in range(height + width - 1):
            above = ops.pad(state[:, :, :-1], ((0, 0), (0, 0), (1, 0), (0, 0)))
            found = self.cell(flat(skewed[:, :, :, at]), flat(state), flat(above), weights)
            state = ops.reshape(found, (2, -1, height, self.state)) * self.cast(inside[:, at])
            columns.append(state)
        return ops.reshape(unskew(ops.stack(columns, axis=3)), (2, -1, height, width, self.state))

    def weights_of_cell(self):
        """Of both scans, each (2, inputs, outputs)."""
        raise NotImplementedError

    # One pixel: the scan from the right has no more to say of a row when the next one begins.

    def start(self, batch):
        row = lambda columns, size: self.zeros(columns, batch, size)
        states = {"row": row(self.width + 1, self.state), "above": row(self.width, self.state)}
        return states | {"given": row(self.width, self.given), "right": row(self.width, self.state)}

    def row(self, cache, position, x=None):
        weights = [part[1] for part in self.weights_of_cell()]

        def body(at, state, states):
            state = self.cell(cache["given"][at], state, cache["right"][at], weights)
            return at - 1, state, states.write(at, state)

        states = tf.TensorArray(self.compute_dtype, self.width, element_shape=(None, self.state))
        start = tf.constant(self.width - 1), self.zeros(tf.shape(cache["given"])[1], self.state), states
        right = tf.while_loop(lambda at, *_: at >= 0, body, start, parallel_iterations=1)[-1].stack()
        right = right * self.cast(position.row > 0)
        return None, cache | {"above": cache["row"][1:], "right": right}

    def step(self, x, cache, position):
        at, weights = position.column, [part[0] for part in self.weights_of_cell()]
        from_left, from_right = ops.split(self.projected(self.cast(x)), 2, axis=-1)
        state = self.cell(from_left, cache["row"][at], cache["above"][at], weights)
        rows = {"row": write(cache["row"], at + 1, state), "given": write(cache["given"], at, from_right)}
        return self.output(state) + self.output(cache["right"][at]), cache | rows

    def record(self, cache, position, x, pixels):
        from_right = self.told(self.projected(self.cast(x))[:, self.given :], pixels)
        return cache | {"given": write(cache["given"], position.column, from_right)}


@keras.saving.register_keras_serializable("kerasgen")
class DiagonalBiLSTM(_DiagonalScan):
    """LSTM cells along both diagonals of an image: x (batch, h, w, c) -> (batch, h, w, units).

    van den Oord et al. (2016a), arXiv:1601.06759, section 3.2: gates are a 1x1 convolution of x plus one of
    2x1 of the states to the left and above; the memory comes from the left. Told the image as a second
    input, a pixel sees all pixels before it.

    Args:
        units: Of the state of a pixel, 1 to 2^16; a multiple of `channels`.
        channels: Of the image, which divide the channels of x: see `causal.channel_mask`.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    def build(self, x_shape, pixels_shape=None):
        super().build(x_shape, pixels_shape)
        size = (2, 2 * self.units, 4 * self.units)
        self.recurrent = self.add_weight(size, "glorot_uniform", name="recurrent")

    def sizes(self):
        return 4 * self.units, 2 * self.units

    def weights_of_cell(self):
        return [self.cast(self.recurrent)]

    def cell(self, x, left, above, weights):
        h_left, memory = ops.split(left, 2, axis=-1)
        h = ops.concatenate([h_left, above[..., : self.units]], axis=-1)
        return ops.concatenate(lstm(x + ops.matmul(h, weights[0]), memory), axis=-1)

    def output(self, state):
        return state[..., : self.units]


@keras.saving.register_keras_serializable("kerasgen")
class GridLSTM(_DiagonalScan):
    """A block of a three-dimensional grid of LSTMs: x (batch, h, w, c) -> (batch, h, w, 2 units).

    Kalchbrenner et al. (2016), arXiv:1507.01526, sections 3.2 and 3.5. A block has an LSTM along the row, one
    along the column and one in depth, each with a memory of its own; all three read the hidden vectors that
    come from the left, from above and from below. That in depth comes last and reads the new ones of the
    two others ("priority"). The output is its hidden vector and its memory, side by side, as the block
    above takes them; of any other x both are linear functions.

    Args:
        units: Of each of the three, 1 to 2^16; a multiple of `channels`.
        channels: Of the image, which divide the channels of x: see `causal.channel_mask`.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    def build(self, x_shape, pixels_shape=None):
        super().build(x_shape, pixels_shape)
        units = self.units
        across, deep = (2, 2 * units, 8 * units), (2, 2 * units, 4 * units)
        self.across = self.add_weight(across, "glorot_uniform", name="across")
        self.deep = self.add_weight(deep, "glorot_uniform", name="deep")

    def sizes(self):
        return 13 * self.units, 6 * self.units

    def weights_of_cell(self):
        mask = channel_mask(2 * self.units, 4 * self.units, self.channels, strict=False)
        return [self.cast(self.across), self.cast(self.deep) * self.cast(mask)]

    def cell(self, x, left, above, weights):
        across, deep, below = (x[..., at : at + size] for at, size in self.parts())
        h_row, memory_row = ops.split(left[..., : 2 * self.units], 2, axis=-1)
        h_column, memory_column = ops.split(above[..., 2 * self.units : 4 * self.units], 2, axis=-1)
        gates = across + ops.matmul(ops.concatenate([h_row, h_column], axis=-1), weights[0])
        row, column = ops.split(gates, 2, axis=-1)
        row, column = lstm(row, memory_row), lstm(column, memory_column)
        new = ops.concatenate([row[0], column[0]], axis=-1)
        depth = lstm(deep + ops.matmul(new, weights[1]), below)
        return ops.concatenate([*row, *column, *depth], axis=-1)

    def parts(self):
        """(first, size) of what a cell is given: gates across, gates in depth, the memory from below."""
        return (0, 8 * self.units), (8 * self.units, 4 * self.units), (12 * self.units, self.units)

    def output(self, state):
        return state[..., 4 * self.units :]

    def compute_output_shape(self, shape, *_):
        return (*shape[:-1], 2 * self.units)
