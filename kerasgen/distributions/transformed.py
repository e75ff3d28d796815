"""Distributions of what a bijector makes of a variable."""

import dataclasses
from typing import Any

from keras import ops

from kerasgen.distributions.base import Distribution


@dataclasses.dataclass(frozen=True)
class Transformed(Distribution):
    """x = g(z), z ~ base: log p(x) = log p_base(z) - log |det dg/dz| (Rezende & Mohamed, 2015, equation 5).

    arXiv:1505.05770. Where g is fast in one direction only, `draw` takes that of g, `log_prob` its inverse.

    Args:
        base: `Distribution` of vectors with `rsample`.
        bijector: g, of vectors (rows, d): `forward` and `inverse` give (values, log-determinants (rows,)).
    """

    base: Any
    bijector: Any

    def log_prob(self, x):
        z, log_det = self._over_rows(self.bijector.inverse, x)
        return self.base.log_prob(z) + log_det

    def sample(self, key, shape=()):
        return self._over_rows(self.bijector.forward, self.base.sample(key, shape))[0]

    def rsample(self, noise):
        return self._over_rows(self.bijector.forward, self.base.rsample(noise))[0]

    def draw(self, noise):
        z, log_p = self.base.draw(noise)
        x, log_det = self._over_rows(self.bijector.forward, z)
        return x, log_p - log_det

    def _over_rows(self, function, x):
        """A function of vectors (rows, d), of x (..., d)."""
        shape = ops.shape(x)
        values, log_det = function(ops.reshape(x, (-1, x.shape[-1])))
        return ops.reshape(values, shape), ops.reshape(log_det, shape[:-1])
