"""Densities of laboratory data that are known: what a perfect model of them would score."""

import numpy as np
from scipy.special import logsumexp

from kerasgen.data import laboratory, oracle
from kerasgen.metrics import arrays

MIXTURES = {"ring": laboratory.RING, "grid": laboratory.GRID, "mixture_1d": laboratory.MIXTURE_1D}
NOISE = 0.05  # of `laboratory.moons`, unless it is told otherwise
ANGLES = 2000  # at which the integral along an arc is taken: 0.03 of the noise apart


def moons_log_prob(x, noise=NOISE):
    """log p(x) in nats of `laboratory.moons`, float64 (num,).

        p(x) = 1/2 sum_arcs 1/pi int_0^pi N(x; c(t), noise^2 I) dt

    Args:
        x: Points (num, 2).
        noise: Standard deviation > 0 around the arcs; 0.02 or more, lest the sum be too coarse.

    Raises:
        InvalidDataError: If `x` holds no finite points of the plane.
    """
    x = arrays.rows("x", x, least=1, width=2)
    t = np.pi * (np.arange(ANGLES) + 0.5) / ANGLES
    upper = np.stack([np.cos(t), np.sin(t)], axis=1)
    arcs = np.concatenate([upper, [1, 0.5] - upper])
    log_p = [logsumexp(-((part[:, None] - arcs) ** 2).sum(-1) / (2 * noise**2), axis=1) for part in _parts(x)]
    return np.concatenate(log_p) - np.log(len(arcs) * 2 * np.pi * noise**2)


def pinwheel_log_prob(x, radial_std=0.3, tangential_std=0.1, rate=0.25):
    """log p(x) in nats of `laboratory.pinwheel`, float64 (num,).

    In complex numbers x = (r + i s) exp(-i (2 pi k / 5 + rate exp(r))), so that r + i s = |x| exp(i phi) for
    each phi at which phi - rate exp(|x| cos phi) - arg x is a multiple of 2 pi / 5:

        p(x) = 1/5 sum_phi N(r; 1, radial_std^2) N(s; 0, tangential_std^2) / |1 + rate exp(r) s|.

    Args:
        x: Points (num, 2).
        radial_std, tangential_std, rate: As in `laboratory.pinwheel`; standard deviations 0.02 or more.

    Raises:
        InvalidDataError: If `x` holds no finite points of the plane.
    """
    x = arrays.rows("x", x, least=1, width=2)
    std = radial_std, tangential_std
    return np.concatenate([_of_arms(part[:, 0] + 1j * part[:, 1], *std, rate) for part in _parts(x)])


def _of_arms(x, radial_std, tangential_std, rate):
    """The sum over all roots phi, each between two neighbors of a grid of angles."""
    phi = np.linspace(-np.pi, np.pi, ANGLES + 1)
    turns = phi - rate * np.exp(np.abs(x)[:, None] * np.cos(phi)) - np.angle(x)[:, None]
    turns *= laboratory.ARMS / (2 * np.pi)  # an integer at a root
    row, at = np.nonzero(np.diff(np.floor(turns)))
    here, there = turns[row, at], turns[row, at + 1]
    share = (np.maximum(np.floor(here), np.floor(there)) - here) / (there - here)
    point = np.abs(x)[row] * np.exp(1j * (phi[at] + share * (phi[1] - phi[0])))
    r, s = point.real, point.imag
    density = np.exp(-0.5 * (((r - 1) / radial_std) ** 2 + (s / tangential_std) ** 2))
    density /= laboratory.ARMS * 2 * np.pi * radial_std * tangential_std * np.abs(1 + rate * np.exp(r) * s)
    return np.log(np.maximum(np.bincount(row, density, len(x)), 1e-300))


def _parts(x, size=500):
    return np.split(x, range(size, len(x), size))


ORACLES = ("oracle", "oracle_40", "oracle_60")  # sets whose examples are drawn from an LSTM


def oracle_log_prob(x):
    """log p(x) in nats of `data.oracle`, float64 (num,): errors as there."""
    return oracle.published().log_prob(x)


LOG_PROBS = {name: mixture.log_prob for name, mixture in MIXTURES.items()} | {
    "gaussian_1d": laboratory.GAUSSIAN_1D.log_prob,
    "moons": moons_log_prob,
    "pinwheel": pinwheel_log_prob,
    **dict.fromkeys(ORACLES, oracle_log_prob),
}
