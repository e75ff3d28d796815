"""Patterns of a few bits by one logit each: P(x = pattern k) = exp(l_k) / sum_j exp(l_j), nats."""

import dataclasses
from typing import Any

from keras import ops

from kerasgen.distributions.base import Distribution
from kerasgen.distributions.categorical import Categorical
from kerasgen.ops import rng


@dataclasses.dataclass(frozen=True)
class Patterns(Distribution):
    """n bits with any joint distribution; pattern k has bit i of the binary number k as its number i.

    Args:
        logits: Unnormalized log-probabilities of the 2^n patterns, (*batch, *event but its last axis, 2^n).
        bits: n >= 1, the last axis of an event.
        event_rank: How many axes one event has, that of the bits among them.
    """

    logits: Any
    bits: int
    event_rank: int = 1

    @property
    def numbers(self):
        return Categorical(self.logits, self.event_rank - 1)

    def log_prob(self, x):
        """log P(x) of 0 and 1 as floats, (*batch, *event)."""
        return self.numbers.log_prob(ops.sum(ops.cast(x, "int32") * self._places(), axis=-1))

    def sample(self, key, shape=()):
        return self.from_uniform(rng.uniform(key, (*shape, *ops.shape(self.logits)[:-1], 1)))

    def mean(self):
        """P(bit i = 1), (*batch, *event)."""
        return ops.matmul(ops.softmax(self.logits), self._bits_of(ops.arange(2**self.bits)))

    def from_uniform(self, u):
        """Bits as floats, (*batch, *event), of u (*batch, *event but its last axis, 1)."""
        return self._bits_of(self.numbers.from_uniform(u[..., 0]))

    def _places(self):
        return 2 ** ops.arange(self.bits)

    def _bits_of(self, k):
        return ops.cast(k[..., None] // self._places() % 2, "float32")
