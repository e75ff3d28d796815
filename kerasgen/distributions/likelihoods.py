"""Distributions p(x | z) by name, made of a decoder's output: the pixels are independent, given z.

A decoder's output holds `parameters` numbers for each number of x, one after another along
the last axis: (..., h, w, parameters * c) for images (..., h, w, c).
"""

import dataclasses
from collections.abc import Callable

from keras import ops

from kerasgen.distributions.bernoulli import Bernoulli
from kerasgen.distributions.logistic import DiscretizedLogistic, inside
from kerasgen.distributions.normal import Normal

# Below it a pixel's distribution is narrower than a hundredth of a gray level: the bound of the authors of
# PixelCNN++.
LEAST_LOG_SCALE = -7.0


@dataclasses.dataclass(frozen=True)
class Likelihood:
    """How p(x | z) is made of the output `p` of a decoder: a function of p that gives a `Distribution`.

    Attributes:
        make: (p, value_range, event_rank) -> `Distribution`.
        parameters: Numbers in p for each number of x.
        support: What `log_prob` is of: see `models.core.generative`.
        bits: Whether x must be 0 or 1.
        density: Whether `log_prob` is the logarithm of a density or a probability.
    """

    make: Callable
    parameters: int
    support: str = "reals"
    bits: bool = False
    density: bool = True

    def __call__(self, p, value_range=None, event_rank=1):
        """p(x | z).

        Args:
            p: (*batch, *event), its last axis `parameters` times as long as that of x.
            value_range: (low, high) of x, or None. Means and samples are cut at its ends.
            event_rank: How many of the last axes of p one event has.
        """
        return self.make(p, value_range, event_rank)


@dataclasses.dataclass(frozen=True)
class ClippedNormal(Normal):
    """A normal distribution whose mean and samples are cut at the ends of a range, as pixels are.

    Args:
        value_range: (low, high), or None for no cut.
    """

    value_range: tuple | None = None

    def mean(self):
        return inside(super().mean(), self.value_range)

    def sample(self, key, shape=()):
        return inside(super().sample(key, shape), self.value_range)


def _gaussian(p, value_range, event_rank):
    """p holds means and log standard deviations."""
    return ClippedNormal(*ops.split(p, 2, -1), event_rank, value_range)


def _discretized_logistic(p, value_range, event_rank):
    """p holds means and log scales."""
    mean, log_scale = ops.split(p, 2, -1)
    return DiscretizedLogistic(mean, ops.maximum(log_scale, LEAST_LOG_SCALE), value_range, event_rank)


_bernoulli = Likelihood(lambda p, _, event_rank: Bernoulli(p, event_rank), 1, "bits", bits=True)

LIKELIHOODS = {
    "bernoulli": _bernoulli,
    # The same formula on gray values in [0, 1], as is often done: it trains, but over all of
    # [0, 1] it does not integrate to 1 (Loaiza-Ganem & Cunningham, 2019, arXiv:1907.06845).
    "cross_entropy": dataclasses.replace(_bernoulli, bits=False, density=False),
    "gaussian": Likelihood(_gaussian, 2),
    "discretized_logistic": Likelihood(_discretized_logistic, 2, "levels"),
}
