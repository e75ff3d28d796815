"""f-divergences D_f(P || Q) = E_Q f(p / q), and the lower bounds that a discriminator finds of them.

Nowozin et al. (2016), f-GAN, arXiv:1606.00709, equation 4: for every function T,

    D_f(P || Q) >= E_P T(x) - E_Q f*(T(x)),       f*(t) = sup_u u t - f(u),

with equality at T = f'(p / q). A discriminator's logit v becomes T = g(v) by an increasing function g onto
the domain of f* (Table 2; that of Neyman's with -v for v, so that it increases).
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from keras import ops

MOST = 30.0  # beyond it an exponential goes on as a straight line, so that losses stay finite


def _exp(x):
    """e^x, convex and finite everywhere: above `MOST` its tangent."""
    inside = ops.minimum(x, MOST)
    return ops.exp(inside) * (1 + x - inside)


class Divergence(NamedTuple):
    """One f-divergence.

    Attributes:
        f: u > 0 -> f(u), convex with f(1) = 0.
        real: Logit v -> T = g(v).
        fake: Logit v -> f*(g(v)).
        logit: Ratio u = p / q > 0 -> the logit at which the bound is tight, g(v) = f'(u).
    """

    f: Callable
    real: Callable
    fake: Callable
    logit: Callable

    def bound(self, real, fake):
        """E_P g(v) - E_Q f*(g(v)) of logits of real and of generated examples: a scalar in nats."""
        return ops.mean(self.real(real)) - ops.mean(self.fake(fake))


# KL(P || Q).
kl = Divergence(
    f=lambda u: u * ops.log(u),
    real=lambda v: v,
    fake=lambda v: _exp(v - 1),
    logit=lambda u: 1 + ops.log(u),
)

# KL(Q || P).
reverse_kl = Divergence(
    f=lambda u: -ops.log(u),
    real=lambda v: -_exp(-v),
    fake=lambda v: v - 1,
    logit=ops.log,
)

# E_Q (p / q - 1)^2.
pearson = Divergence(
    f=lambda u: ops.square(u - 1),
    real=lambda v: v,
    fake=lambda v: ops.square(v) / 4 + v,
    logit=lambda u: 2 * (u - 1),
)

# E_P (q / p - 1)^2.
neyman = Divergence(
    f=lambda u: ops.square(u - 1) / u,
    real=lambda v: 1 - _exp(-v),
    fake=lambda v: 2 - 2 * _exp(-v / 2),
    logit=lambda u: 2 * ops.log(u),
)

# E_Q (sqrt(p / q) - 1)^2, the squared Hellinger distance.
hellinger = Divergence(
    f=lambda u: ops.square(ops.sqrt(u) - 1),
    real=lambda v: 1 - _exp(-v),
    fake=lambda v: _exp(v) - 1,
    logit=lambda u: ops.log(u) / 2,
)

# Twice the Jensen-Shannon divergence: at most 2 log 2.
jensen_shannon = Divergence(
    f=lambda u: u * ops.log(u) - (u + 1) * ops.log((u + 1) / 2),
    real=lambda v: math.log(2) - ops.softplus(-v),
    fake=lambda v: ops.softplus(v) - math.log(2),
    logit=ops.log,
)

DIVERGENCES = {
    "kl": kl,
    "reverse_kl": reverse_kl,
    "pearson": pearson,
    "neyman": neyman,
    "hellinger": hellinger,
    "jensen_shannon": jensen_shannon,
}
