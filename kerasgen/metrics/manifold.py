"""Precision, recall, density, coverage: whether samples lie where data lies, and the reverse.

All four draw a ball around each row up to its k-th nearest neighbour in its own set, and ask which rows
of the other set fall inside.
"""

from typing import NamedTuple

import numpy as np
from sklearn.neighbors import NearestNeighbors

from kerasgen.metrics import arrays
from kerasgen.ops import checks

CHUNK = 500  # rows compared at once: 40 MB beside 10,000


class Manifold:
    """The union of balls around rows, the k-th nearest other row on the edge of each.

    Args:
        features: Array (num, width) with more than k rows.
        k: Which neighbour, 1 or more.

    Raises:
        InvalidDataError: As `arrays.rows`.
    """

    def __init__(self, features, k):
        self.k = checks.integer("k", k, 1, 2**31 - 1)
        self.features = arrays.rows("features", features, least=k + 1)
        nearest = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(self.features)
        self.radii = nearest.kneighbors()[0][:, -1]  # of the rows themselves, self left out

    def counts(self, x):
        """(in how many balls each row of x lies (len(x),), whether each ball holds a row (num,))."""
        x = arrays.rows("x", x, width=self.features.shape[1])
        held, reached = [], np.zeros(len(self.features), bool)
        # |a - b|^2 < r^2 as |b|^2 - r^2 - 2 a.b < -|a|^2; strictly, so that equal sets have density 1.
        edge = (self.features**2).sum(1) - self.radii**2
        for at in range(0, len(x), CHUNK):
            chunk = x[at : at + CHUNK]
            inside = edge - 2 * chunk @ self.features.T < -(chunk**2).sum(1, keepdims=True)
            held.append(inside.sum(1))
            reached |= inside.any(0)
        return np.concatenate(held), reached


class PrecisionRecall(NamedTuple):
    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    density: float
    coverage: float


def precision_recall(samples, real, k=3):
    """Share of samples in the manifold of real rows, and of real rows in that of samples.

    Kynkaanniemi et al. (2019, arXiv:1904.06991), equations 1 and 2, k = 3 of section 3. One
    odd real row with a wide ball makes precision generous: look at density and coverage too.

    Args:
        samples: Array of features (num, width), more than k rows.
        real: The same of real examples, or their `Manifold`, whose k then counts.

    Returns:
        `PrecisionRecall`, each in [0, 1].
    """
    real, samples = _pair(real, samples, k)
    precision = (real.counts(samples)[0] > 0).mean()
    recall = (Manifold(samples, real.k).counts(real.features)[0] > 0).mean()
    return PrecisionRecall(float(precision), float(recall))


def density_coverage(samples, real, k=5):
    """How often samples fall into balls of real rows, and the share of those balls they reach.

    Naeem et al. (2020, arXiv:2002.09797), equations 2 and 3, k = 5 of section 3.4.

    Args:
        samples, real: As in `precision_recall`.

    Returns:
        `DensityCoverage`: density >= 0, about 1 for equal laws; coverage in [0, 1].
    """
    real, samples = _pair(real, samples, k)
    held, reached = real.counts(samples)
    return DensityCoverage(float(held.mean() / real.k), float(reached.mean()))


def _pair(real, samples, k):
    real = real if isinstance(real, Manifold) else Manifold(arrays.rows("real", real, k + 1), k)
    return real, arrays.rows("samples", samples, width=real.features.shape[1])
