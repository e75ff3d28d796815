"""log p(x) by the probability-flow ODE, and the variational bound of ancestral sampling."""

import math

import tensorflow as tf

from kerasgen.distributions import normal
from kerasgen.ops import checks, rng
from kerasgen.samplers.ode import eps_from_x0

LEAST_LOG_SNR = -12.0  # below it an example has a share of 6e-6 of its variance, and next to no nats


def log_prob(denoise, schedule, x, times, keys, probes=1):
    """log p_t(x) in nats, (batch,), t = times[0], where p is the distribution that the ODE makes of noise.

    Along the ODE d log p / dt = -div(d x_t / dt) (Song et al., 2021, arXiv:2011.13456, section 4.3). The
    velocity is linear in the predicted example and noise, so that its divergence follows from that of the
    denoiser. Hutchinson's estimate of that is v . J v with random signs v, the same v at all times. Steps
    are Heun's, from the example to noise; at the end p is taken as N(0, sigma^2 I).

    Args:
        denoise: As in `samplers.ode`; differentiable.
        schedule: As there.
        x: Points at times[0], (batch, ...).
        times: float32 (steps + 1,), rising; sigma at the first is above 0.
        keys: (batch, 2): the signs v of a row.
        probes: Number of vectors v, >= 1, whose estimates are averaged.
    """
    checks.integer("probes", probes, 1, 2**20)
    alphas, sigmas = schedule.alpha(times), schedule.sigma(times)
    axes, size = tuple(range(1, len(x.shape))), tf.cast(tf.size(x[0]), x.dtype)
    signs = [tf.cast(_signs(keys, probe, x.shape), x.dtype) for probe in range(probes)]

    def predict(x_t, i):
        """x_0, eps, and the divergences of both."""
        divergence = 0.0
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x_t)
            x_0 = denoise(x_t, times[i])
            products = [tf.reduce_sum(v * x_0) for v in signs]
        for v, product in zip(signs, products, strict=True):
            divergence += tf.reduce_sum(v * tape.gradient(product, x_t), axes) / probes
        eps = eps_from_x0(x_t, x_0, alphas[i], sigmas[i])
        return x_0, eps, divergence, (size - alphas[i] * divergence) / sigmas[i]

    def step(i, x_t, total):
        alpha, sigma = alphas[i + 1] - alphas[i], sigmas[i + 1] - sigmas[i]  # their rises
        here = predict(x_t, i)
        there = predict(x_t + alpha * here[0] + sigma * here[1], i + 1)
        x_0, eps, x_0_divergence, eps_divergence = (a + b for a, b in zip(here, there, strict=True))
        x_t += (alpha * x_0 + sigma * eps) / 2
        return i + 1, x_t, total + (alpha * x_0_divergence + sigma * eps_divergence) / 2

    steps = times.shape[0] - 1
    start = [tf.constant(0), x, tf.zeros_like(x[(slice(None), *(0 for _ in axes))])]
    _, x, total = tf.while_loop(lambda i, *_: i < steps, step, start, parallel_iterations=1)
    return total + normal.log_prob(x, 0.0, tf.math.log(sigmas[-1]), len(axes))


def log_snr_times(schedule, steps, first):
    """Times for `bound` that are equally spaced in log SNR = 2 log(alpha / sigma): float64 (steps + 1,).

    They rise from `first` to 1. What an example costs in nats is spread over log SNR far more evenly than
    over t, where almost all of it belongs to the first few steps (Kingma et al., 2021, arXiv:2107.00630,
    section 5.1); so terms drawn uniformly from steps of equal length in log SNR have a small variance.

    Args:
        schedule: As in `samplers.ode`.
        steps: >= 1.
        first: Time in (0, 1) at which x is read off. The network does not help with that, so that it should
            be early, but not earlier than the network was trained (`objectives.diffusion.LEAST_TIME`). For
            the 256 levels of handwritten digits under the "cosine" schedule the reading costs 0.77 nat a
            number at 1e-3, 0.08 at 1e-4 and 0.0006 at 3e-5.
    """
    checks.integer("steps", steps, 1, 2**24), checks.number("first", first, 0, 1, "()")
    log_snr = lambda t: 2 * tf.math.log(schedule.alpha(t) / schedule.sigma(t))
    low, high = tf.fill([steps + 1], tf.constant(first, "float64")), tf.ones([steps + 1], "float64")
    wanted = tf.linspace(log_snr(low[0]), tf.maximum(log_snr(high[0]), LEAST_LOG_SNR), steps + 1)
    for _ in range(60):  # bisections: float64 has 52 bits
        middle = (low + high) / 2
        early = log_snr(middle) > wanted
        low, high = tf.where(early, middle, low), tf.where(early, high, middle)
    return tf.concat([[tf.constant(first, "float64")], high[1:-1], [tf.ones((), "float64")]], 0)


def bound(denoise, schedule, x, times, keys, draws=16, levels=None):
    """An unbiased estimate of a lower bound of log p(x) in nats, (batch,), for ancestral sampling.

    Kingma et al. (2021), arXiv:2107.00630, equations 2, 11 and 13, with SNR = (alpha / sigma)^2, of the
    model whose T ancestral steps go through `times`:

        -KL(q(z_T | x) || N(0, sigma_T^2 I)) + E log p(x | z_0)
            - 1/2 sum_{i=1}^T (SNR(t_i-1) - SNR(t_i)) E |x - denoise(z_i, t_i)|^2.

    The sum is estimated from `draws` of its terms and one z_i each. The T indices are cut into as many
    strata of equal length T / draws; of each, one index is drawn uniformly, and its term is multiplied by the
    length. An index is thus drawn with an expected frequency of draws / T and weighed by the inverse of it,
    so that the expectation is the sum itself, whatever the times are. With `log_snr_times` the draws are
    uniform in log SNR, which only lowers the variance.

    This is the bound in T steps. As T grows it rises to that in continuous time (equation 15): with
    `log_snr_times` the sum exceeds its limit by half a step in log SNR, a share of about 12 / T. The cost of
    the estimate does not depend on T, only on `draws`.

    The draws of different examples are independent, so that the standard deviation of n values over sqrt(n)
    is the standard error of their mean, with both the choice of examples and the draws in it.

    Args:
        denoise: (x_t, t (batch,)) -> the predicted example.
        schedule: As in `samplers.ode`.
        x: Examples (batch, ...).
        times: float32 or float64 (T + 1,), rising to 1; sigma at the first is above 0. The schedule is
            computed in their type: float64 if steps are so short that float32 could not tell their SNR apart.
        keys: (batch, 2): what row i draws.
        draws: Evaluations for each example, 1 to T.
        levels: None where p(x | z_0) = N(x; z_0 / alpha, sigma / alpha), a density; or the values
            of a number of x, float32 (L,), one of which it is: the same density normalized over them
            (equation 8), a probability.
    """
    alphas, sigmas = schedule.alpha(times), schedule.sigma(times)
    steps, axes = times.shape[0] - 1, tuple(range(1, len(x.shape)))
    checks.integer("draws", draws, 1, steps)
    wide = (-1,) + (1,) * len(axes)
    drops = tf.square(alphas[:-1] / sigmas[:-1]) - tf.square(alphas[1:] / sigmas[1:])
    alphas, sigmas, drops, times = (tf.cast(values, x.dtype) for values in (alphas, sigmas, drops, times))
    normal_of = lambda key: rng.normal(key, tuple(x.shape[1:]))

    def term(total, draw):
        u = rng.by_row(lambda key: rng.uniform(rng.step(key, "time", draw), ()), keys)
        i = tf.cast(tf.floor((tf.cast(draw, "float32") + u) * (steps / draws)), "int32")
        i = tf.minimum(i, steps - 1)
        pick = lambda values: tf.reshape(tf.gather(values, i + 1), wide)
        x_t = pick(alphas) * x + pick(sigmas) * rng.by_row(
            lambda key: normal_of(rng.step(key, "noise_of_time", draw)), keys
        )
        error = tf.reduce_sum(tf.square(x - denoise(x_t, tf.gather(times, i + 1))), axes)
        return total + tf.gather(drops, i) * error

    zero = tf.zeros_like(x[(slice(None), *(0 for _ in axes))])
    loop = lambda draw, total: (draw + 1, term(total, draw))
    _, total = tf.while_loop(lambda draw, _: draw < draws, loop, [0, zero], parallel_iterations=1)
    prior = 0.5 * tf.reduce_sum(tf.square(alphas[-1] / sigmas[-1] * x), axes)
    std = sigmas[0] / alphas[0]
    noise = rng.by_row(lambda key: normal_of(rng.stream(key, "read_out")), keys)
    read = _log_reading(x + std * noise, x, std, levels)
    return tf.reduce_sum(read, axes) - prior - 0.5 * (steps / draws) * total


def _log_reading(z, x, std, levels):
    """log N(x; z, std^2) of each number, over all values or normalized over `levels`."""
    log_p = lambda x, z: -0.5 * tf.square((x - z) / std)
    if levels is None:
        return log_p(x, z) - tf.math.log(std) - 0.5 * math.log(2 * math.pi)
    return log_p(x, z) - tf.reduce_logsumexp(log_p(levels, z[..., None]), axis=-1)


def _signs(keys, probe, shape):
    """v = +-1, (batch, ...): row i from keys[i]."""
    draw = lambda key: tf.sign(rng.uniform(rng.step(key, "probe", probe), tuple(shape[1:]), -1.0, 1.0))
    return rng.by_row(draw, keys)
