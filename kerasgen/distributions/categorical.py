"""Independent categories by their logits l: P(x = k) = exp(l_k) / sum_j exp(l_j), nats."""

import dataclasses
from typing import Any

from keras import ops

from kerasgen.distributions.base import Distribution
from kerasgen.distributions.normal import over_event
from kerasgen.ops import rng


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
        heights = ops.cumsum(ops.softmax(self.logits), axis=-1)[..., :-1]
        return ops.sum(ops.cast(heights < u[..., None], "int32"), axis=-1)
