"""log p(x) by the probability-flow ODE (Song et al., 2021, arXiv:2011.13456, section 4.3)."""

import tensorflow as tf

from kerasgen.distributions import normal
from kerasgen.ops import rng
from kerasgen.samplers.ode import noise_of


def log_prob(denoise, schedule, x, times, keys, probes=1):
    """log p_t(x) in nats, (batch,), t = times[0], where p is what the ODE makes of noise.

    Along the ODE d log p / dt = -div(d x_t / dt). The flow is linear in the example seen and in the
    noise, so that its divergence needs that of the denoiser alone; Hutchinson's estimate of it is
    v . J v with v = +-1, the same v from end to end. Steps are Heun's, from the example to noise;
    at the end p is taken as N(0, sigma^2 I).

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
