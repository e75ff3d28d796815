"""Pixels whose channels follow a mixture of discretized logistic distributions.

Salimans et al. (2017), PixelCNN++, arXiv:1701.05517, sections 2.1 and 2.2.
"""

import dataclasses
from typing import Any

from keras import ops

from kerasgen.distributions import logistic
from kerasgen.distributions.base import Distribution
from kerasgen.distributions.likelihoods import LEAST_LOG_SCALE
from kerasgen.distributions.normal import over_event
from kerasgen.ops import rng

GREATEST_LOG_SCALE = 30.0  # beyond it float32 has no probability for a level between the tails


def parameters(channels):
    """Numbers of one component: its weight, means, log scales, a coefficient for each pair of channels."""
    return 1 + 2 * channels + channels * (channels - 1) // 2


@dataclasses.dataclass(frozen=True)
class LogisticMixture(Distribution):
    """p(x) = sum_k w_k prod_c P_k(x_c | x_1, ..., x_c-1) of the channels of a pixel; pixels are independent.

    P_k is a logistic distribution cut into levels, the lowest and the highest of which take its tails
    (equation 2). Its mean is mean_kc + sum_d coefficient_kcd x_d over the channels d before c (equation 3):
    green may follow red, and blue both.

    Args:
        numbers: (*batch, *event, any), an event's last axis being the channels: weights w as logits (m,),
            means (c m,), log scales (c m,) and, before a tanh, coefficients (c (c - 1) / 2 m,), m
            components.
        channels: c.
        value_range: (low, high), the lowest and the highest level.
        levels: How many.
        event_rank: How many of the last axes one event has, channels included.
    """

    numbers: Any
    channels: int = 1
    value_range: tuple = (-1.0, 1.0)
    levels: int = logistic.LEVELS
    event_rank: int = 1

    def parts(self):
        """Logits (..., m); means, log scales (..., c, m); coefficients (..., c (c - 1) / 2, m)."""
        count = self.numbers.shape[-1] // parameters(self.channels)
        shape = (*ops.shape(self.numbers)[:-1], parameters(self.channels), count)
        rows, c = ops.reshape(self.numbers, shape), self.channels
        scales = ops.clip(rows[..., c + 1 : 2 * c + 1, :], LEAST_LOG_SCALE, GREATEST_LOG_SCALE)
        return rows[..., 0, :], rows[..., 1 : c + 1, :], scales, ops.tanh(rows[..., 2 * c + 1 :, :])

    def log_prob(self, x):
        """log P(x) of x at the levels, (*batch, *event)."""
        logits, means, scales, coefficients = self.parts()
        total, pair = ops.log_softmax(logits), 0
        for c in range(self.channels):
            mean = means[..., c, :]
            for d in range(c):
                mean, pair = mean + coefficients[..., pair, :] * x[..., d : d + 1], pair + 1
            of_levels = self.value_range, 0, self.levels
            total = total + logistic.log_prob(x[..., c : c + 1], mean, scales[..., c, :], *of_levels)
        return over_event(ops.logsumexp(total, axis=-1), self.event_rank - 1)

    def sample(self, key, shape=()):
        size = (*shape, *ops.shape(self.numbers)[:-1], self.channels + 1)
        return self.from_uniform(rng.uniform(key, size))

    def from_uniform(self, u):
        """Pixels (*batch, *event) of u (..., c + 1): the first chooses the component, then a channel each."""
        logits, means, scales, coefficients = self.parts()
        heights = ops.cumsum(ops.softmax(logits), axis=-1)[..., :-1]
        index = ops.sum(ops.cast(heights < u[..., :1], "int32"), axis=-1)
        chosen = ops.one_hot(index, logits.shape[-1], dtype=logits.dtype)[..., None, :]
        means, scales, coefficients = (
            ops.sum(part * chosen, axis=-1) for part in (means, scales, coefficients)
        )
        low, high = self.value_range
        width, x, pair = (high - low) / (self.levels - 1), [], 0
        for c in range(self.channels):
            mean = means[..., c]
            for before in x:
                mean, pair = mean + coefficients[..., pair] * before, pair + 1
            noise = ops.log(u[..., c + 1]) - ops.log1p(-u[..., c + 1])
            value = mean + ops.exp(scales[..., c]) * noise
            x.append(low + width * ops.clip(ops.round((value - low) / width), 0, self.levels - 1))
        return ops.stack(x, axis=-1)

    def mean(self):
        """E[x] up to the cut at the ends of the range and half a level."""
        logits, means, _, coefficients = self.parts()
        x, pair = [], 0
        for c in range(self.channels):
            mean = means[..., c, :]
            for before in x:
                mean, pair = mean + coefficients[..., pair, :] * before, pair + 1
            x.append(logistic.inside(mean, self.value_range))
        return ops.sum(ops.stack(x, axis=-2) * ops.softmax(logits)[..., None, :], axis=-1)
