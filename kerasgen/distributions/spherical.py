"""The von Mises-Fisher distribution on the unit sphere of R^d, d >= 2: a direction and a concentration, nats.

    log vMF(z; mean, kappa) = kappa mean . z - log C(kappa),
    C(kappa) = A int_0^pi exp(kappa cos t) sin^{d-2} t dt,

A the area of the unit sphere of R^{d-1}, t the angle between z and the mean. Integrals over t are sums on
a grid; a draw inverts the summed distribution function of t, so that it is a function of noise,
differentiable in kappa without the correction that rejection needs (Davidson et al., 2018,
arXiv:1804.00891, section 3).
"""

import dataclasses
import math
from typing import Any

from keras import ops

from kerasgen.distributions.base import Distribution
from kerasgen.ops import checks, rng

CELLS = 512  # of the grid
REACH = 9.0  # of the grid, in standard deviations about the likeliest angle
MOST_DIM = 2**20
LEAST, MOST = 1e-3, 1e4  # concentrations


@dataclasses.dataclass(frozen=True)
class VonMisesFisher(Distribution):
    """vMF(axis, concentration).

    Args:
        direction: Any vector in the direction of the mean, (*batch, d).
        log_concentration: (*batch, 1); the concentration is held within [1e-3, 1e4].
    """

    direction: Any
    log_concentration: Any

    @property
    def axis(self):
        return unit(self.direction)

    @property
    def concentration(self):
        return concentration(self.log_concentration)

    def log_prob(self, x):
        return log_prob(x, self.axis, self.concentration)

    def sample(self, key, shape=()):
        *batch, dim = ops.shape(self.direction)
        return self.rsample(rng.normal(key, (*shape, *batch, dim + 1)))

    def mean(self):
        """E[z] = E[cos t] axis."""
        return mean_cosine(self.concentration, self.direction.shape[-1])[..., None] * self.axis

    def rsample(self, noise):
        return draw(noise, self.axis, self.concentration)

    def kl(self, other):
        """KL to the uniform distribution on the same sphere: (*batch, 1)."""
        return kl_to_uniform(self.concentration, other.dim)


@dataclasses.dataclass(frozen=True)
class UniformOnSphere(Distribution):
    """All directions alike.

    Args:
        dim: d >= 2, numbers of z.
    """

    dim: int

    def log_prob(self, x):
        return ops.zeros_like(x[..., 0]) - log_area(self.dim)

    def sample(self, key, shape=()):
        return self.rsample(rng.normal(key, (*shape, self.dim + 1)))

    def mean(self):
        return ops.zeros(self.dim)

    def rsample(self, noise):
        """The direction of all numbers of the noise but the last, as many as `VonMisesFisher` takes."""
        return unit(noise[..., :-1])


def unit(x):
    """x / |x| along the last axis."""
    return x * ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis=-1, keepdims=True), 1e-24))


def concentration(log_kappa):
    """exp(log_kappa), held within [1e-3, 1e4]."""
    return ops.exp(ops.clip(log_kappa, math.log(LEAST), math.log(MOST)))


def log_area(dim):
    """log of the area 2 pi^{d/2} / Gamma(d/2) of the unit sphere of R^d."""
    checks.integer("dim", dim, 1, MOST_DIM)
    return math.log(2) + dim / 2 * math.log(math.pi) - math.lgamma(dim / 2)


def log_prob(z, mean, kappa):
    """log vMF(z; mean, kappa), the shape of z without its last axis.

    Args:
        z, mean: Unit vectors (..., d).
        kappa: Concentrations (..., 1), in [1e-3, 1e4].
    """
    _, log_mass, _ = _angles(kappa, z.shape[-1])
    return kappa[..., 0] * (ops.sum(mean * z, axis=-1) - 1) - log_mass - log_area(z.shape[-1] - 1)


def kl_to_uniform(kappa, dim):
    """KL(vMF(mean, kappa) || U) = kappa E[cos t] - log C + log of the sphere's area: (..., 1)."""
    checks.integer("dim", dim, 2, MOST_DIM)
    angle, log_mass, shares = _angles(kappa, dim)
    rise = kappa[..., 0] * (_mean_cosine(angle, shares) - 1)
    return (rise - log_mass - log_area(dim - 1) + log_area(dim))[..., None]


def mean_cosine(kappa, dim):
    """E[cos t] of vMF(., kappa (..., 1)): the length of its mean, (...,)."""
    angle, _, shares = _angles(kappa, dim)
    return _mean_cosine(angle, shares)


def _mean_cosine(angle, shares):
    middle = ops.cos((angle[..., 1:] + angle[..., :-1]) / 2)
    return ops.sum(shares * middle, axis=-1)


def draw(noise, mean, kappa):
    """z ~ vMF(mean, kappa), of the shape of `mean`, from noise ~ N(0, I) of shape (..., d + 1).

    The last number of the noise gives the angle, the others a direction orthogonal to the mean.
    """
    angle, _, shares = _angles(kappa, mean.shape[-1])
    u = 0.5 * ops.erfc(-noise[..., -1:] / math.sqrt(2))  # uniform
    ends = ops.cumsum(shares, axis=-1)
    cell = ops.minimum(ops.sum(ops.cast(ends < u, "int32"), axis=-1, keepdims=True), CELLS - 1)
    at = lambda values: ops.take_along_axis(values + 0 * u, cell, axis=-1)
    part = 1 - (at(ends) - u) / ops.maximum(at(shares), 1e-30)
    t = at(angle[..., :-1]) + ops.clip(part, 0, 1) * (angle[..., 1:2] - angle[..., :1])
    free = noise[..., :-1]
    free = unit(free - ops.sum(free * mean, axis=-1, keepdims=True) * mean)
    return unit(ops.cos(t) * mean + ops.sin(t) * free)


def _angles(kappa, dim):
    """What the grid over t says of vMF(., kappa (..., 1)).

    It covers `REACH` standard deviations about the likeliest angle, where
    cos t = w, kappa (1 - w^2) = (d - 2) w, and the curvature is kappa (w + 1 / w).

    Returns:
        The grid (..., CELLS + 1); log of int exp(kappa (cos t - 1)) sin^{d-2} t dt, (...,); the
        share of it in each cell, (..., CELLS).
    """
    n, k = dim - 2, ops.stop_gradient(kappa)
    w = 2 * k / (n + ops.sqrt(n**2 + 4 * ops.square(k)))
    mode = ops.arcsin(ops.sqrt(n * w / k))
    reach = REACH * ops.rsqrt(k * (w + 1 / w))
    low, high = ops.maximum(mode - reach, 0.0), ops.minimum(mode + reach, math.pi)
    angle = low + (high - low) * ops.linspace(0.0, 1.0, CELLS + 1)
    log_f = -2 * kappa * ops.square(ops.sin(angle / 2))  # kappa (cos t - 1)
    log_f += n * ops.log(ops.maximum(ops.sin(angle), 1e-12))
    top = ops.stop_gradient(ops.max(log_f, axis=-1, keepdims=True))
    f = ops.exp(log_f - top)
    cells = (f[..., 1:] + f[..., :-1]) / 2
    total = ops.sum(cells, axis=-1, keepdims=True)
    log_mass = top + ops.log(total * (high - low) / CELLS)
    return angle, log_mass[..., 0], cells / total
