"""Normal distributions with independent components: mean and log standard deviation, nats."""

import dataclasses
import math
from typing import Any

from keras import ops

from kerasgen.distributions.base import Distribution
from kerasgen.ops import checks, rng


@dataclasses.dataclass(frozen=True)
class Normal(Distribution):
    """N(loc, diag(exp(log_scale)^2)).

    Args:
        loc, log_scale: Means and log standard deviations, (*batch, *event).
        event_rank: How many of the last axes one event has.
    """

    loc: Any
    log_scale: Any
    event_rank: int = 1

    def log_prob(self, x):
        return log_prob(x, self.loc, self.log_scale, self.event_rank)

    def sample(self, key, shape=()):
        return self.rsample(rng.normal(key, (*shape, *ops.shape(self.loc))))

    def mean(self):
        return self.loc

    def rsample(self, noise):
        """loc + scale eps, eps ~ N(0, I): Kingma & Welling (2014), arXiv:1312.6114, section 2.4."""
        return self.loc + ops.exp(self.log_scale) * noise

    def kl(self, other):
        """KL to another normal distribution, of each component."""
        return kl(self.loc, self.log_scale, other.loc, other.log_scale)


@dataclasses.dataclass(frozen=True)
class EqualMixture(Distribution):
    """1/K sum_k N(loc_k, diag(exp(log_scale_k)^2)).

    Args:
        loc, log_scale: (K, d).
    """

    loc: Any
    log_scale: Any

    def log_prob(self, x):
        return mixture_log_prob(x, self.loc, self.log_scale)

    def sample(self, key, shape=()):
        index_key, noise_key = rng.split(key, 2)
        index = rng.integers(index_key, shape, ops.shape(self.loc)[0])
        chosen = Normal(*(ops.take(each, index, axis=0) for each in (self.loc, self.log_scale)))
        return chosen.sample(noise_key)

    def mean(self):
        return ops.mean(self.loc, axis=0)


def log_prob(x, mean, log_std, event_rank=1):
    """log N(x; mean, diag(std^2)) = -1/2 sum_i [((x_i - mean_i) / std_i)^2 + log 2 pi] - log std_i.

    Args:
        x, mean, log_std: Of shapes that broadcast; any finite numbers.
        event_rank: How many of the last axes one event has; they are summed over.

    Returns:
        Nats, the broadcast shape without its last `event_rank` axes.
    """
    squares = ops.square((x - mean) * ops.exp(-log_std))
    return over_event(-0.5 * (squares + math.log(2 * math.pi)) - log_std, event_rank)


def kl_to_standard(mean, log_std):
    """KL(N(mean, std^2) || N(0, 1)) = (std^2 + mean^2 - 1) / 2 - log std of each component, nats.

    Elementwise: independent components add up. Kingma & Welling (2014), arXiv:1312.6114, appendix B.
    """
    return 0.5 * (ops.expm1(2 * log_std) + ops.square(mean)) - log_std


def kl(mean, log_std, other_mean, other_log_std):
    """KL(N(mean, std^2) || N(other_mean, other_std^2)) of each component, nats.

    log(other_std / std) + (std^2 + (mean - other_mean)^2) / (2 other_std^2) - 1/2
    """
    scale = ops.exp(-other_log_std)
    return kl_to_standard((mean - other_mean) * scale, log_std - other_log_std)


def mixture_log_prob(x, means, log_stds):
    """log 1/K sum_k N(x; mean_k, diag(std_k^2)), nats: the shape of x without its last axis, its type.

    By matrix products, so that x is compared with every component without an array (..., K, d). They
    expand the squares, whose terms cancel where stds are small: therefore in float64, and about the
    middle of the means. What is left is an error of 1e-16 (|x - middle| / std)^2.

    Args:
        x: (..., d).
        means, log_stds: (K, d).
    """
    wide = lambda array: ops.cast(array, "float64")
    middle = ops.mean(wide(means), axis=0)
    offset, means, log_stds = wide(x) - middle, wide(means) - middle, wide(log_stds)
    precision = ops.exp(-2 * log_stds)
    constant = ops.sum(0.5 * precision * ops.square(means) + log_stds, axis=-1)  # (K,)
    constant += 0.5 * means.shape[-1] * math.log(2 * math.pi) + math.log(means.shape[0])
    products = ops.matmul(offset, ops.transpose(precision * means))  # (..., K)
    products -= 0.5 * ops.matmul(ops.square(offset), ops.transpose(precision))
    return ops.cast(ops.logsumexp(products - constant, axis=-1), x.dtype)


def over_event(values, event_rank):
    """The sum over the last `event_rank` axes."""
    checks.integer("event_rank", event_rank, 0, len(values.shape))
    return ops.sum(values, axis=tuple(range(-event_rank, 0))) if event_rank else values
