"""Laws of the latent code z: functions (key, shape) -> float32 noise of that shape.

Simple to sample, mean 0 except for `bernoulli`; which of them a generator starts
from changes little in its samples, except where the data itself has few modes.
"""

from keras import ops

from kerasgen.ops import rng


def normal(key, shape):
    """z ~ N(0, I)."""
    return rng.normal(key, shape)


def uniform(key, shape):
    """z ~ U[-1, 1), the prior of Radford et al. (2016), section 4."""
    return rng.uniform(key, shape, -1.0, 1.0)


def bernoulli(key, shape):
    """z in {0, 1}, each with probability 1/2."""
    return ops.cast(rng.integers(key, shape, 2), "float32")


def truncated_normal(key, shape):
    """z ~ N(0, I) given |z_i| <= 2, the truncation trick of Brock et al. (2019), section 3.1."""
    return rng.truncated_normal(key, shape)


PRIORS = {
    "normal": normal,
    "uniform": uniform,
    "bernoulli": bernoulli,
    "truncated_normal": truncated_normal,
}
