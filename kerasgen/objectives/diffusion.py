"""Diffusion: how an example becomes noise, what a network says of it, how its error is weighed.

    x_t = alpha(t) x + sigma(t) eps,      eps ~ N(0, I),  t from 0 (the example) to 1 (noise)

Kingma et al. (2021), arXiv:2107.00630, equation 1. All functions are of tensors that broadcast.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from keras import ops


class Schedule(NamedTuple):
    """alpha(t) and sigma(t), t in [0, 1], float32; sigma / alpha grows with t.

    Attributes:
        alpha, sigma: t -> the factor of the example, of the noise.
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
# in its continuous form (Song et al., 2021, arXiv:2011.13456, equation 33): log alpha = -1/2 int beta.
_linear = _variance_preserving(lambda t: -0.05 * t - 0.25 * 19.9 * ops.square(t))

# alpha = cos((t + s) / (1 + s) pi / 2), s = 0.008, over its value at 0 (Nichol & Dhariwal, 2021,
# arXiv:2102.09672, equation 17); held from 1e-4 on, where their betas are cut.
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

# The straight line between example and noise (Lipman et al., 2023, arXiv:2210.02747, section 4.1;
# Liu et al., 2023, arXiv:2209.03003).
_straight = Schedule(alpha=lambda t: 1 - t, sigma=lambda t: t + 0.0)

# Levels of noise that a network is trained at: u uniform in (0, 1) -> t in (0, 1).
TIMES = {
    "uniform": lambda u: u,
    # log sigma ~ N(-1.2, 1.2^2) on the "edm" schedule (arXiv:2206.00364, table 1).
    "edm": lambda u: _edm_time(ops.exp(-1.2 + 1.2 * _quantile(u))),
    # log t / (1 - t) ~ N(0, 1) (Esser et al., 2024, arXiv:2403.03206, section 3.1).
    "logit_normal": lambda u: ops.sigmoid(_quantile(u)),
}
LEAST_TIME = 1e-4  # in training: below it there is no noise to speak of


def _quantile(u):
    """Of the standard normal law."""
    return 2**0.5 * ops.erfinv(2 * ops.clip(u, 1e-6, 1 - 1e-6) - 1)


def _edm_time(sigma):
    """The t of a sigma of `_edm`, held in [0, 1]."""
    low, high = 0.002 ** (1 / 7), 80 ** (1 / 7)
    return ops.clip((sigma ** (1 / 7) - low) / (high - low), 0, 1)


SCHEDULES = {"linear": _linear, "cosine": _cosine, "edm": _edm, "straight": _straight}


class Prediction(NamedTuple):
    """What a network is asked for, and how the example and the noise follow from it and x_t.

    Attributes:
        target: (x, eps, alpha, sigma) -> what the network should say.
        example: (output, x_t, alpha, sigma) -> x.
        noise: (output, x_t, alpha, sigma) -> eps.
        error: (alpha, sigma) -> the factor that turns squared errors of x into those of the output.
        scale: (alpha, sigma) -> the factor of x_t before it goes into the network.
    """

    target: Callable
    example: Callable
    noise: Callable
    error: Callable
    scale: Callable = lambda alpha, sigma: ops.ones_like(alpha * sigma)


DATA_STD = 0.5  # of images in [-1, 1], roughly: sigma_data of arXiv:2206.00364, table 1


def _length(alpha, sigma, data_std=1.0):
    """Standard deviation of a number of x_t."""
    return ops.sqrt(ops.square(alpha * data_std) + ops.square(sigma))


def _edm_example(out, x_t, alpha, sigma):
    length = _length(alpha, sigma, DATA_STD)
    return (alpha * DATA_STD**2 / length * x_t + sigma * DATA_STD * out) / length


def _edm_target(x, eps, alpha, sigma):
    length = _length(alpha, sigma, DATA_STD)
    return (length * x - alpha * DATA_STD**2 / length * (alpha * x + sigma * eps)) / (sigma * DATA_STD)


PREDICTIONS = {
    "eps": Prediction(
        target=lambda x, eps, alpha, sigma: eps,
        example=lambda out, x_t, alpha, sigma: (x_t - sigma * out) / alpha,
        noise=lambda out, x_t, alpha, sigma: out,
        error=lambda alpha, sigma: ops.square(alpha / sigma),
    ),
    "x0": Prediction(
        target=lambda x, eps, alpha, sigma: x,
        example=lambda out, x_t, alpha, sigma: out,
        noise=lambda out, x_t, alpha, sigma: (x_t - alpha * out) / sigma,
        error=lambda alpha, sigma: ops.ones_like(alpha),
    ),
    # (alpha eps - sigma x) / r, r^2 = alpha^2 + sigma^2: the pair (x, eps) turned by an angle
    # (Salimans & Ho, 2022, arXiv:2202.00512, appendix D).
    "v": Prediction(
        target=lambda x, eps, alpha, sigma: (alpha * eps - sigma * x) / _length(alpha, sigma),
        example=lambda out, x_t, alpha, sigma: (
            (alpha * x_t / _length(alpha, sigma) - sigma * out) / _length(alpha, sigma)
        ),
        noise=lambda out, x_t, alpha, sigma: (
            (sigma * x_t / _length(alpha, sigma) + alpha * out) / _length(alpha, sigma)
        ),
        error=lambda alpha, sigma: 1 + ops.square(alpha / sigma),
    ),
    # eps - x: the velocity d x_t / dt of the straight schedule (arXiv:2210.02747, equation 23).
    "velocity": Prediction(
        target=lambda x, eps, alpha, sigma: eps - x,
        example=lambda out, x_t, alpha, sigma: (x_t - sigma * out) / (alpha + sigma),
        noise=lambda out, x_t, alpha, sigma: (x_t + alpha * out) / (alpha + sigma),
        error=lambda alpha, sigma: ops.square((alpha + sigma) / sigma),
    ),
    # What is left of x after its best linear estimate, at unit variance (arXiv:2206.00364, equation 7 and
    # table 1, for any alpha).
    "edm": Prediction(
        target=_edm_target,
        example=_edm_example,
        noise=lambda out, x_t, alpha, sigma: (x_t - alpha * _edm_example(out, x_t, alpha, sigma)) / sigma,
        error=lambda alpha, sigma: ops.square(_length(alpha, sigma, DATA_STD) / (sigma * DATA_STD)),
        scale=lambda alpha, sigma: 1 / _length(alpha, sigma, DATA_STD),
    ),
}


def snr(alpha, sigma):
    """alpha^2 / sigma^2, the signal-to-noise ratio."""
    return ops.square(alpha / sigma)


# Weight of the squared error of x at (alpha, sigma); that of the network's own output is this over
# `Prediction.error`.
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
    "velocity": PREDICTIONS["velocity"].error,
    # That of the network of EDM (arXiv:2206.00364, table 1).
    "edm": PREDICTIONS["edm"].error,
}
