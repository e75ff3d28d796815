"""Laws q(z | x) of a code by name, each with the prior that it is measured against.

A law turns noise ~ N(0, I) into z ~ q, differentiably in its two parameters, so that a draw is a
function of noise that is made elsewhere.
"""

from collections.abc import Callable
from typing import NamedTuple

from keras import ops

from kerasgen.distributions import normal, spherical


class Posterior(NamedTuple):
    """One law of z (..., d) with parameters a (..., d) and b (..., scales(d)).

    Attributes:
        scales: d -> numbers in b.
        noise: d -> numbers of noise behind one z.
        names: Of what `encode` gives.
        codes: (a, b) -> the values of those names.
        draw: (noise, a, b) -> z.
        log_prob: (z, a, b) -> log q(z), nats.
        kl: (a, b) -> KL(q || p), (..., groups) nats: one column for each group of numbers
            whose divergences add up.
        log_prior: z -> log p(z), nats.
        draw_prior: noise -> z ~ p.
    """

    scales: Callable
    noise: Callable
    names: tuple
    codes: Callable
    draw: Callable
    log_prob: Callable
    kl: Callable
    log_prior: Callable
    draw_prior: Callable


# Independent normal numbers by mean and log standard deviation; p = N(0, I).
_normal = Posterior(
    scales=lambda d: d,
    noise=lambda d: d,
    names=("mean", "std"),
    codes=lambda mean, log_std: (mean, ops.exp(log_std)),
    draw=lambda noise, mean, log_std: mean + ops.exp(log_std) * noise,
    log_prob=normal.log_prob,
    kl=normal.kl_to_standard,
    log_prior=lambda z: normal.log_prob(z, 0.0, 0.0),
    draw_prior=lambda noise: noise,
)

# Points of the unit sphere by any vector in the mean's direction and log concentration; p is uniform:
# the hyperspherical VAE (Davidson et al., 2018, arXiv:1804.00891).
_von_mises_fisher = Posterior(
    scales=lambda d: 1,
    noise=lambda d: d + 1,
    names=("mean", "concentration"),
    codes=lambda a, b: (spherical.unit(a), spherical.concentration(b)),
    draw=lambda noise, a, b: spherical.draw(noise, spherical.unit(a), spherical.concentration(b)),
    log_prob=lambda z, a, b: spherical.log_prob(z, spherical.unit(a), spherical.concentration(b)),
    kl=lambda a, b: spherical.kl_to_uniform(spherical.concentration(b), a.shape[-1]),
    log_prior=lambda z: ops.zeros_like(z[..., 0]) - spherical.log_area(z.shape[-1]),
    draw_prior=lambda noise: spherical.unit(noise[..., :-1]),
)

POSTERIORS = {"normal": _normal, "von_mises_fisher": _von_mises_fisher}
