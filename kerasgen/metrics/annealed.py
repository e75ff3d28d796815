"""Annealed importance sampling: log p(x) of a decoder, in steps from its prior to its posterior."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from kerasgen.errors import InvalidDataError
from kerasgen.metrics.arrays import array
from kerasgen.metrics.likelihood import effective_sample_size, importance
from kerasgen.ops import checks, rng

TARGET = 0.65  # acceptance at which HMC costs least: Beskos et al. (2013), arXiv:1001.4460
ADAPTATION = 0.05  # change of log step size per unit of acceptance away from the target


class AnnealedEstimate(NamedTuple):
    """Per example, shape (batch,): nats, the mean rate of accepted moves, effective chains."""

    log_likelihood: np.ndarray
    acceptance: np.ndarray
    effective_sample_size: np.ndarray


def sigmoid_schedule(temperatures, sharpness=4.0):
    """beta_t in [0, 1], t = 0..T, dense at both ends: float64, shape (T + 1,).

        s_t = sigmoid(delta (2 t / T - 1)),  beta_t = (s_t - s_0) / (s_T - s_0)

    Args:
        temperatures: T >= 1.
        sharpness: delta > 0; 4 in the program of Wu et al. (2017), arXiv:1611.04273.

    Raises:
        ValueError, TypeError: An argument out of its range.
    """
    temperatures = checks.integer("temperatures", temperatures, 1, 2**24)
    rise = np.tanh(checks.positive("sharpness", sharpness) / 2 * np.linspace(-1, 1, temperatures + 1))
    return (rise - rise[0]) / (rise[-1] - rise[0])


def ais(
    decode, x, latent_dim, sigma, key, temperatures=1000, chains=16, leapfrog=10, step_size=0.1, pilots=4
):
    """Estimates log p(x) for z ~ N(0, I), x | z ~ N(decode(z), sigma^2 I), per example in nats.

    Each chain starts at a draw of the prior and moves by one HMC transition at each of the
    densities f_t(z) = p(z) p(x | z)^beta_t, gathering w = prod_t f_t(z_t-1) / f_t-1(z_t-1). The
    mean of w over chains has expectation p(x), its logarithm one that is not above log p(x). With
    an effective sample size of n its standard error is about sqrt(1 / n - 1 / chains); n near 1
    asks for more temperatures.

    Step sizes, one an example, follow the acceptance of `pilots` further chains, whose weights
    are thrown away. A chain that set its own step would no longer leave f_t as it is: that
    put the estimates 0.05 to 0.16 nat too high in one and three dimensions at T = 1000.

    Neal (2001), arXiv:physics/9803008; Wu et al. (2017), arXiv:1611.04273, where 10,000
    temperatures and 16 chains were used on MNIST. A new `decode` is traced anew, so pass the
    same object for every batch.

    Args:
        decode: Differentiable function of z, (n, latent_dim), to means (n, *event_shape).
        x: Examples (batch, *event_shape) in the range of `decode`.
        latent_dim: Length of z.
        sigma: Standard deviation of the observation noise, > 0.
        key: A key of `kerasgen.ops.rng`.
        temperatures: T, the steps of `sigmoid_schedule` from prior to posterior.
        chains: Independent chains an example; batch * (chains + pilots) run at once.
        leapfrog: Leapfrog steps a transition.
        step_size: The first step size, > 0.
        pilots: Chains an example that steer the step size to an acceptance of 0.65; 0 keeps it.

    Raises:
        InvalidDataError, ValueError, TypeError: `x` empty, not finite or unlike what
            `decode` returns; a number out of its range.
    """
    checks.function("decode", decode)
    x, betas = array("x", x), sigmoid_schedule(temperatures)
    latent_dim = checks.integer("latent_dim", latent_dim, 1, 2**31)
    leapfrog = checks.integer("leapfrog", leapfrog, 1, 2**31)
    pilots = checks.integer("pilots", pilots, 0, 2**31)
    rows = pilots + checks.integer("chains", chains, 1, 2**31)
    numbers = checks.positive("sigma", sigma), checks.positive("step_size", step_size)
    rng.check_key("key", key)
    _check_decoder(decode, x, latent_dim)
    start, key = rng.split(key, 2)
    z = rng.normal(start, (rows * len(x), latent_dim))
    numbers = [tf.constant(value, "float32") for value in numbers]
    each = _anneal(decode, tf.constant(x, "float32"), z, tf.constant(betas), leapfrog, pilots, key, *numbers)
    log_weights, accepted = (np.reshape(part, (rows, len(x)))[pilots:] for part in each)
    constant = x[0].size * np.log(sigma * (2 * np.pi) ** 0.5)  # of the likelihood: no part of the path
    log_p, effective = importance(log_weights) - constant, effective_sample_size(log_weights)
    return AnnealedEstimate(log_p, accepted.mean(0) / temperatures, effective)


class _Point(NamedTuple):
    """z (n, latent_dim), -|x - decode(z)|^2 / (2 sigma^2) (n,), and its gradient in z."""

    z: tf.Tensor
    value: tf.Tensor
    slope: tf.Tensor


@tf.function(autograph=False, reduce_retracing=True)
def _anneal(decode, x, z, betas, leapfrog, pilots, key, sigma, step):
    """Log-weights without the likelihood's constant, float64 (n,), and numbers of accepted moves (n,).

    Row r * batch + i of z is chain r of example i; chains r < pilots steer the step sizes.
    """
    batch, n = tf.shape(x)[0], tf.shape(z)[0]
    target = tf.tile(x, [n // batch] + [1] * (len(x.shape) - 1))

    def point(z):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(z)
            residual = (target - tf.cast(decode(z), "float32")) / sigma
            value = -0.5 * tf.reduce_sum(residual**2, axis=tuple(range(1, len(x.shape))))
        return _Point(z, value, tape.gradient(value, z, unconnected_gradients="zero"))

    def body(t, here, log_weight, accepted, step):
        log_weight += (betas[t] - betas[t - 1]) * tf.cast(here.value, "float64")
        beta, steps = tf.cast(betas[t], "float32"), tf.tile(step, [n // batch])
        here, accept, chance = _hmc(point, here, beta, steps, leapfrog, rng.fold_in(key, t))
        if pilots:
            chance = tf.reduce_mean(tf.reshape(chance, (-1, batch))[:pilots], axis=0)
            step *= tf.exp(ADAPTATION * (chance - TARGET))
        return t + 1, here, log_weight, accepted + tf.cast(accept, "float32"), step

    zeros = tf.zeros_like(z[:, 0])
    state = (1, point(z), tf.cast(zeros, "float64"), zeros, tf.fill([batch], step))
    state = tf.while_loop(lambda t, *_: t < tf.size(betas), body, state)
    return state[2], state[3]


def _hmc(point, here, beta, steps, leapfrog, key):
    """One transition that leaves N(z; 0, I) exp(beta value(z)) as it is: (point, accepted, chance)."""
    jitter_key, momentum_key, accept_key = rng.split(key, 3)
    n = tf.shape(steps)
    # A step of fixed length may go once around a Gaussian's orbit and end where it began.
    steps *= rng.uniform(jitter_key, n, 0.8, 1.2)
    momentum = rng.normal(momentum_key, tf.shape(here.z))
    there, end = _leapfrog(point, here, momentum, beta, steps[:, None], leapfrog)
    log_ratio = _log_joint(there, end, beta) - _log_joint(here, momentum, beta)
    log_ratio = tf.where(tf.math.is_finite(log_ratio), log_ratio, -np.inf)  # a path that diverged
    accept = tf.math.log(rng.uniform(accept_key, n)) < log_ratio
    column = accept[:, None]
    here = _Point(
        tf.where(column, there.z, here.z),
        tf.where(accept, there.value, here.value),
        tf.where(column, there.slope, here.slope),
    )
    return here, accept, tf.exp(tf.minimum(log_ratio, 0.0))


def _log_joint(at, momentum, beta):
    return beta * at.value - 0.5 * tf.reduce_sum(at.z**2 + momentum**2, axis=1)


def _leapfrog(point, here, momentum, beta, step, leapfrog):
    """`leapfrog` steps of length `step` (n, 1) along the flow of the energy: (point, momentum)."""

    def body(here, momentum):
        momentum += step / 2 * (beta * here.slope - here.z)
        here = point(here.z + step * momentum)
        return here, momentum + step / 2 * (beta * here.slope - here.z)

    return tf.while_loop(lambda *_: True, body, (here, momentum), maximum_iterations=leapfrog)


def _check_decoder(decode, x, latent_dim):
    shape = tuple(decode(tf.zeros((1, latent_dim))).shape[1:])
    if x.ndim < 2 or x.shape[1:] != shape:
        raise InvalidDataError(
            f"`x` must have the shape that `decode` returns, (batch, {', '.join(map(str, shape))}). "
            f"Received: shape {x.shape}."
        )
