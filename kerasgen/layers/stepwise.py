"""Layers over sequences that can be computed step by step: recurrent ones, and positions.

The protocol of every layer that reads a sequence x (batch, time, channels) in order, whose output at a step
depends on x up to this step alone:

    call(x, *given)        the whole sequence at once, as Keras layers do; no `given` depends on x
    start(batch, *given)   the cache before the first step: a structure of tensors with the batch first, so
                           that rows can be taken from it (beam search does)
    step(x, cache, at)     (output (batch, any), cache) at step `at`, an int32 scalar, of x (batch, channels)

A dilated convolution, for instance, keeps a queue of its last inputs (batch, dilation, channels), reads and
writes number `at` mod dilation of it, and needs no more at a step than at the first. `samplers.steps` finds
the layers of this kind in a network and runs the others at each step by themselves.
"""

import keras
from keras import ops

from kerasgen.layers.causal import Cached
from kerasgen.layers.recurrent import lstm, over_time
from kerasgen.ops import checks


class Stepwise(Cached):
    """A layer over sequences with the protocol above."""

    def start(self, batch, *given):
        """The cache before the first step of `batch` sequences."""
        return ()

    def step(self, x, cache, at):
        """(output, cache) at a step."""
        raise NotImplementedError(f"{type(self).__name__} does not step.")


@keras.saving.register_keras_serializable("kerasgen")
class PositionEmbedding(Stepwise, keras.layers.Layer):
    """x + p_t of x (batch, time, channels): a learned vector for each position (Gehring et al., 2017,
    arXiv:1705.03122, section 3.1)."""

    def build(self, shape):
        self.table = self.add_weight(shape[1:], keras.initializers.RandomNormal(0, 0.02), name="table")

    def call(self, x):
        return x + self.cast(self.table)

    def step(self, x, cache, at):
        return x + self.cast(self.table)[at], cache


class _Recurrent(Stepwise, keras.layers.Layer):
    """x (batch, time, channels) -> the states after each step, (batch, time, units).

    What a step reads of x is multiplied for all steps at once, outside of the loop.

    Args:
        units: Of the state, 1 to 2^16.

    Attributes:
        gates: How many vectors of `units` numbers a step computes.
        parts: How many vectors of `units` numbers the state has; the first is the output.

    Raises:
        TypeError, ValueError: If `units` is no int in this range.
    """

    gates, parts = 1, 1

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = checks.integer("units", units, 1, 2**16)

    def build(self, shape):
        width = self.gates * self.units
        self.kernel = self.add_weight((shape[-1], width), "glorot_uniform", name="kernel")
        self.recurrent = self.add_weight((self.units, width), "orthogonal", name="recurrent")
        self.bias = self.add_weight((width,), "zeros", name="bias")

    def cell(self, gates, state):
        """The state after a step, of what x adds to the gates (batch, gates units) and the state before."""
        raise NotImplementedError

    def read(self, x):
        return ops.matmul(self.cast(x), self.cast(self.kernel)) + self.cast(self.bias)

    def call(self, x):
        gates = ops.transpose(self.read(x), (1, 0, 2))
        return ops.transpose(over_time(self.cell, gates, self.start(ops.shape(x)[0])), (1, 0, 2))

    def compute_output_shape(self, shape):
        return (*shape[:-1], self.units)

    def start(self, batch, *given):
        return (self.zeros(batch, self.units),) * self.parts

    def step(self, x, cache, at):
        state = self.cell(self.read(x), cache)
        return state[0], state

    def get_config(self):
        return super().get_config() | {"units": self.units}


@keras.saving.register_keras_serializable("kerasgen")
class LSTM(_Recurrent):
    """Long short-term memory: see `recurrent.lstm`."""

    gates, parts = 4, 2

    def cell(self, gates, state):
        h, memory = state
        return lstm(gates + ops.matmul(h, self.cast(self.recurrent)), memory)


@keras.saving.register_keras_serializable("kerasgen")
class GRU(_Recurrent):
    """Gated recurrent units: h' = z h + (1 - z) tanh(g + r U h), z and r sigmoids of x and h.

    Cho et al. (2014), arXiv:1406.1078, section 2.3, with r applied after the product, so that one product a
    step is enough.
    """

    gates = 3

    def cell(self, gates, state):
        (h,) = state
        of_x, of_h = ops.split(gates, 3, axis=-1), ops.split(ops.matmul(h, self.cast(self.recurrent)), 3, -1)
        z, r = (ops.sigmoid(of_x[k] + of_h[k]) for k in range(2))
        return (z * h + (1 - z) * ops.tanh(of_x[2] + r * of_h[2]),)
