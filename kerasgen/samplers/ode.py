"""Samplers that follow the probability-flow ODE: the noise of the start is all that they draw.

    x_t = alpha x + sigma eps,      d x_t = x d alpha + eps d sigma,

with x and eps as the denoiser predicts them from x_t: equation 4 of Karras et al. (2022), arXiv:2206.00364,
for any alpha and sigma. All samplers, those of the other files too, are functions of

    denoise: (x_t (batch, ...), t, a float32 scalar) -> the predicted example x_0, of the shape of x_t.
    schedule: Its alpha and sigma, functions of t; an `objectives.diffusion.Schedule`.
    x: The start, at times[0].
    times: float32 (steps + 1,), decreasing, from noise to the example. `euler` and `dpm_solver_2m` also take
        separate times for every row, (steps + 1, batch, 1, ...): then t is (batch, 1, ...).
    keys: (batch, 2), one a row, for samplers that draw noise at every step.
    loop: How the steps are run: `in_graph`, or `with_bar`, whose steps are calls from Python.
"""

import tensorflow as tf
from tqdm import tqdm


def in_graph(step, x, steps):
    """x after `steps` steps (i, x, carried) -> (x, carried) in a loop of a graph; `carried` starts at 0."""
    body = lambda i, x, carried: (i + 1, *step(i, x, carried))
    shapes = [tf.TensorShape([]), x.shape, x.shape]
    start = [tf.constant(0), x, tf.zeros_like(x)]
    return tf.while_loop(lambda i, *_: i < steps, body, start, shapes, parallel_iterations=1)[1]


def with_bar(step, x, steps):
    """As `in_graph`, with the loop in Python and a progress bar on the terminal."""
    step, carried = tf.function(step, autograph=False), tf.zeros_like(x)
    for i in tqdm(range(int(steps)), "denoising", unit="step", leave=False):
        x, carried = step(tf.constant(i), x, carried)
    return x


def euler(denoise, schedule, x, times, keys=None, loop=in_graph):
    """x' = alpha' x_0 + sigma' eps: first order, one evaluation a step.

    It is DDIM with eta = 0 (Song et al., 2021, arXiv:2010.02502, equation 12), and Euler's method of flow
    matching, where alpha and sigma are linear in t.
    """
    alphas, sigmas = schedule.alpha(times), schedule.sigma(times)

    def step(i, x_t, carried):
        here, there = (alphas[i], sigmas[i]), (alphas[i + 1], sigmas[i + 1])
        return ddim_step(x_t, denoise(x_t, times[i]), here, there), carried

    return loop(step, x, tf.shape(times)[0] - 1)


def heun(denoise, schedule, x, times, keys=None, loop=in_graph):
    """The trapezoidal rule over each step: second order, two evaluations; the last step is Euler's.

    Algorithm 1 of arXiv:2206.00364; Heun's method of flow matching.
    """
    alphas, sigmas = schedule.alpha(times), schedule.sigma(times)
    steps = tf.size(times) - 1

    def step(i, x_t, carried):
        alpha, sigma = alphas[i], sigmas[i]
        alpha_next, sigma_next = alphas[i + 1], sigmas[i + 1]
        x_0 = denoise(x_t, times[i])
        eps = eps_from_x0(x_t, x_0, alpha, sigma)
        ahead = alpha_next * x_0 + sigma_next * eps

        def corrected():
            x_0_next = denoise(ahead, times[i + 1])
            eps_next = eps_from_x0(ahead, x_0_next, alpha_next, sigma_next)
            slopes = (alpha_next - alpha) * (x_0 + x_0_next) + (sigma_next - sigma) * (eps + eps_next)
            return x_t + slopes / 2

        return tf.cond(i < steps - 1, corrected, lambda: ahead), carried

    return loop(step, x, steps)


def dpm_solver_2m(denoise, schedule, x, times, keys=None, loop=in_graph):
    """DPM-Solver++(2M): second order, from one evaluation a step and that of the step before.

    Algorithm 2 of Lu et al. (2022), arXiv:2211.01095, in lambda = log(alpha / sigma). The first step is of
    first order, and so is one that ends at t = 0, where lambda is very large.
    """
    alphas, sigmas = schedule.alpha(times), schedule.sigma(times)
    logs = tf.math.log(tf.maximum(alphas, 1e-30) / tf.maximum(sigmas, 1e-30))

    def step(i, x_t, before):
        alpha, sigma = alphas[i], sigmas[i]
        alpha_next, sigma_next = alphas[i + 1], sigmas[i + 1]
        x_0 = denoise(x_t, times[i])
        inner = (i > 0) & (times[i + 1] > 0)
        last = tf.maximum(i - 1, 0)
        ratio = (logs[i + 1] - logs[i]) / (2 * tf.where(inner, logs[last + 1] - logs[last], 1))
        data = x_0 + tf.where(inner, ratio, 0) * (x_0 - before)
        decay = alpha * sigma_next / (alpha_next * sigma)  # exp(lambda - lambda')
        return sigma_next / sigma * x_t + alpha_next * (1 - decay) * data, x_0

    return loop(step, x, tf.shape(times)[0] - 1)


def eps_from_x0(x_t, x_0, alpha, sigma):
    """eps = (x_t - alpha x_0) / sigma."""
    return (x_t - alpha * x_0) / sigma


def ddim_step(x_t, x_0, here, there):
    """x' = alpha' x_0 + sigma' eps: the deterministic DDIM step between levels (alpha, sigma).

    Args:
        x_t: The point at the level `here`.
        x_0: The example predicted from it.
        here, there: (alpha, sigma) before and after the step.
    """
    return there[0] * x_0 + there[1] * eps_from_x0(x_t, x_0, *here)
