"""Independent bits by their logits l: P(x = 1) = sigmoid(l), nats."""

import dataclasses
from typing import Any

from keras import ops

from kerasgen.distributions.base import Distribution
from kerasgen.distributions.normal import over_event
from kerasgen.ops import rng


@dataclasses.dataclass(frozen=True)
class Bernoulli(Distribution):
    """Independent bits, 1 with probability sigmoid(logits).

    Args:
        logits: Log-odds, (*batch, *event).
        event_rank: How many of the last axes one event has.
    """

    logits: Any
    event_rank: int = 1

    def log_prob(self, x):
        return log_prob(x, self.logits, self.event_rank)

    def sample(self, key, shape=()):
        return binarize(key, self.mean(), shape)

    def mean(self):
        return ops.sigmoid(self.logits)

    def from_uniform(self, u):
        """Bits, 1 where u < sigmoid(logits), of u (*batch, *event)."""
        return ops.cast(u < self.mean(), "float32")


def log_prob(x, logits, event_rank=1):
    """sum_i x_i l_i - softplus(l_i) = sum_i x_i log p_i + (1 - x_i) log(1 - p_i).

    Finite at every finite logit. Of a gray x in (0, 1) it is minus a cross-entropy, no log-probability.

    Args:
        x: 0 and 1 as floats.
        logits: Log-odds, of a shape that broadcasts with x.
        event_rank: How many of the last axes one event has; they are summed over.

    Returns:
        Nats <= 0, the broadcast shape without its last `event_rank` axes.
    """
    return over_event(x * logits - ops.softplus(logits), event_rank)


def binarize(key, probabilities, shape=()):
    """Bits, 1 where u < p, u ~ U(0, 1): float32, `shape` followed by the shape of the probabilities."""
    u = rng.uniform(key, (*shape, *ops.shape(probabilities)))
    return ops.cast(u < probabilities, "float32")
