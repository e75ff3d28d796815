"""Samplers that draw fresh noise at every step; arguments as in `samplers.ode`.

The noise of row i at a step is a function of (keys[i], step), so that rows do not depend on each other.
"""

import tensorflow as tf

from kerasgen.ops import checks, rng
from kerasgen.samplers.ode import eps_from_x0, in_graph


def ddim(denoise, schedule, x, times, keys, loop=in_graph, eta=1.0):
    """Draws x' ~ q(x' | x_t, x_0) with its standard deviation times `eta`: one evaluation a step.

    Song et al. (2021), arXiv:2010.02502, equations 12 and 16:

        x' = alpha' x_0 + sqrt(sigma'^2 - d^2) eps + d z,       z ~ N(0, I),
        d = eta sigma' / sigma sqrt(sigma^2 - (alpha / alpha')^2 sigma'^2).

    eta = 0 is `ode.euler`; eta = 1 over all 1,000 steps is `ancestral`.

    Args:
        denoise, schedule, x, times, keys, loop: As in `samplers.ode`.
        eta: Share in [0, 1] of the noise that is drawn anew.
    """
    checks.number("eta", eta, 0, 1)
    alphas, sigmas = schedule.alpha(times), schedule.sigma(times)

    def step(i, x_t, carried):
        here, there = (alphas[i], sigmas[i]), (alphas[i + 1], sigmas[i + 1])
        z = lambda: step_noise(keys, i, x_t.shape)
        return _posterior_draw(x_t, denoise(x_t, times[i]), here, there, z, eta), carried

    return loop(step, x, tf.size(times) - 1)


def ancestral(denoise, schedule, x, times, keys, loop=in_graph):
    """Algorithm 2 of Ho et al. (2020), arXiv:2006.11239, with the variance of q(x' | x_t, x_0)."""
    return ddim(denoise, schedule, x, times, keys, loop)


def consistency(denoise, schedule, x, times, keys, loop=in_graph):
    """x' = alpha' x_0 + sigma' z: the predicted example with fresh noise; one evaluation a step.

    It is for a denoiser that predicts the end of the ODE's trajectory in one evaluation: Algorithm 1 of
    Song et al. (2023), arXiv:2303.01469.
    """
    alphas, sigmas = schedule.alpha(times), schedule.sigma(times)

    def step(i, x_t, carried):
        z = step_noise(keys, i, x_t.shape)
        return alphas[i + 1] * denoise(x_t, times[i]) + sigmas[i + 1] * z, carried

    return loop(step, x, tf.size(times) - 1)


def inpaint(denoise, schedule, x, times, keys, known, mask, repeats=10, loop=in_graph, value_range=None):
    """`ancestral`, given a part of the example: RePaint (Lugmayr et al., 2022, arXiv:2201.09865).

    At every step the known part is put in at the noise level of that step. The step is taken `repeats`
    times, with noise added again in between, so that the two parts come to agree: Algorithm 1 with jumps
    of length 1. In the result the known part is exactly `known`: the little noise that a schedule leaves
    at its last time is not added to it.

    Args:
        denoise, schedule, x, times, keys, loop: As in `samplers.ode`.
        known: Examples (batch, ...); they matter only where `mask` is 1.
        mask: 1 where the example is known, 0 where it is to be drawn; broadcasts to x.
        repeats: How often each step is taken, >= 1.
        value_range: (low, high), to which the drawn part of the result is clipped; None leaves it as it is.
    """
    checks.integer("repeats", repeats, 1, 2**20)
    value_range = checks.value_range("value_range", value_range)
    alphas, sigmas = schedule.alpha(times), schedule.sigma(times)

    def step(i, x_t, carried):
        here, there = (alphas[i], sigmas[i]), (alphas[i + 1], sigmas[i + 1])

        def once(r, x_t):
            noise = lambda n: step_noise(keys, 3 * (i * repeats + r) + n, x_t.shape, "repainting")
            x_0 = mask * known + (1 - mask) * denoise(x_t, times[i])
            drawn = _posterior_draw(x_t, x_0, here, there, lambda: noise(0))
            given = there[0] * known + there[1] * noise(1)
            x_next = mask * given + (1 - mask) * drawn
            back = here[0] / there[0] * x_next + _added_std(here, there) * noise(2)
            return r + 1, tf.where(r + 1 < repeats, back, x_next)

        return tf.while_loop(lambda r, _: r < repeats, once, [0, x_t], parallel_iterations=1)[1], carried

    drawn = loop(step, x, tf.size(times) - 1)
    drawn = drawn if value_range is None else tf.clip_by_value(drawn, *value_range)
    return tf.where(tf.equal(mask, 1), known, drawn)


def _posterior_draw(x_t, x_0, here, there, z, eta=1.0):
    """x' of `ddim` at the level `there` = (alpha', sigma'), from x_t at the level `here` = (alpha, sigma).

    `z` is called for the standard normal noise.
    """
    (alpha, sigma), (alpha_next, sigma_next) = here, there
    std = eta * sigma_next / sigma * _added_std(here, there)
    kept = tf.sqrt(tf.maximum(tf.square(sigma_next) - tf.square(std), 0.0))
    return alpha_next * x_0 + kept * eps_from_x0(x_t, x_0, alpha, sigma) + std * z()


def _added_std(here, there):
    """The standard deviation of the noise of q(x_t | x'): sqrt(sigma^2 - (alpha / alpha')^2 sigma'^2)."""
    (alpha, sigma), (alpha_next, sigma_next) = here, there
    return tf.sqrt(tf.maximum(tf.square(sigma) - tf.square(alpha / alpha_next * sigma_next), 0.0))


def step_noise(keys, step, shape, stream="noise"):
    """Standard normal noise (batch, ...) of one step of a named loop: row i from keys[i]."""
    draw = lambda key: rng.normal(rng.step(key, stream, step), tuple(shape[1:]))
    return tf.ensure_shape(rng.by_row(draw, keys), (shape[0], *shape[1:]))
