"""Laws p(x | z) of a decoder by name: the pixels are independent, given z.

A decoder's output holds `parameters` numbers for each number of x, one after another along
the last axis: (..., h, w, parameters * c) for images (..., h, w, c).
"""

from collections.abc import Callable
from typing import NamedTuple

from keras import ops

from kerasgen.distributions import bernoulli, logistic, normal

# Below it a pixel's law is narrower than a hundredth of a grey level: the bound of the authors of PixelCNN++.
LEAST_LOG_SCALE = -7.0


class Likelihood(NamedTuple):
    """One law of x given the output `p` of a decoder.

    Attributes:
        parameters: Numbers in p for each number of x.
        log_prob: (x, p, value_range, event_rank) -> nats, summed over the event.
        mean: (p, value_range) -> E[x], up to the cut at the ends of the range.
        sample: (key, p, value_range) -> x ~ p(x | z).
        bits: Whether x must be 0 or 1.
        density: Whether `log_prob` is the logarithm of a density or a probability.
        support: Of what: see `models.generative`.
    """

    parameters: int
    log_prob: Callable
    mean: Callable
    sample: Callable
    bits: bool = False
    density: bool = True
    support: str = "reals"


# Bits: p holds their logits.
_bernoulli = Likelihood(
    parameters=1,
    log_prob=lambda x, p, value_range, event_rank: bernoulli.log_prob(x, p, event_rank),
    mean=lambda p, value_range: bernoulli.mean(p),
    sample=lambda key, p, value_range: bernoulli.sample(key, p),
    bits=True,
    support="bits",
)

# The same formula on grey values in [0, 1], as is often done: it trains, but over all of
# [0, 1] it does not integrate to 1 (Loaiza-Ganem & Cunningham, 2019, arXiv:1907.06845).
_cross_entropy = _bernoulli._replace(bits=False, density=False)

# Real numbers: p holds means and log standard deviations.
_gaussian = Likelihood(
    parameters=2,
    log_prob=lambda x, p, value_range, event_rank: normal.log_prob(x, *ops.split(p, 2, -1), event_rank),
    mean=lambda p, value_range: _inside(ops.split(p, 2, -1)[0], value_range),
    sample=lambda key, p, value_range: _inside(normal.sample(key, *ops.split(p, 2, -1)), value_range),
)


def _location_and_scale(p):
    mean, log_scale = ops.split(p, 2, -1)
    return mean, ops.maximum(log_scale, LEAST_LOG_SCALE)


# The 256 grey levels: p holds means and log scales.
_discretized_logistic = Likelihood(
    parameters=2,
    log_prob=lambda x, p, *rest: logistic.log_prob(x, *_location_and_scale(p), *rest),
    mean=lambda p, value_range: _inside(_location_and_scale(p)[0], value_range),
    sample=lambda key, p, value_range: logistic.sample(key, *_location_and_scale(p), value_range),
    support="levels",
)


def _inside(x, value_range):
    """x, cut at the ends of the range, if there is one."""
    return x if value_range is None else ops.clip(x, *value_range)


LIKELIHOODS = {
    "bernoulli": _bernoulli,
    "cross_entropy": _cross_entropy,
    "gaussian": _gaussian,
    "discretized_logistic": _discretized_logistic,
}
