"""Independent categories by their logits l: P(x = k) = exp(l_k) / sum_j exp(l_j), nats."""

import dataclasses
import math
from typing import Any

from keras import ops

from kerasgen.distributions.base import Distribution
from kerasgen.distributions.normal import over_event
from kerasgen.ops import rng

MANY = 1024  # categories, from which on they are drawn by blocks


@dataclasses.dataclass(frozen=True)
class Categorical(Distribution):
    """Independent ints in [0, K).

    Args:
        logits: Unnormalized log-probabilities, (*batch, *event, K).
        event_rank: How many axes one event has, that of the categories left out.
    """

    logits: Any
    event_rank: int = 1

    def log_prob(self, x):
        """log P(x) of int32 x, (*batch, *event)."""
        chosen = ops.take_along_axis(self.logits, ops.cast(x, "int32")[..., None], axis=-1)[..., 0]
        return over_event(chosen - ops.logsumexp(self.logits, axis=-1), self.event_rank)

    def sample(self, key, shape=()):
        return self.from_uniform(rng.uniform(key, (*shape, *ops.shape(self.logits)[:-1])))

    def mean(self):
        """The mean number of the category."""
        numbers = ops.arange(self.logits.shape[-1], dtype="float32")
        return ops.sum(ops.softmax(self.logits) * numbers, axis=-1)

    def from_uniform(self, u):
        """The number of categories whose cumulative probability is below u, (*batch, *event)."""
        num = self.logits.shape[-1]
        if num >= MANY:
            return _by_blocks(self.logits, u, _block(num))
        return _below(ops.cumsum(ops.softmax(self.logits), axis=-1), u)


def _below(heights, u):
    """How many of rising numbers (..., n), the last left out, are below u (...,): int32."""
    return ops.sum(ops.cast(heights[..., :-1] < u[..., None], "int32"), axis=-1)


def _block(num):
    """The size of blocks of `num` categories: about their root, and a divisor if there is one near it."""
    root = math.ceil(num**0.5)
    return next((size for size in range(root, 2 * root) if num % size == 0), root)


def _by_blocks(logits, u, size):
    """The same of many categories: first the block of `size` of them, then the one within.

    A sum over a block is several times as fast as the cumulative sum of its numbers, and one block alone
    needs that.
    """
    weights = ops.exp(logits - ops.max(logits, axis=-1, keepdims=True))
    num = weights.shape[-1]
    padding = [(0, 0)] * (len(weights.shape) - 1) + [(0, -num % size)]
    weights = ops.pad(weights, padding) if num % size else weights
    weights = ops.reshape(weights, (*ops.shape(weights)[:-1], weights.shape[-1] // size, size))
    heights = ops.cumsum(ops.sum(weights, axis=-1), axis=-1)
    height = u * heights[..., -1]
    block = _below(heights, height)
    before = ops.take_along_axis(ops.pad(heights, [*padding[:-1], (1, 0)]), block[..., None], axis=-1)[..., 0]
    within = ops.cumsum(ops.take_along_axis(weights, block[..., None, None], axis=-2)[..., 0, :], axis=-1)
    return ops.minimum(block * size + _below(within, height - before), num - 1)
