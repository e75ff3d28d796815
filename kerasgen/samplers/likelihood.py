"""log p(x) by the probability-flow ODE, and the variational bound of what ancestral steps make."""

import math

import tensorflow as tf

from kerasgen.distributions import normal
from kerasgen.ops import rng
from kerasgen.samplers.ode import noise_of


def log_prob(denoise, schedule, x, times, keys, probes=1):
    """log p_t(x) in nats, (batch,), t = times[0], where p is what the ODE makes of noise.

    Along the ODE d log p / dt = -div(d x_t / dt) (Song et al., 2021, arXiv:2011.13456, section
    4.3). The flow is linear in the example seen and in the noise, so that its divergence needs that
    of the denoiser alone; Hutchinson's estimate of it is v . J v with v = +-1, the same v from end
    to end. Steps are Heun's, from the example to noise; at the end p is taken as N(0, sigma^2 I).

    Args:
        denoise: As in `samplers.ode`; differentiable.
        schedule: As there.
        x: Points at times[0], (batch, ...).
        times: float32 (steps + 1,), rising; sigma at the first is above 0.
        keys: (batch, 2): the signs v of a row.
        probes: Vectors v >= 1, averaged.
    """
    alphas, sigmas = schedule.alpha(times), schedule.sigma(times)
    axes, size = tuple(range(1, len(x.shape))), tf.cast(tf.size(x[0]), x.dtype)
    signs = [tf.cast(_signs(keys, probe, x.shape), x.dtype) for probe in range(probes)]

    def seen(x_t, i):
        """x_0, eps, and the divergences of both."""
        divergence = 0.0
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x_t)
            x_0 = denoise(x_t, times[i])
            products = [tf.reduce_sum(v * x_0) for v in signs]
        for v, product in zip(signs, products, strict=True):
            divergence += tf.reduce_sum(v * tape.gradient(product, x_t), axes) / probes
        eps = noise_of(x_t, x_0, alphas[i], sigmas[i])
        return x_0, eps, divergence, (size - alphas[i] * divergence) / sigmas[i]

    def step(i, x_t, total):
        a, s = alphas[i + 1] - alphas[i], sigmas[i + 1] - sigmas[i]
        x_0, eps, d_x, d_eps = seen(x_t, i)
        x_0_, eps_, d_x_, d_eps_ = seen(x_t + a * x_0 + s * eps, i + 1)
        x_t += (a * (x_0 + x_0_) + s * (eps + eps_)) / 2
        return i + 1, x_t, total + (a * (d_x + d_x_) + s * (d_eps + d_eps_)) / 2

    steps = times.shape[0] - 1
    start = [tf.constant(0), x, tf.zeros_like(x[(slice(None), *(0 for _ in axes))])]
    _, x, total = tf.while_loop(lambda i, *_: i < steps, step, start, parallel_iterations=1)
    return total + normal.log_prob(x, 0.0, tf.math.log(sigmas[-1]), len(axes))


def _signs(keys, probe, shape):
    """v = +-1, (batch, ...): row i from keys[i]."""
    draw = lambda key: tf.sign(rng.uniform(rng.fold_in(key, probe), tuple(shape[1:]), -1.0, 1.0))
    return rng.by_row(draw, keys)


def bound(denoise, schedule, x, times, keys, draws=16, levels=None):
    """A lower bound of log p(x) in nats, (batch,), where p is what ancestral steps make of noise.

    Kingma et al. (2021), arXiv:2107.00630, equations 2, 11 and 13, with SNR = (alpha / sigma)^2:

        -KL(q(z_1 | x) || N(0, sigma_1^2 I)) + E log p(x | z_0)
            - 1/2 sum_i (SNR(t_i-1) - SNR(t_i)) E |x - denoise(z_i, t_i)|^2.

    The sum is estimated from `draws` of its terms, one from each of as many equal shares of it.

    Args:
        denoise: (x_t, t (batch,)) -> the example seen.
        schedule: As in `samplers.ode`.
        x: Examples (batch, ...).
        times: float32 (steps + 1,), rising to 1; sigma at the first is above 0.
        keys: (batch, 2): what row i draws.
        draws: >= 1, evaluations for each example.
        levels: None where p(x | z_0) = N(x; z_0 / alpha, sigma / alpha), a density; or the values
            of a number of x, float32 (L,), one of which it is: the same law over them alone
            (equation 8), a probability.
    """
    alphas, sigmas = schedule.alpha(times), schedule.sigma(times)
    steps, axes = times.shape[0] - 1, tuple(range(1, len(x.shape)))
    wide = (-1,) + (1,) * len(axes)
    noise = lambda n: rng.by_row(lambda key: rng.normal(rng.fold_in(key, n), tuple(x.shape[1:])), keys)
    drops = tf.square(alphas[:-1] / sigmas[:-1]) - tf.square(alphas[1:] / sigmas[1:])

    def term(total, draw):
        u = rng.by_row(lambda key: rng.uniform(rng.fold_in(key, 2 * draw + 2), ()), keys)
        i = tf.cast(tf.floor((tf.cast(draw, "float32") + u) * (steps / draws)), "int32")
        i = tf.minimum(i, steps - 1)
        pick = lambda values: tf.reshape(tf.gather(values, i + 1), wide)
        x_t = pick(alphas) * x + pick(sigmas) * noise(2 * draw + 3)
        error = tf.reduce_sum(tf.square(x - denoise(x_t, tf.gather(times, i + 1))), axes)
        return total + tf.gather(drops, i) * error

    zero = tf.zeros_like(x[(slice(None), *(0 for _ in axes))])
    loop = lambda draw, total: (draw + 1, term(total, draw))
    _, total = tf.while_loop(lambda draw, _: draw < draws, loop, [0, zero], parallel_iterations=1)
    prior = 0.5 * tf.reduce_sum(tf.square(alphas[-1] / sigmas[-1] * x), axes)
    spread = sigmas[0] / alphas[0]
    read = _read(x + spread * noise(0), x, spread, levels)
    return tf.reduce_sum(read, axes) - prior - 0.5 * (steps / draws) * total


def _read(z, x, spread, levels):
    """log N(x; z, spread^2) of each number, over all values or over `levels` alone."""
    log_p = lambda x, z: -0.5 * tf.square((x - z) / spread)
    if levels is None:
        return log_p(x, z) - tf.math.log(spread) - 0.5 * math.log(2 * math.pi)
    return log_p(x, z) - tf.reduce_logsumexp(log_p(levels, z[..., None]), axis=-1)
