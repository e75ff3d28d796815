"""The partition function of a restricted Boltzmann machine by annealed importance sampling."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf
from keras import ops

from kerasgen.metrics.annealed import sigmoid_schedule
from kerasgen.metrics.likelihood import effective_sample_size, importance
from kerasgen.ops import rng

LEAST = 0.01  # of the means of independent bits from which chains begin


class LogPartition(NamedTuple):
    """log Z in nats, its standard error, and how many of the chains count."""

    value: float
    standard_error: float
    effective_sample_size: float


def log_partition(energy, key, temperatures, chains, anneal):
    """Estimates log Z: Salakhutdinov & Murray (2008), doi:10.1145/1390156.1390266, section 4.1.

    Chains begin at independent bits of the data's means, whose log-odds are a, and pass through

        f_beta(v) = exp((1 - beta) a.v + beta b.v) prod_j (1 + exp(beta (c_j + v W_j))),

    one Gibbs step each, gathering w = prod_t f_t(v_t-1) / f_t-1(v_t-1). The mean of w has the expectation
    Z / Z_0, with log Z_0 = sum_i log(1 + exp(a_i)) + hidden log 2, so that in expectation the logarithm is
    not above log Z, and log p(x) not below the truth. The standard error is sqrt(1 / n - 1 / chains) with n
    effective chains.

    Args:
        energy: `BipartiteEnergy`.
        key: A key of `kerasgen.ops.rng`.
        temperatures: T >= 1, steps of `metrics.annealed.sigmoid_schedule`.
        chains: Number of chains, 2 or more.
        anneal: The function below, or a graph of it for this energy.
    """
    betas = tf.constant(sigmoid_schedule(temperatures), "float32")
    log_weights, log_start = (np.asarray(part, "float64") for part in anneal(energy, key, betas, chains))
    effective = float(effective_sample_size(log_weights))
    error = max(1 / max(effective, 1e-9) - 1 / chains, 0.0) ** 0.5
    return LogPartition(float(importance(log_weights) + log_start), error, effective)


def anneal(energy, key, betas, chains):
    """(log w of each chain, float64 (chains,), log Z_0)."""
    means = ops.clip(energy.means, LEAST, 1 - LEAST)
    start = ops.log(means) - ops.log1p(-means)
    start_key, walk_key = rng.split(key, 2)
    v = ops.cast(rng.uniform(start_key, (chains, energy.visible)) < means, "float32")

    def log_f(beta, v, logits):
        bias = (1 - beta) * start + beta * energy.visible_bias
        return tf.linalg.matvec(v, bias) + ops.sum(ops.softplus(beta * logits), axis=-1)

    def step(t, v, total):
        beta, logits = betas[t], energy.hidden_logits(v)
        total += tf.cast(log_f(beta, v, logits) - log_f(betas[t - 1], v, logits), "float64")
        u = rng.uniform(rng.fold_in(walk_key, t), (chains, energy.hidden + energy.visible))
        h = ops.cast(u[:, : energy.hidden] < ops.sigmoid(beta * logits), "float32")
        v_logits = (1 - beta) * start + beta * energy.visible_logits(h)
        return t + 1, ops.cast(u[:, energy.hidden :] < ops.sigmoid(v_logits), "float32"), total

    zeros = tf.zeros([chains], "float64")
    _, _, log_weights = tf.while_loop(lambda t, *_: t < tf.size(betas), step, (tf.constant(1), v, zeros))
    return log_weights, ops.sum(ops.softplus(start)) + energy.hidden * ops.log(2.0)
