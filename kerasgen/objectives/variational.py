"""Lower bounds of log p(x) from draws z ~ q(z | x): nats, one number an example.

`log_likelihood` is log p(x | z), shape (k, batch), k draws for each example; `kl` is
KL(q(z | x) || p(z)), shape (batch, groups), one column for each group of latents whose
divergences add up.
"""

import math
from typing import Any, NamedTuple

from keras import ops


class Terms(NamedTuple):
    """What the bounds are made of, in nats, for k draws z ~ q(z | x) of each example.

    Attributes:
        log_likelihood: log p(x | z), (k, batch).
        log_prior: log p(z), (k, batch).
        log_posterior: log q(z | x), (k, batch).
        kl: KL(q(z | x) || p(z)) of each group of latents, (batch, groups).
    """

    log_likelihood: Any
    log_prior: Any
    log_posterior: Any
    kl: Any


def elbo(log_likelihood, kl, weight=1.0):
    """E_q[log p(x | z)] - weight KL(q(z | x) || p(z)), the mean over k draws: shape (batch,).

    Kingma & Welling (2014), arXiv:1312.6114, equation 7. A weight other than 1 is the beta of
    beta-VAE (Higgins et al., 2017, equation 4) or part of a warm-up; below 1 it is no bound.
    """
    return ops.mean(log_likelihood, axis=0) - weight * ops.sum(kl, axis=-1)


def log_weights(log_likelihood, log_prior, log_posterior, weight=1.0):
    """log w = log p(x | z) + weight (log p(z) - log q(z | x)), all of shape (k, batch)."""
    return log_likelihood + weight * (log_prior - log_posterior)


def importance_bound(log_weights):
    """log 1/k sum_i w_i, shape (batch,): at most log p(x) in expectation, and rising with k.

    Burda et al. (2016), arXiv:1509.00519, equation 8; k = 1 is the ELBO with a sampled KL.
    """
    return ops.logsumexp(log_weights, axis=0) - math.log(log_weights.shape[0])


def resample(log_weights, uniform):
    """The index of one draw an example, i with probability w_i / sum_j w_j: int32, shape (batch,).

    grad log p(x, z_i) / q(z_i | x) has then the gradient of `importance_bound` as its expectation.

    Args:
        log_weights: log w, (k, batch).
        uniform: Numbers in (0, 1), (batch,).
    """
    shares = ops.cumsum(ops.softmax(log_weights, axis=0), axis=0)
    below = ops.sum(ops.cast(shares < uniform, "int32"), axis=0)
    return ops.minimum(below, log_weights.shape[0] - 1)  # shares may end below 1 by rounding


def free_bits(kl, least):
    """kl where a group's mean over the batch exceeds `least` nats, else the constant `least`.

    The sum over groups has the mean sum_j max(least, E_batch[kl_j]) over the batch, and its
    gradient: a group is left alone until it costs more than `least`. Kingma et al. (2016),
    arXiv:1606.04934, equation 15. Shape (batch, groups), as `kl`.
    """
    return ops.where(ops.mean(kl, axis=0) > least, kl, least)


def warm_up(step, steps):
    """min(1, step / steps), the share of the KL at train step `step`; 1 where `steps` is 0.

    Soenderby et al. (2016), arXiv:1602.02282, section 2.3.
    """
    return ops.minimum(1.0, ops.cast(step, "float32") / steps) if steps else 1.0
