"""What layers that read images in raster order share: rows from the top, then columns, then channels.

A layer of this kind computes the whole image at once in `call`, and one position at a time with a cache of
what it still needs. The second way is that of sampling, where a position is known only when its
predecessors have been drawn (see `samplers.stages`). Its tensors have the columns, or the batch, first:

    a pixel     (batch, channels)
    a row       (width, batch, channels)
"""

import dataclasses
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from kerasgen.ops import checks


@dataclasses.dataclass(frozen=True)
class Position:
    """The position that is being computed: int32 scalar tensors, and the channel as an int."""

    row: Any
    column: Any = None
    channel: int = 0


class Cached:
    """What layers share that compute one position at a time with a cache."""

    def cast(self, x):
        """A weight or an input in the type in which the layer computes."""
        return ops.cast(x, self.compute_dtype)

    def zeros(self, *shape):
        """A part of a cache."""
        return tf.zeros(shape, self.compute_dtype)


class Causal(Cached):
    """A layer whose output at a position depends on its first input at earlier positions, and perhaps there.

    Beside `call` and `build` of Keras, where it notes the sides of the image, a layer writes `start` and
    what it needs of the others.

    Attributes:
        strict: Whether the output at a position leaves out the first input at this position.
        above: Whether it reads rows above alone, so that a whole row is known before its first pixel.
        pointwise: Whether it reads the position alone, so that a whole row is known where that of x is.
    """

    strict = False
    above = False
    pointwise = False

    @property
    def late(self):
        """Numbers of the inputs whose value at a position is not read there, but recorded for later ones."""
        return (0,) if self.strict else ()

    def start(self, batch):
        """The cache before the first pixel of `batch` images: a structure of tensors."""
        raise NotImplementedError

    def row(self, cache, position, x=None):
        """(the output of a row or None, cache) when a row begins; x is that of the input, if it is known."""
        return None, cache

    def record(self, cache, position, x, *given):
        """The cache with all inputs at a position, when they are known; once for each channel of a pixel."""
        raise NotImplementedError

    def read(self, cache, position, *given):
        """The output at a position, of what has been recorded."""
        raise NotImplementedError

    def step(self, x, cache, position):
        """(output, cache) at a position, of a layer that is not strict."""
        cache = self.record(cache, position, x)
        return self.read(cache, position), cache


def write(row, column, x):
    """A row (columns, batch, c) with the pixel x (batch, c) in one of its columns."""
    return tf.tensor_scatter_nd_update(row, [[column]], x[None])


def channel_mask(inputs, outputs, channels, strict):
    """Which inputs an output may read at its own position: floats of 0 and 1, (inputs, outputs).

    Feature k belongs to channel k mod `channels` of the image. It reads those of earlier channels, and
    of its own unless `strict` (van den Oord et al., 2016a, arXiv:1601.06759, section 3.4).
    """
    source, target = ops.arange(inputs)[:, None] % channels, ops.arange(outputs)[None] % channels
    return ops.cast(source < target if strict else source <= target, "float32")


@keras.saving.register_keras_serializable("kerasgen")
class CoordinateBias(Causal, keras.layers.Layer):
    """x + W (row, column) of images x (batch, h, w, c), both coordinates from -1 to 1: W is learned.

    What two more channels with the coordinates do to a convolution, without asking it for more weights
    (Liu et al., 2018, arXiv:1807.03247). Masked convolutions with zero padding know little of where they are.
    """

    pointwise = True

    def build(self, shape):
        self.sides = shape[1:3]
        self.kernel = self.add_weight((2, shape[-1]), "glorot_uniform", name="kernel")

    def call(self, x):
        rows, columns = (self.coordinate(ops.arange(side), side) for side in self.sides)
        return x + self.bias(rows[:, None], columns[None])

    def bias(self, row, column):
        kernel = self.cast(self.kernel)
        return row[..., None] * kernel[0] + column[..., None] * kernel[1]

    def coordinate(self, index, side):
        """From -1 to 1 along a side."""
        return self.cast(2 * index + 1 - side) / max(side - 1, 1)

    def start(self, batch):
        return ()

    def row(self, cache, position, x=None):
        columns = self.coordinate(ops.arange(self.sides[1]), self.sides[1])
        bias = self.bias(self.coordinate(position.row, self.sides[0]), columns)
        return None if x is None else x + bias[:, None], cache

    def step(self, x, cache, position):
        place = zip((position.row, position.column), self.sides, strict=True)
        return x + self.bias(*(self.coordinate(index, side) for index, side in place)), cache


@keras.saving.register_keras_serializable("kerasgen")
class Gate(keras.layers.Layer):
    """tanh(a) sigmoid(b) of [a, b] along the channels: (..., 2 c) -> (..., c).

    van den Oord et al. (2016b), arXiv:1606.05328, equation 2.
    """

    def call(self, x):
        a, b = ops.split(x, 2, axis=-1)
        return ops.tanh(a) * ops.sigmoid(b)

    def compute_output_shape(self, shape):
        if shape[-1] % 2:
            raise ValueError(f"`x` must have an even number of channels. Received: shape {shape}.")
        return (*shape[:-1], shape[-1] // 2)


def kernel_sides(name, value):
    """Sides of a kernel, odd ints from 1 to 15: (rows, columns), of one int or of two."""
    sides = (value, value) if not isinstance(value, (tuple, list)) else value
    pair = tuple(checks.integer(name, side, 1, 15) for side in checks.members(name, sides, "two ints", 2))
    if len(pair) != 2 or not all(side % 2 for side in pair):
        raise ValueError(f"`{name}` must be an odd int, or two. Received: {name}={checks.received(value)}.")
    return pair
