"""Samplers that draw noise on the way; arguments as in `samplers.ode`.

A step's noise for row i is a function of (keys[i], step), so that rows do not depend on each other.
"""

import tensorflow as tf

from kerasgen.ops import rng
from kerasgen.samplers.ode import in_graph, noise_of


def ddim(denoise, schedule, x, times, keys, loop=in_graph, eta=1.0):
    """q(x' | x_t, x_0) with its standard deviation times `eta`: one evaluation a step.

    Song et al. (2021), arXiv:2010.02502, equations 12 and 16:

        x' = alpha' x_0 + sqrt(sigma'^2 - d^2) eps + d z,
        d = eta sigma' / sigma sqrt(sigma^2 - (alpha / alpha')^2 sigma'^2).

    eta = 0 is `ode.euler`; eta = 1 over all 1,000 steps is `ancestral`.
    """
    alphas, sigmas = schedule.alpha(times), schedule.sigma(times)

    def step(i, x_t, carried):
        a, s, a_, s_ = alphas[i], sigmas[i], alphas[i + 1], sigmas[i + 1]
        x_0 = denoise(x_t, times[i])
        fresh = tf.sqrt(tf.maximum(tf.square(s) - tf.square(a / a_ * s_), 0.0))  # noise of x_t beyond x'
        d = eta * s_ / s * fresh
        kept = tf.sqrt(tf.maximum(tf.square(s_) - tf.square(d), 0.0))
        z = draws(keys, i, x_t.shape)
        return a_ * x_0 + kept * noise_of(x_t, x_0, a, s) + d * z, carried

    return loop(step, x, tf.size(times) - 1)


def ancestral(denoise, schedule, x, times, keys, loop=in_graph):
    """Algorithm 2 of Ho et al. (2020), arXiv:2006.11239, with the variance of q(x' | x_t, x_0)."""
    return ddim(denoise, schedule, x, times, keys, loop)


def consistency(denoise, schedule, x, times, keys, loop=in_graph):
    """x' = alpha' x_0 + sigma' z: the example seen, with fresh noise; one evaluation a step.

    For a denoiser that sees in one look where the ODE leads: Algorithm 1 of Song et al. (2023),
    arXiv:2303.01469.
    """
    alphas, sigmas = schedule.alpha(times), schedule.sigma(times)

    def step(i, x_t, carried):
        z = draws(keys, i, x_t.shape)
        return alphas[i + 1] * denoise(x_t, times[i]) + sigmas[i + 1] * z, carried

    return loop(step, x, tf.size(times) - 1)


def inpaint(denoise, schedule, x, times, keys, known, mask, repeats=10, loop=in_graph):
    """`ancestral` that keeps the known part of an example: RePaint (Lugmayr et al., 2022, arXiv:2201.09865).

    At every step the known part is put in at its own noise level, and the step is taken `repeats`
    times, noise being added again between them, so that the two parts come to agree: Algorithm 1
    with jumps of length 1.

    Args:
        known: Examples (batch, ...); only where `mask` is 1 do they matter.
        mask: 1 where the example is known, 0 where it is drawn; broadcasts to x.
        repeats: >= 1.
    """
    alphas, sigmas = schedule.alpha(times), schedule.sigma(times)

    def step(i, x_t, carried):
        a, s, a_, s_ = alphas[i], sigmas[i], alphas[i + 1], sigmas[i + 1]

        def once(r, x_t):
            key = i * repeats + r
            x_0 = mask * known + (1 - mask) * denoise(x_t, times[i])
            fresh = tf.sqrt(tf.maximum(tf.square(s) - tf.square(a / a_ * s_), 0.0))
            d = s_ / s * fresh
            kept = tf.sqrt(tf.maximum(tf.square(s_) - tf.square(d), 0.0))
            drawn = a_ * x_0 + kept * noise_of(x_t, x_0, a, s) + d * draws(keys, 3 * key, x_t.shape)
            given = a_ * known + s_ * draws(keys, 3 * key + 1, x_t.shape)
            x_ = mask * given + (1 - mask) * drawn
            back = a / a_ * x_ + fresh * draws(keys, 3 * key + 2, x_t.shape)
            return r + 1, tf.where(r + 1 < repeats, back, x_)

        return tf.while_loop(lambda r, _: r < repeats, once, [0, x_t], parallel_iterations=1)[1], carried

    return loop(step, x, tf.size(times) - 1)


def draws(keys, step, shape):
    """Noise (batch, ...) of one step: row i from keys[i]."""
    draw = lambda key: rng.normal(rng.fold_in(key, step), tuple(shape[1:]))
    return tf.ensure_shape(rng.by_row(draw, keys), (shape[0], *shape[1:]))
