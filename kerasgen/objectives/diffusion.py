"""Diffusion: noise schedules, parametrizations of the network, and weightings of its error.

    x_t = alpha(t) x + sigma(t) eps,      eps ~ N(0, I),  t from 0 (the example) to 1 (noise)

Kingma et al. (2021), arXiv:2107.00630, equation 1. All functions are of tensors that broadcast.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from keras import ops

from kerasgen.ops import checks


class Schedule(NamedTuple):
    """alpha(t) and sigma(t), t in [0, 1], float32; sigma / alpha grows with t.

    Attributes:
        alpha: t -> the factor of the example.
        sigma: t -> the factor of the noise.
    """

    alpha: Callable
    sigma: Callable


def _variance_preserving(log_alpha):
    """alpha^2 + sigma^2 = 1."""
    return Schedule(
        alpha=lambda t: ops.exp(log_alpha(t)),
        sigma=lambda t: ops.sqrt(-ops.expm1(2 * log_alpha(t))),
    )


# beta rises linearly from 1e-4 to 0.02 over 1,000 steps (Ho et al., 2020, arXiv:2006.11239, section 4),
# in continuous form (Song et al., 2021, arXiv:2011.13456, equation 33): log alpha = -1/2 int beta.
_linear = _variance_preserving(lambda t: -0.05 * t - 0.25 * 19.9 * ops.square(t))

# alpha = cos((t + s) / (1 + s) pi / 2), s = 0.008, over its value at 0 (Nichol & Dhariwal, 2021,
# arXiv:2102.09672, equation 17); held at 1e-4 from below, as their betas are clipped there.
_S = 0.008
_cosine = _variance_preserving(
    lambda t: ops.minimum(
        ops.log(ops.maximum(ops.cos((t + _S) / (1 + _S) * (math.pi / 2)), 1e-4))
        - math.log(math.cos(_S / (1 + _S) * math.pi / 2)),
        -1e-7,
    )
)

# alpha = 1, sigma from 0.002 to 80 with its seventh root linear in t: the steps of Karras et al. (2022),
# arXiv:2206.00364, equation 5.
_edm = Schedule(
    alpha=ops.ones_like,
    sigma=lambda t: ((1 - t) * 0.002 ** (1 / 7) + t * 80 ** (1 / 7)) ** 7,
)

# The straight line from the example to noise (Lipman et al., 2023, arXiv:2210.02747, section 4.1;
# Liu et al., 2023, arXiv:2209.03003).
_straight = Schedule(alpha=lambda t: 1 - t, sigma=lambda t: t + 0.0)

# Distributions of the times that a network is trained at: u uniform in (0, 1) -> t in (0, 1).
TIME_DISTRIBUTIONS = {
    "uniform": lambda u: u,
    # log sigma ~ N(-1.2, 1.2^2) on the "edm" schedule (arXiv:2206.00364, table 1).
    "edm": lambda u: _edm_time(ops.exp(-1.2 + 1.2 * _quantile(u))),
    # log t / (1 - t) ~ N(0, 1) (Esser et al., 2024, arXiv:2403.03206, section 3.1).
    "logit_normal": lambda u: ops.sigmoid(_quantile(u)),
}
LEAST_TIME = 1e-4  # in training: below it there is next to no noise


def _quantile(u):
    """The quantile function of the standard normal distribution."""
    return 2**0.5 * ops.erfinv(2 * ops.clip(u, 1e-6, 1 - 1e-6) - 1)


def _edm_time(sigma):
    """The time at which the "edm" schedule has a given sigma, clipped to [0, 1]."""
    low, high = 0.002 ** (1 / 7), 80 ** (1 / 7)
    return ops.clip((sigma ** (1 / 7) - low) / (high - low), 0, 1)


SCHEDULES = {"linear": _linear, "cosine": _cosine, "edm": _edm, "straight": _straight}


class Parametrization(NamedTuple):
    """What a network predicts, and how the example and the noise follow from its output and x_t.

    Attributes:
        target: (x, eps, alpha, sigma) -> what the network is trained to predict.
        x0: (output, x_t, alpha, sigma) -> the example x.
        eps: (output, x_t, alpha, sigma) -> the noise.
        squared_error_ratio: (alpha, sigma) -> the squared error of the output divided by the squared error
            of x that it causes.
        input_scale: (alpha, sigma) -> the factor that x_t is multiplied by before it enters the network.
    """

    target: Callable
    x0: Callable
    eps: Callable
    squared_error_ratio: Callable
    input_scale: Callable = lambda alpha, sigma: ops.ones_like(alpha * sigma)


DATA_STD = 0.5  # of images in [-1, 1], roughly: sigma_data of arXiv:2206.00364, table 1


def _std(alpha, sigma, data_std=1.0):
    """The standard deviation of x_t for data of a given standard deviation."""
    return ops.sqrt(ops.square(alpha * data_std) + ops.square(sigma))


def _edm_x0(out, x_t, alpha, sigma):
    std = _std(alpha, sigma, DATA_STD)
    return (alpha * DATA_STD**2 / std * x_t + sigma * DATA_STD * out) / std


def _edm_target(x, eps, alpha, sigma):
    std = _std(alpha, sigma, DATA_STD)
    return (std * x - alpha * DATA_STD**2 / std * (alpha * x + sigma * eps)) / (sigma * DATA_STD)


PARAMETRIZATIONS = {
    "eps": Parametrization(
        target=lambda x, eps, alpha, sigma: eps,
        x0=lambda out, x_t, alpha, sigma: (x_t - sigma * out) / alpha,
        eps=lambda out, x_t, alpha, sigma: out,
        squared_error_ratio=lambda alpha, sigma: ops.square(alpha / sigma),
    ),
    "x0": Parametrization(
        target=lambda x, eps, alpha, sigma: x,
        x0=lambda out, x_t, alpha, sigma: out,
        eps=lambda out, x_t, alpha, sigma: (x_t - alpha * out) / sigma,
        squared_error_ratio=lambda alpha, sigma: ops.ones_like(alpha),
    ),
    # (alpha eps - sigma x) / r, r^2 = alpha^2 + sigma^2: the pair (x, eps) rotated by an angle
    # (Salimans & Ho, 2022, arXiv:2202.00512, appendix D).
    "v": Parametrization(
        target=lambda x, eps, alpha, sigma: (alpha * eps - sigma * x) / _std(alpha, sigma),
        x0=lambda out, x_t, alpha, sigma: (
            (alpha * x_t / _std(alpha, sigma) - sigma * out) / _std(alpha, sigma)
        ),
        eps=lambda out, x_t, alpha, sigma: (
            (sigma * x_t / _std(alpha, sigma) + alpha * out) / _std(alpha, sigma)
        ),
        squared_error_ratio=lambda alpha, sigma: 1 + ops.square(alpha / sigma),
    ),
    # eps - x: the velocity d x_t / dt of the straight schedule (arXiv:2210.02747, equation 23).
    "velocity": Parametrization(
        target=lambda x, eps, alpha, sigma: eps - x,
        x0=lambda out, x_t, alpha, sigma: (x_t - sigma * out) / (alpha + sigma),
        eps=lambda out, x_t, alpha, sigma: (x_t + alpha * out) / (alpha + sigma),
        squared_error_ratio=lambda alpha, sigma: ops.square((alpha + sigma) / sigma),
    ),
    # What the best linear estimate of x from x_t leaves over, scaled to unit variance (arXiv:2206.00364,
    # equation 7 and table 1, here for any alpha).
    "edm": Parametrization(
        target=_edm_target,
        x0=_edm_x0,
        eps=lambda out, x_t, alpha, sigma: (x_t - alpha * _edm_x0(out, x_t, alpha, sigma)) / sigma,
        squared_error_ratio=lambda alpha, sigma: ops.square(
            _std(alpha, sigma, DATA_STD) / (sigma * DATA_STD)
        ),
        input_scale=lambda alpha, sigma: 1 / _std(alpha, sigma, DATA_STD),
    ),
}


def snr(alpha, sigma):
    """alpha^2 / sigma^2, the signal-to-noise ratio."""
    return ops.square(alpha / sigma)


def gaussian_denoiser(mean, std, schedule):
    """The exact denoiser E[x | x_t] of Gaussian data x ~ N(mean, diag(std^2)).

        E[x | x_t] = mean + alpha std^2 / (alpha^2 std^2 + sigma^2) (x_t - alpha mean)

    It is the ground truth against which samplers and likelihoods can be tested. The formula is Bayes' rule
    for the conjugate normal distribution (Bishop, 2006, equation 2.116).

    Args:
        mean, std: Floats or arrays that broadcast to an example; std >= 0.
        schedule: A `Schedule`.

    Raises:
        TypeError, ValueError: If an argument is none of these.

    Returns:
        A function (x_t (batch, ...), t, a scalar or (batch,)) -> float (batch, ...), as samplers take it.
    """

    checks.instance("schedule", schedule, Schedule)
    mean, std = _numbers("mean", mean), _numbers("std", std)
    if np.min(std) < 0:
        raise ValueError("`std` must be >= 0. Received: a negative number.")

    def denoise(x_t, t):
        t = ops.convert_to_tensor(t)
        t = ops.reshape(t, (*t.shape, *[1] * (len(x_t.shape) - len(t.shape)))) if len(t.shape) else t
        alpha, sigma = schedule.alpha(t), schedule.sigma(t)
        gain = alpha * std**2 / (ops.square(alpha * std) + ops.square(sigma))
        return mean + gain * (x_t - alpha * mean)

    return denoise


def _numbers(name, value):
    """A float, or a float32 array of finite numbers."""
    if isinstance(value, (int, float)):
        return checks.number(name, value)
    found = checks.array(name, value).astype("float32")
    if not found.size:
        raise ValueError(f"`{name}` must not be empty. Received: shape {found.shape}.")
    return found


# Weight of the squared error of x at (alpha, sigma); that of the network's own output is this over
# `Parametrization.squared_error_ratio`.
WEIGHTINGS = {
    # The squared error of x itself.
    "x0": lambda alpha, sigma: ops.ones_like(alpha * sigma),
    # That of eps, whatever is predicted: L_simple (arXiv:2006.11239, equation 14).
    "simple": lambda alpha, sigma: snr(alpha, sigma),
    # That of v: SNR + 1 (arXiv:2202.00512, section 4).
    "v": lambda alpha, sigma: snr(alpha, sigma) + 1,
    # min(SNR, 5) (Hang et al., 2023, arXiv:2303.09556, section 3.4).
    "min_snr": lambda alpha, sigma: ops.minimum(snr(alpha, sigma), 5.0),
    # That of the velocity.
    "velocity": PARAMETRIZATIONS["velocity"].squared_error_ratio,
    # That of the network of EDM (arXiv:2206.00364, table 1).
    "edm": PARAMETRIZATIONS["edm"].squared_error_ratio,
}
