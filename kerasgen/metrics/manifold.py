"""Precision, recall, density, coverage: whether samples lie where data lie, and the reverse.

All four draw a ball around each row up to its k-th nearest neighbor in its own set, and ask which rows
of the other set lie inside. The edge belongs to the ball. Adding a constant to all rows changes nothing.
"""

from typing import NamedTuple

import numpy as np

from kerasgen.metrics import arrays
from kerasgen.metrics.distances import CHUNK, Rows
from kerasgen.ops import checks

GROUP = 32  # columns of a group that one of them stands for
TIE = 1e-9  # relative difference of squared distances that rounding may make of equal ones


class Manifold:
    """The union of balls around rows, the k-th nearest other row on the edge of each.

    Args:
        features: Array (num, width) with more than k rows.
        k: Which neighbor, 1 or more.

    Attributes:
        radii: Of the balls, float64 (num,); 0 where k other rows equal the row itself.

    Raises:
        InvalidDataError, ValueError, TypeError: As `arrays.rows`; `k` is no int >= 1.
    """

    def __init__(self, features, k):
        self.k = checks.integer("k", k, 1, 2**31 - 1)
        self.features = arrays.rows("features", features, least=k + 1)
        self._rows = Rows(self.features, self.features.mean(0))
        squares = np.concatenate([self._kth(at) for at in range(0, len(self.features), CHUNK)])
        self.radii = np.sqrt(squares)
        self._edges = squares * (1 + TIE)

    def _kth(self, at):
        """Squared distances of a chunk of rows to their k-th nearest other row."""
        squares = self._rows.squares(self.features[at : at + CHUNK])
        own = np.arange(len(squares))
        squares[own, at + own] = np.inf
        return _kth_smallest(squares, self.k)

    def counts(self, x):
        """(in how many balls each row of x lies (len(x),), whether each ball holds a row (num,))."""
        x = arrays.rows("x", x, width=self.features.shape[1])
        held, reached = [], np.zeros(len(self.features), bool)
        for at in range(0, len(x), CHUNK):
            chunk = x[at : at + CHUNK]
            count = np.zeros(len(chunk), int)
            for start, squares in self._rows.blocks(chunk):
                here = slice(start, start + squares.shape[1])
                inside = squares <= self._edges[here]
                count += inside.sum(1)
                reached[here] |= inside.any(0)
            held.append(count)
        return np.concatenate(held), reached


def _kth_smallest(rows, k):
    """The k-th smallest number of each row.

    The k smallest lie in the k groups of columns whose least numbers are smallest: a pass for those costs
    less than a partition of all.
    """
    groups = rows.shape[1] // GROUP
    if groups <= k:
        return np.partition(rows, k - 1, axis=1)[:, k - 1]
    grouped = rows[:, : groups * GROUP].reshape(len(rows), GROUP, groups)
    chosen = np.argpartition(grouped.min(1), k - 1, axis=1)[:, :k]
    found = np.take_along_axis(grouped, chosen[:, None], axis=2).reshape(len(rows), -1)
    found = np.concatenate([found, rows[:, groups * GROUP :]], axis=1)
    return np.partition(found, k - 1, axis=1)[:, k - 1]


class PrecisionRecall(NamedTuple):
    """Both in [0, 1]."""

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """`density` >= 0, about 1 for equal distributions; `coverage` in [0, 1]."""

    density: float
    coverage: float


def precision_recall(samples, real, k=3):
    """Share of samples in the manifold of real rows, and of real rows in that of samples.

    Kynkaanniemi et al. (2019, arXiv:1904.06991), equations 1 and 2, k = 3 of section 3: a row lies in
    a ball if its distance from the center is at most the radius, so that equal sets score (1, 1). One
    real outlier with a wide ball makes precision generous: look at density and coverage too.

    Args:
        samples: Array of features (num, width), more than k rows.
        real: The same of real examples, or their `Manifold`, whose k then counts.
        k: Which neighbor is on the edge, 1 or more.

    Returns:
        `PrecisionRecall`.

    Raises:
        InvalidDataError, ValueError, TypeError: As `arrays.rows`; `k` is no int >= 1.
    """
    real, samples = _pair(real, samples, k)
    precision = (real.counts(samples)[0] > 0).mean()
    recall = (Manifold(samples, real.k).counts(real.features)[0] > 0).mean()
    return PrecisionRecall(float(precision), float(recall))


def density_coverage(samples, real, k=5):
    """How often samples lie in balls of real rows, and the share of those balls they reach.

    Naeem et al. (2020, arXiv:2002.09797), equations 2 and 3, k = 5 of section 3.4. Of a set and
    itself the density is (k + 1) / k: each row lies in its own ball and in k others on average.

    Args:
        samples, real, k: As in `precision_recall`.

    Returns:
        `DensityCoverage`.
    """
    real, samples = _pair(real, samples, k)
    held, reached = real.counts(samples)
    return DensityCoverage(float(held.mean() / real.k), float(reached.mean()))


def _pair(real, samples, k):
    k = checks.integer("k", k, 1, 2**31 - 1)
    if not isinstance(real, Manifold):
        real = Manifold(arrays.rows("real", real, k + 1), k)
    return real, arrays.rows("samples", samples, real.k + 1, real.features.shape[1])
