"""Spaces of bits, of probabilities and of their logarithms."""

import dataclasses

import numpy as np
import tensorflow as tf

from kerasgen.errors import InvalidDataError
from kerasgen.ops import rng
from kerasgen.spaces.numbers import SLACK, Box, changed

GRAY = (
    "`{}` must hold 0 and 1 only: it goes to a Bernoulli likelihood. Received: gray values. "
    "binarize='dynamic' draws bits from them, likelihood='cross_entropy' takes them as they are."
)


@dataclasses.dataclass(frozen=True)
class Bits(Box):
    """Arrays of 0 and 1, float32."""

    low: float = 0.0
    high: float = 1.0

    rule = "0 or 1"

    def __post_init__(self):
        super().__post_init__()
        _from_0_to_1(self)

    def valid(self, rows):
        return tf.reduce_all((rows == 0) | (rows == 1))

    def contained(self, values, name):
        values = self._inside(values, name)
        if not ((values == 0) | (values == 1)).all():
            raise InvalidDataError(GRAY.format(name))
        return values

    def wrong(self):
        return super().wrong() | {"gray": changed(self.examples(2), 0.5)}

    def draw(self, keys):
        draw = lambda key: rng.integers(rng.stream(key, "condition"), self.shape, 2)
        return tf.cast(tf.map_fn(draw, keys, fn_output_signature="int32"), "float32")

    def examples(self, num, generator=None):
        zeros = np.zeros((num, *self.shape), "float32")
        return zeros if generator is None else generator.integers(2, size=zeros.shape).astype("float32")

    def __str__(self):
        return f"float32 {self.shape} of 0 and 1"


@dataclasses.dataclass(frozen=True)
class Simplex(Box):
    """Probabilities of `shape[-1]` outcomes, float32: they are >= 0 and add up to 1."""

    low: float = 0.0
    high: float = 1.0

    rule = "from 0 to 1, a row adds up to 1"

    def __post_init__(self):
        super().__post_init__()
        _from_0_to_1(self)
        if not self.shape:
            raise ValueError("`shape` must have an axis of outcomes. Received: shape=().")

    def valid(self, rows):
        return super().valid(rows) & self.add_up(rows)

    def add_up(self, rows):
        """Whether every row of a tensor adds up to 1, but for rounding: a bool scalar tensor."""
        return tf.reduce_all(tf.abs(tf.reduce_sum(self.numbers(rows), -1) - 1) < SLACK)

    def contained(self, values, name):
        values = self._inside(values, name)
        if not bool(self.add_up(values)):
            raise InvalidDataError(f"`{name}` must be {self.rule}. Received: a row with another sum.")
        return values

    def examples(self, num, generator=None):
        if generator is not None:
            return generator.dirichlet(np.ones(self.shape[-1]), (num, *self.shape[:-1])).astype("float32")
        return np.full((num, *self.shape), 1 / self.shape[-1], "float32")

    def wrong(self):
        return super().wrong() | {"sum": self.examples(2) / 2}

    def draw(self, keys):
        uniform = rng.by_row(lambda key: rng.uniform(rng.stream(key, "condition"), self.shape), keys)
        waits = -tf.math.log(uniform)  # of equal rates: their shares are uniform on the simplex
        return waits / tf.reduce_sum(waits, axis=-1, keepdims=True)


@dataclasses.dataclass(frozen=True)
class Nats(Box):
    """Log-densities or log-probabilities, float32, one number."""

    shape: tuple = ()

    rule = "nats"


def _from_0_to_1(space):
    for name, bound in (("low", 0), ("high", 1)):
        if getattr(space, name) != bound:
            raise ValueError(f"`{name}` must be {bound}. Received: {name}={getattr(space, name)}.")
