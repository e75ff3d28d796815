"""Distributions of the latent code z, by the shape of z.

Simple to sample, of mean 0 except for "bernoulli"; which of them a generator starts
from changes little in its samples, except where the data itself has few modes.
"""

import dataclasses
import math

from keras import ops

from kerasgen.distributions import normal
from kerasgen.distributions.base import Distribution
from kerasgen.ops import rng


@dataclasses.dataclass(frozen=True)
class Prior(Distribution):
    """Independent numbers, all with the same distribution.

    Args:
        shape: Of z.
    """

    shape: tuple

    def log_prob(self, x):
        return normal.over_event(self.each(x), len(self.shape))

    def mean(self):
        return ops.zeros(self.shape)

    def each(self, x):
        """Nats of each number of x."""
        raise NotImplementedError


class StandardNormal(Prior):
    """z ~ N(0, I)."""

    loc = log_scale = 0.0

    def each(self, x):
        return normal.log_prob(x, self.loc, self.log_scale, 0)

    def sample(self, key, shape=()):
        return self.rsample(rng.normal(key, (*shape, *self.shape)))

    def rsample(self, noise):
        return noise


class Logistic(Prior):
    """z of independent standard logistic numbers: the prior of NICE, arXiv:1410.8516, section 3.4."""

    def each(self, x):
        """-log(1 + exp(x)) - log(1 + exp(-x)): section 3.4."""
        return -ops.softplus(x) - ops.softplus(-x)

    def sample(self, key, shape=()):
        u = rng.uniform(key, (*shape, *self.shape))
        return ops.log(u) - ops.log1p(-u)


class Uniform(Prior):
    """z ~ U[-1, 1), the prior of Radford et al. (2016), arXiv:1511.06434, section 4."""

    def each(self, x):
        return _where(ops.abs(x) <= 1, -math.log(2))

    def sample(self, key, shape=()):
        return rng.uniform(key, (*shape, *self.shape), -1.0, 1.0)


class FairBits(Prior):
    """z in {0, 1}, each with probability 1/2."""

    def each(self, x):
        return _where((x == 0) | (x == 1), -math.log(2))

    def sample(self, key, shape=()):
        return ops.cast(rng.integers(key, (*shape, *self.shape), 2), "float32")

    def mean(self):
        return ops.full(self.shape, 0.5)


class TruncatedNormal(Prior):
    """z ~ N(0, I) given |z_i| <= 2: the truncation trick.

    Brock et al. (2019), arXiv:1809.11096, section 3.1.
    """

    def each(self, x):
        inside = normal.log_prob(x, 0.0, 0.0, 0) - math.log(math.erf(2**0.5))
        return _where(ops.abs(x) <= 2, inside)

    def sample(self, key, shape=()):
        return rng.truncated_normal(key, (*shape, *self.shape))


def _where(inside, values):
    """`values` where x can be, elsewhere log 0."""
    return ops.where(inside, values, -math.inf)


PRIORS = {
    "normal": StandardNormal,
    "logistic": Logistic,
    "uniform": Uniform,
    "bernoulli": FairBits,
    "truncated_normal": TruncatedNormal,
}
