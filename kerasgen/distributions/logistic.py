"""The logistic law, cut into the 256 grey levels of a pixel, nats.

Salimans et al. (2017), PixelCNN++, arXiv:1701.05517, equation 2, with one component.
"""

from keras import ops

from kerasgen.distributions.normal import over_event
from kerasgen.ops import rng

LEVELS = 256


def log_prob(x, mean, log_scale, value_range=(-1.0, 1.0), event_rank=1):
    """log P(x) = log[sigmoid((x + w/2 - mean) / s) - sigmoid((x - w/2 - mean) / s)], summed.

    The first sigmoid is 1 at the highest level and the second is 0 at the lowest, so that
    the levels' probabilities add up to 1. The difference is taken as the product

        sigmoid(a) sigmoid(-b) (1 - exp(b - a)),   a - b = w / s,

    which is the same and stays finite in both tails.

    Args:
        x: Pixels at the levels low, low + w, ..., high.
        mean, log_scale: Of shapes that broadcast with x, in the unit of `value_range`.
        value_range: (low, high); w = (high - low) / 255.
        event_rank: How many of the last axes one event has; they are summed over.

    Returns:
        Nats <= 0, the broadcast shape without its last `event_rank` axes.
    """
    low, high = value_range
    width = (high - low) / (LEVELS - 1)
    inverse = ops.exp(-log_scale)
    above = -ops.softplus(-(x - mean + width / 2) * inverse)  # log sigmoid(a)
    below = -ops.softplus((x - mean - width / 2) * inverse)  # log sigmoid(-b)
    between = above + below + ops.log(-ops.expm1(-width * inverse))
    values = ops.where(x < low + width / 2, above, ops.where(x > high - width / 2, below, between))
    return over_event(values, event_rank)


def sample(key, mean, log_scale, value_range=(-1.0, 1.0)):
    """A level of each pixel: mean + s log(u / (1 - u)), u ~ U(0, 1), at the nearest level."""
    low, high = value_range
    u = rng.uniform(key, ops.shape(mean))
    x = mean + ops.exp(log_scale) * (ops.log(u) - ops.log1p(-u))
    width = (high - low) / (LEVELS - 1)
    return low + width * ops.clip(ops.round((x - low) / width), 0, LEVELS - 1)
