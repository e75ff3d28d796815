"""Lower bounds of log p(x) from draws z ~ q(z | x), in nats, one number for each example.

Quantities of single draws have shape (k, batch), k draws for each example. `kl` has shape (batch, groups),
one column for each group of latent variables, whose divergences add up.
"""

import math
from typing import Any, NamedTuple

from keras import ops

from kerasgen.ops import checks


class Terms(NamedTuple):
    """The terms of the bounds, in nats, for k draws z ~ q(z | x) of each example.

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

    Kingma & Welling (2014), arXiv:1312.6114, equation 7.

    Args:
        log_likelihood: log p(x | z) in nats, (k, batch).
        kl: KL(q(z | x) || p(z)) in nats, (batch, groups).
        weight: >= 0; other than 1 it is the beta of beta-VAE (Higgins et al., 2017, equation 4) or that of a
            warm-up. Below 1 the result is not a lower bound.
    """
    _check_weight(weight)
    return ops.mean(log_likelihood, axis=0) - weight * ops.sum(kl, axis=-1)


def log_weights(log_likelihood, log_prior, log_posterior, weight=1.0):
    """log w = log p(x | z) + weight (log p(z) - log q(z | x)), the log importance weights: (k, batch).

    Args:
        log_likelihood, log_prior, log_posterior: Log-densities in nats, (k, batch) each.
        weight: As in `elbo`.
    """
    _check_weight(weight)
    return log_likelihood + weight * (log_prior - log_posterior)


def importance_bound(log_weights):
    """log(1/k sum_i w_i), shape (batch,): in expectation at most log p(x), and closer to it for larger k.

    Burda et al. (2016), arXiv:1509.00519, equation 8; k = 1 is the ELBO with a sampled KL.

    Args:
        log_weights: log w in nats, (k, batch).
    """
    return ops.logsumexp(log_weights, axis=0) - math.log(log_weights.shape[0])


def resample(log_weights, uniform):
    """Draws an index i for each example with probability w_i / sum_j w_j: int32, shape (batch,).

    The expectation of grad log(p(x, z_i) / q(z_i | x)) is then the gradient of `importance_bound`.

    Args:
        log_weights: log w in nats, (k, batch).
        uniform: Uniform numbers in (0, 1), (batch,).
    """
    shares = ops.cumsum(ops.softmax(log_weights, axis=0), axis=0)
    below = ops.sum(ops.cast(shares < uniform, "int32"), axis=0)
    return ops.minimum(below, log_weights.shape[0] - 1)  # shares may end below 1 by rounding


def free_bits(kl, least, weight=None):
    """kl where the mean of a group over the batch exceeds `least` nats, else the constant `least`.

    The mean over the batch of the sum over groups is sum_j max(least, E_batch[kl_j]), and so is its
    gradient: no group is penalized until it costs more than `least`. Kingma et al. (2016),
    arXiv:1606.04934, equation 15.

    Args:
        kl: KL(q(z | x) || p(z)) in nats, (batch, groups).
        least: In nats for each group, >= 0.
        weight: Of each example in the mean over the batch, (batch,); None for equal ones.
    """
    checks.number("least", least, 0)
    if weight is None:
        average = ops.mean(kl, axis=0)
    else:
        average = ops.sum(weight[:, None] * kl, axis=0) / ops.sum(weight)
    return ops.where(average > least, kl, least)


def warm_up(step, steps):
    """min(1, step / steps), the weight of the KL at training step `step`; 1 where `steps` is 0.

    Soenderby et al. (2016), arXiv:1602.02282, section 2.3.

    Args:
        step: Number of steps taken, >= 0.
        steps: Length of the warm-up, >= 0.
    """
    checks.integer("steps", steps, 0, 2**31 - 1)
    return ops.minimum(1.0, ops.cast(step, "float32") / steps) if steps else 1.0


def _check_weight(weight):
    """Refuses a weight that is no number >= 0; that of a warm-up is a tensor, which is taken."""
    if not ops.is_tensor(weight):
        checks.number("weight", weight, 0)
