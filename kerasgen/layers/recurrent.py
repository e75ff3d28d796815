"""Recurrent layers over an image in raster order: pixel after pixel, and row after row."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.layers.causal import Causal, write
from kerasgen.layers.masked import MaskedConv2D
from kerasgen.ops import checks

MOST_UNROLLED = 60  # steps of a loop: longer ones are a loop in the graph, too


def lstm(gates, memory):
    """(h, memory) of a cell whose gates stand side by side: input, forget, output and candidate.

    memory' = sigmoid(f + 1) memory + sigmoid(i) tanh(g), h = sigmoid(o) tanh(memory'): Hochreiter &
    Schmidhuber (1997), doi:10.1162/neco.1997.9.8.1735, with a gate that forgets, open at first.
    """
    i, f, o, g = ops.split(gates, 4, axis=-1)
    memory = ops.sigmoid(f + 1) * memory + ops.sigmoid(i) * ops.tanh(g)
    return ops.sigmoid(o) * ops.tanh(memory), memory


def over_time(step, inputs, state):
    """The first part of the state after each step, (steps, batch, units).

    Args:
        step: Function (inputs of a step, state) -> state, a tuple of arrays (batch, any).
        inputs: (steps, batch, any).
        state: Before the first step.
    """
    steps = inputs.shape[0]
    if steps <= MOST_UNROLLED:
        found = []
        for at in range(steps):
            state = step(inputs[at], state)
            found.append(state[0])
        return ops.stack(found) if found else inputs[..., : state[0].shape[-1]]

    # The gradient of an array's element is that element; of inputs[at] it would be as large as all inputs.
    each = tf.TensorArray(inputs.dtype, steps, element_shape=inputs.shape[1:]).unstack(inputs)

    def body(at, state, found):
        state = step(each.read(at), state)
        return at + 1, state, found.write(at, state[0])

    array = tf.TensorArray(state[0].dtype, steps, element_shape=state[0].shape)
    loop = tf.constant(0), state, array
    return tf.while_loop(lambda at, *_: at < steps, body, loop, maximum_iterations=steps)[-1].stack()


class _Units(Causal, keras.layers.Layer):
    """Layers of a number of units, for images of some channels."""

    def __init__(self, units, channels=1, **kwargs):
        super().__init__(**kwargs)
        self.units = checks.integer("units", units, 1, 2**16)
        self.channels = checks.integer("channels", channels, 1, 2**16)
        if not self.strict and self.units % self.channels:
            raise ValueError(f"`channels` must divide units={units}. Received: channels={channels}.")

    def compute_output_shape(self, shape, *_):
        return (*shape[:-1], self.units)

    def get_config(self):
        return super().get_config() | {"units": self.units, "channels": self.channels}


@keras.saving.register_keras_serializable("kerasgen")
class RasterLSTM(_Units):
    """An LSTM that reads an image like a text, pixel by pixel: x (batch, h, w, c) -> (batch, h, w, units).

    The output at a pixel is the state after the pixel before it; at the first it is 0. A step reads
    the last `context` pixels and a vector of the position that comes next. What it reads is multiplied for
    all positions at once, outside of the loop.

    Args:
        units: Of the state, 1 to 2^16.
        channels: Of the image: the state moves on when the last channel of a pixel is known.
        context: Pixels that a step reads, 1 to 2^16.
        embedding: Numbers of the vector of a position, 1 to 2^16.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    strict = True

    def __init__(self, units, channels=1, context=1, embedding=16, **kwargs):
        super().__init__(units, channels, **kwargs)
        self.context = checks.integer("context", context, 1, 2**16)
        self.embedding = checks.integer("embedding", embedding, 1, 2**16)

    def build(self, shape):
        self.length, self.width, self.inputs = shape[1] * shape[2], shape[2], shape[-1]
        add = lambda name, size, start: self.add_weight(size, start, name=name)
        self.kernel = add("kernel", (self.context, self.inputs, 4 * self.units), "glorot_uniform")
        self.recurrent = add("recurrent", (self.units, 4 * self.units), "orthogonal")
        self.places = add("places", (self.length, self.embedding), "random_normal")
        self.of_place = add("of_place", (self.embedding, 4 * self.units), "glorot_uniform")
        self.bias = add("bias", (4 * self.units,), "zeros")

    def of_places(self):
        """What the position that comes next adds to the gates, (length, 4 units)."""
        return ops.matmul(self.cast(self.places), self.cast(self.of_place)) + self.cast(self.bias)

    def call(self, x):
        x = ops.reshape(x, (-1, self.length, self.inputs))[:, :-1]
        x = ops.pad(x, ((0, 0), (self.context - 1, 0), (0, 0)))
        gates = ops.conv(x, self.cast(self.kernel), 1, "valid") + self.of_places()[1:]
        gates = ops.transpose(gates, (1, 0, 2))  # (steps, batch, 4 units)
        first = ops.zeros((ops.shape(x)[0], self.units), self.compute_dtype)
        states = ops.concatenate([first[None], self.states(gates, first)])
        return ops.reshape(ops.transpose(states, (1, 0, 2)), (-1, *self.sides, self.units))

    def states(self, gates, zero):
        """h after each step, (steps, batch, units)."""
        recurrent = self.cast(self.recurrent)
        step = lambda gates, state: lstm(gates + ops.matmul(state[0], recurrent), state[1])
        return over_time(step, gates, (zero, zero))

    @property
    def sides(self):
        return self.length // self.width, self.width

    # One pixel.

    def start(self, batch):
        state = self.zeros(batch, self.units)
        window = self.zeros(self.context, batch, self.inputs)
        return {"h": state, "memory": state, "window": window, "of_places": self.of_places()}

    def record(self, cache, position, x, *given):
        if position.channel < self.channels - 1:
            return cache
        window = ops.concatenate([cache["window"][1:], self.cast(x)[None]])
        flat = ops.reshape(ops.transpose(window, (1, 0, 2)), (-1, self.context * self.inputs))
        gates = ops.matmul(flat, ops.reshape(self.cast(self.kernel), (-1, 4 * self.units)))
        following = ops.minimum(position.row * self.width + position.column + 1, self.length - 1)
        gates = gates + cache["of_places"][following] + ops.matmul(cache["h"], self.cast(self.recurrent))
        h, memory = lstm(gates, cache["memory"])
        return cache | {"h": h, "memory": memory, "window": window}

    def read(self, cache, position, *given):
        return cache["h"]

    def get_config(self):
        return super().get_config() | {"context": self.context, "embedding": self.embedding}


@keras.saving.register_keras_serializable("kerasgen")
class RowLSTM(_Units):
    """A row of LSTM cells that moves down an image: x (batch, h, w, c) -> (batch, h, w, units).

    van den Oord et al. (2016a), arXiv:1601.06759, section 3.1 and equation 3: gates are a masked
    convolution of 1x3 of the row, for the whole image at once, plus a convolution of 1x3 of the state of
    the row above. A pixel sees a triangle above it.

    Args:
        units: Of the state of a pixel, 1 to 2^16; a multiple of `channels`.
        channels: Of the image, which divide the channels of x: see `causal.channel_mask`.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    def build(self, shape):
        self.height, self.width = shape[1:3]
        self.gates = MaskedConv2D(4 * self.units, (1, 3), "B", self.channels, dtype=self.dtype_policy)
        self.gates.build(shape)
        size = (3, self.units, 4 * self.units)
        self.recurrent = self.add_weight(size, "glorot_uniform", name="recurrent")

    def from_above(self, h):
        """What a state (batch, width, units) adds to the gates of the next row."""
        return ops.conv(h, self.cast(self.recurrent), 1, "same")

    def call(self, x):
        gates = self.gates(x)
        h = memory = ops.zeros_like(gates[:, 0, :, : self.units])
        rows = []
        for row in range(self.height):
            above = self.from_above(h) if row else 0
            h, memory = lstm(gates[:, row] + above, memory)
            rows.append(h)
        return ops.stack(rows, axis=1)

    # One pixel.

    def start(self, batch):
        state = self.zeros(self.width, batch, self.units)
        above = self.zeros(self.width, batch, 4 * self.units)
        rows = dict.fromkeys(("h", "memory", "memory_above"), state)
        return rows | {"gates": self.gates.start(batch), "above": above}

    def row(self, cache, position, x=None):
        above = ops.transpose(self.from_above(ops.transpose(cache["h"], (1, 0, 2))), (1, 0, 2))
        return None, cache | {"above": above, "memory_above": cache["memory"]}

    def step(self, x, cache, position):
        at = position.column
        gates, of_gates = self.gates.step(x, cache["gates"], position)
        h, memory = lstm(gates + cache["above"][at], cache["memory_above"][at])
        rows = {"h": write(cache["h"], at, h), "memory": write(cache["memory"], at, memory)}
        return h, cache | rows | {"gates": of_gates}
