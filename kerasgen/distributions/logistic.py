"""The logistic distribution, cut into the 256 gray levels of a pixel, nats.

Salimans et al. (2017), PixelCNN++, arXiv:1701.05517, equation 2, with one component.
"""

import dataclasses
from typing import Any

from keras import ops

from kerasgen.distributions.base import Distribution
from kerasgen.distributions.normal import over_event
from kerasgen.ops import checks, rng

LEVELS = 256


@dataclasses.dataclass(frozen=True)
class DiscretizedLogistic(Distribution):
    """Independent pixels, each at one of 256 levels.

    Args:
        loc, log_scale: (*batch, *event), in the unit of `value_range`.
        value_range: (low, high), the lowest and the highest level.
        event_rank: How many of the last axes one event has.
    """

    loc: Any
    log_scale: Any
    value_range: tuple = (-1.0, 1.0)
    event_rank: int = 1

    def log_prob(self, x):
        return log_prob(x, self.loc, self.log_scale, self.value_range, self.event_rank)

    def sample(self, key, shape=()):
        loc = ops.broadcast_to(self.loc, (*shape, *ops.shape(self.loc))) if shape else self.loc
        return sample(key, loc, self.log_scale, self.value_range)

    def mean(self):
        """`loc`, cut at the ends of the range: E[x] up to that cut and half a level."""
        return inside(self.loc, self.value_range)


def log_prob(x, mean, log_scale, value_range=(-1.0, 1.0), event_rank=1, levels=LEVELS):
    """log P(x) = log[sigmoid((x + w/2 - mean) / s) - sigmoid((x - w/2 - mean) / s)], summed.

    The first sigmoid is 1 at the highest level and the second is 0 at the lowest, so that
    the levels' probabilities add up to 1. The difference is taken as the product

        sigmoid(a) sigmoid(-b) (1 - exp(b - a)),   a - b = w / s,

    which is the same and stays finite in both tails.

    Args:
        x: Pixels at the levels low, low + w, ..., high.
        mean, log_scale: Of shapes that broadcast with x, in the unit of `value_range`.
        value_range: (low, high); w = (high - low) / (levels - 1).
        event_rank: How many of the last axes one event has; they are summed over.
        levels: Int >= 2.

    Returns:
        Nats <= 0, the broadcast shape without its last `event_rank` axes.
    """
    low, high = checks.value_range("value_range", value_range, needed=True)
    width = (high - low) / (checks.integer("levels", levels, 2, 2**31 - 1) - 1)
    inverse = ops.exp(-log_scale)
    above = -ops.softplus(-(x - mean + width / 2) * inverse)  # log sigmoid(a)
    below = -ops.softplus((x - mean - width / 2) * inverse)  # log sigmoid(-b)
    between = above + below + ops.log(-ops.expm1(-width * inverse))
    values = ops.where(x < low + width / 2, above, ops.where(x > high - width / 2, below, between))
    return over_event(values, event_rank)


def sample(key, mean, log_scale, value_range=(-1.0, 1.0)):
    """A level of each pixel: mean + s log(u / (1 - u)), u ~ U(0, 1), at the nearest level."""
    low, high = checks.value_range("value_range", value_range, needed=True)
    u = rng.uniform(key, ops.shape(mean))
    x = mean + ops.exp(log_scale) * (ops.log(u) - ops.log1p(-u))
    width = (high - low) / (LEVELS - 1)
    return low + width * ops.clip(ops.round((x - low) / width), 0, LEVELS - 1)


def inside(x, value_range):
    """x, cut at the ends of the range, if there is one."""
    return x if value_range is None else ops.clip(x, *value_range)
