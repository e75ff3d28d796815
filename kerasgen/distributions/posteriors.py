"""Distributions q(z | x) of a code by name, made of an encoder's outputs.

Each comes with the prior that it is measured against.
"""

import dataclasses
from collections.abc import Callable

from keras import ops

from kerasgen.distributions.normal import Normal
from kerasgen.distributions.priors import StandardNormal
from kerasgen.distributions.spherical import UniformOnSphere, VonMisesFisher
from kerasgen.spaces import Box


@dataclasses.dataclass(frozen=True)
class Posterior:
    """How q(z | x) of z (..., d) is made of an encoder's outputs a (..., d) and b (..., scales(d)).

    Called with a and b it gives a `Distribution` with `rsample` and `kl`: a draw of z is a function of
    noise ~ N(0, I), (..., noise(d)), differentiable in a and b.

    Attributes:
        make: (a, b) -> q.
        prior: d -> p(z), a `Distribution` with `rsample` of the same noise; q.kl(p) is known.
        scales: d -> numbers in b.
        noise: d -> numbers of noise behind one z.
        spaces: d -> {name: space} of what `encode` gives.
        values: q -> the values of those names.
    """

    make: Callable
    prior: Callable
    scales: Callable
    noise: Callable
    spaces: Callable
    values: Callable

    def __call__(self, a, b):
        return self.make(a, b)


# The hyperspherical VAE is that of Davidson et al. (2018), arXiv:1804.00891.
POSTERIORS = {
    "normal": Posterior(
        make=Normal,
        prior=lambda d: StandardNormal((d,)),
        scales=lambda d: d,
        noise=lambda d: d,
        spaces=lambda d: {"mean": Box((d,)), "std": Box((d,))},
        values=lambda q: (q.loc, ops.exp(q.log_scale)),
    ),
    "von_mises_fisher": Posterior(
        make=VonMisesFisher,
        prior=UniformOnSphere,
        scales=lambda d: 1,
        noise=lambda d: d + 1,
        spaces=lambda d: {"mean": Box((d,)), "concentration": Box((1,))},
        values=lambda q: (q.axis, q.concentration),
    ),
}
