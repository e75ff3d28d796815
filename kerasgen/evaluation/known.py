"""Densities of laboratory data that are known: what a perfect model of them would score."""

import numpy as np
from scipy.special import logsumexp

from kerasgen.data import laboratory
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


def _parts(x, size=500):
    return np.split(x, range(size, len(x), size))


LOG_PROBS = {name: mixture.log_prob for name, mixture in MIXTURES.items()} | {
    "gaussian_1d": laboratory.GAUSSIAN_1D.log_prob,
    "moons": moons_log_prob,
}
