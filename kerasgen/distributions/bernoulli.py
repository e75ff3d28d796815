"""Independent bits by their logits l: P(x = 1) = sigmoid(l), nats."""

from keras import ops

from kerasgen.distributions.normal import over_event
from kerasgen.ops import rng


def log_prob(x, logits, event_rank=1):
    """sum_i x_i l_i - softplus(l_i) = sum_i x_i log p_i + (1 - x_i) log(1 - p_i).

    Finite at every finite logit. Of a grey x in (0, 1) it is minus a cross-entropy, no log-probability.

    Args:
        x: 0 and 1 as floats.
        logits: Log-odds, of a shape that broadcasts with x.
        event_rank: How many of the last axes one event has; they are summed over.

    Returns:
        Nats <= 0, the broadcast shape without its last `event_rank` axes.
    """
    return over_event(x * logits - ops.softplus(logits), event_rank)


def mean(logits):
    """P(x = 1), in [0, 1]."""
    return ops.sigmoid(logits)


def sample(key, logits):
    """x = 1 where u < P(x = 1), u ~ U(0, 1), else 0: float32, the shape of `logits`."""
    return binarize(key, mean(logits))


def binarize(key, probabilities):
    """Bits that are 1 with the given probabilities: float32, the same shape."""
    return ops.cast(rng.uniform(key, ops.shape(probabilities)) < probabilities, "float32")
