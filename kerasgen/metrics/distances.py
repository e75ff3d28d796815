"""Euclidean distances between rows, exact also where the data lie far from the origin or far apart."""

from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist

CHUNK = 250  # rows compared at once,
COLUMNS = 5000  # with so many others
CLOSE = 1e-3  # of |x|^2 + |y|^2: squared distances below it lose digits when the square is expanded
NARROW = 16  # columns up to which differences cost no more than products
DIRECT = 2**20  # numbers above which close pairs are no exception
BLOCK = 20_000  # rows made ready at once


class Nearest(NamedTuple):
    """Distance (num,) to the row nearest to each example, and its index (num,)."""

    distance: np.ndarray
    index: np.ndarray


def origin(x):
    """A point near the rows of `x` from which rounding does them no harm: float64 (width,).

    The mean of each column, rounded toward 0 to whole multiples of a power of two that is at least the
    widest range of a column. Data that lie around 0 or begin at 0 are thus left to the bit.

    Args:
        x: Finite array (num, width).
    """
    reach = float(np.max(x.max(0).astype("float64") - x.min(0)))
    center = x.mean(0, dtype="float64")
    if not reach:
        return center
    unit = 2.0 ** np.ceil(np.log2(reach))
    return np.trunc(center / unit) * unit


class Rows:
    """Rows that others are compared with, made ready once.

    |x|^2 + |y|^2 - 2 x.y is fast but cancels where two rows are close to each other and far from 0.
    Those pairs are taken anew from their differences.

    Args:
        y: Array (num, width) of real numbers.
        center: Subtracted from all rows in float64, (width,): a point amid the data.
    """

    def __init__(self, y, center=0.0):
        self.center = center
        self.y = np.asarray(y, "float64") - center
        if self.y.shape[1] > NARROW:
            size = np.einsum("nd,nd->n", self.y, self.y)
            # The sum of the three terms is one product of matrices: every further pass over it costs as much.
            self._right, self._size = np.column_stack([self.y, np.ones(len(size)), size]), size

    def __len__(self):
        return len(self.y)

    def squares(self, x):
        """|x_i - y_j|^2 in float64, shape (len(x), num), to a relative precision of about 1e-11."""
        squares = np.empty((len(x), len(self)))
        for start, part in self.blocks(x):
            squares[:, start : start + part.shape[1]] = part
        return squares

    def blocks(self, x):
        """The same by columns, so few at once that they stay in a cache: (first column, squares)."""
        x = np.asarray(x, "float64") - self.center
        wide = x.shape[1] > NARROW
        if wide:
            size = np.einsum("nd,nd->n", x, x)
            left = np.column_stack([-2 * x, size, np.ones(len(x))])
        for start in range(0, len(self), COLUMNS):
            here = slice(start, start + COLUMNS)
            if wide:
                yield start, self._expanded(x, left, size, here)
            else:
                yield start, cdist(x, self.y[here], "sqeuclidean")

    def _expanded(self, x, left, size, here):
        y, squares = self.y[here], left @ self._right[here].T
        close = np.flatnonzero(squares < CLOSE * (size + self._size[here].max())[:, None])
        if close.size * x.shape[1] > DIRECT:
            return cdist(x, y, "sqeuclidean")
        i, j = np.divmod(close, len(y))
        squares[i, j] = np.sum((x[i] - y[j]) ** 2, axis=1)
        return squares


def nearest(x, y, center=0.0, left_out=None):
    """`Nearest` row of y for each row of x; of several equally near the first.

    Args:
        x, y: Arrays (num, width) of real numbers.
        center: As in `Rows`.
        left_out: Int (len(x),), a row of y for each of x that does not count, or None.
    """
    squares, index = np.full(len(x), np.inf), np.zeros(len(x), "int64")
    for first in range(0, len(y), BLOCK):
        rows = Rows(y[first : first + BLOCK], center)
        for at in range(0, len(x), CHUNK):
            here = slice(at, at + CHUNK)
            for start, found in rows.blocks(x[here]):
                if left_out is not None:
                    own = left_out[here] - first - start
                    inside = np.flatnonzero((own >= 0) & (own < found.shape[1]))
                    found[inside, own[inside]] = np.inf
                best = found.argmin(1)
                value = found[np.arange(len(found)), best]
                better = value < squares[here]
                index[here] = np.where(better, first + start + best, index[here])
                squares[here] = np.minimum(value, squares[here])
    return Nearest(np.sqrt(squares), index)
