"""Samplers that follow the probability-flow ODE: the noise of the start is all that they draw.

    x_t = alpha x + sigma eps,      d x_t = x d alpha + eps d sigma,

with x and eps as the denoiser reads them off x_t: equation 4 of Karras et al. (2022), arXiv:2206.00364, for
any alpha and sigma. All samplers, of the other files too, are functions of

    denoise: (x_t (batch, ...), t, a float32 scalar) -> the example that it sees, the shape of x_t.
    schedule: Its alpha and sigma, functions of t; an `objectives.diffusion.Schedule`.
    x: The start, at times[0].
    times: float32 (steps + 1,), decreasing, from noise to the example. `euler` and `dpm_solver_2m` also take
        times of every row's own, (steps + 1, batch, 1, ...): then t is (batch, 1, ...).
    keys: (batch, 2), one a row, for samplers that draw on the way.
    loop: How steps follow each other: `in_graph`, or `with_bar`, whose steps are calls from Python.
"""

import tensorflow as tf
from tqdm import tqdm


def in_graph(step, x, steps):
    """x after `steps` of (i, x, carried) -> (x, carried), as one loop of a graph; `carried` begins at 0."""
    body = lambda i, x, carried: (i + 1, *step(i, x, carried))
    shapes = [tf.TensorShape([]), x.shape, x.shape]
    start = [tf.constant(0), x, tf.zeros_like(x)]
    return tf.while_loop(lambda i, *_: i < steps, body, start, shapes, parallel_iterations=1)[1]


def with_bar(step, x, steps):
    """The same from Python, with a bar on the terminal."""
    step, carried = tf.function(step, autograph=False), tf.zeros_like(x)
    for i in tqdm(range(int(steps)), "denoising", unit="step", leave=False):
        x, carried = step(tf.constant(i), x, carried)
    return x


def euler(denoise, schedule, x, times, keys=None, loop=in_graph):
    """x' = alpha' x_0 + sigma' eps: first order, one evaluation a step.

    It is DDIM with eta = 0 (Song et al., 2021, arXiv:2010.02502, equation 12), and Euler's rule of flow
    matching, where alpha and sigma are linear in t.
    """
    alphas, sigmas = schedule.alpha(times), schedule.sigma(times)

    def step(i, x_t, carried):
        here, there = (alphas[i], sigmas[i]), (alphas[i + 1], sigmas[i + 1])
        return moved(x_t, denoise(x_t, times[i]), here, there), carried

    return loop(step, x, tf.shape(times)[0] - 1)


def heun(denoise, schedule, x, times, keys=None, loop=in_graph):
    """The trapezium of both ends of a step: second order, two evaluations; the last step is Euler's.

    Algorithm 1 of arXiv:2206.00364; Heun's rule of flow matching.
    """
    alphas, sigmas = schedule.alpha(times), schedule.sigma(times)
    steps = tf.size(times) - 1

    def step(i, x_t, carried):
        a, s, a_, s_ = alphas[i], sigmas[i], alphas[i + 1], sigmas[i + 1]
        x_0 = denoise(x_t, times[i])
        eps = noise_of(x_t, x_0, a, s)
        ahead = a_ * x_0 + s_ * eps

        def corrected():
            x_0_ = denoise(ahead, times[i + 1])
            eps_ = noise_of(ahead, x_0_, a_, s_)
            return x_t + ((a_ - a) * (x_0 + x_0_) + (s_ - s) * (eps + eps_)) / 2

        return tf.cond(i < steps - 1, corrected, lambda: ahead), carried

    return loop(step, x, steps)


def dpm_solver_2m(denoise, schedule, x, times, keys=None, loop=in_graph):
    """DPM-Solver++(2M): second order from one evaluation a step and the one before it.

    Algorithm 2 of Lu et al. (2022), arXiv:2211.01095, in lambda = log(alpha / sigma); the first step
    is of first order, and so is one that ends at t = 0, where lambda is very large.
    """
    alphas, sigmas = schedule.alpha(times), schedule.sigma(times)
    logs = tf.math.log(tf.maximum(alphas, 1e-30) / tf.maximum(sigmas, 1e-30))

    def step(i, x_t, before):
        a, s, a_, s_ = alphas[i], sigmas[i], alphas[i + 1], sigmas[i + 1]
        x_0 = denoise(x_t, times[i])
        inner = (i > 0) & (times[i + 1] > 0)
        last = tf.maximum(i - 1, 0)
        ratio = (logs[i + 1] - logs[i]) / (2 * tf.where(inner, logs[last + 1] - logs[last], 1))
        data = x_0 + tf.where(inner, ratio, 0) * (x_0 - before)
        decay = a * s_ / (a_ * s)  # exp(lambda - lambda')
        return s_ / s * x_t + a_ * (1 - decay) * data, x_0

    return loop(step, x, tf.shape(times)[0] - 1)


def noise_of(x_t, x_0, alpha, sigma):
    """eps = (x_t - alpha x_0) / sigma."""
    return (x_t - alpha * x_0) / sigma


def moved(x_t, x_0, here, there):
    """Where the noise of x_t, in which x_0 is seen, leads from one level (alpha, sigma) to another."""
    return there[0] * x_0 + there[1] * noise_of(x_t, x_0, *here)
