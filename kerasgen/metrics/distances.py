"""Euclidean distances between rows, exact also where the data lie far from the origin or far apart."""

from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist

CHUNK = 500  # rows compared at once
CLOSE = 1e-3  # of |x|^2 + |y|^2: squared distances below it lose digits when the square is expanded
NARROW = 16  # columns up to which differences cost no more than products
DIRECT = 2**20  # numbers above which close pairs are no exception
BLOCK = 4000  # rows that those are compared with at once


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


def squared_distances(x, y, center=0.0):
    """|x_i - y_j|^2 in float64, shape (len(x), len(y)), to a relative precision of about 1e-11.

    |x|^2 + |y|^2 - 2 x.y is fast but cancels where two rows are close to each other and far from 0.
    Those pairs are taken anew from their differences.

    Args:
        x, y: Arrays (num, width) of real numbers.
        center: Subtracted from both in float64, (width,): a point amid the data.
    """
    x = np.asarray(x, "float64") - center
    squares = np.empty((len(x), len(y)))
    for at in range(0, len(y), BLOCK):
        part = np.asarray(y[at : at + BLOCK], "float64") - center
        squares[:, at : at + BLOCK] = _between(x, part)
    return squares


def _between(x, y):
    if x.shape[1] <= NARROW:
        return cdist(x, y, "sqeuclidean")
    x_size, y_size = (np.einsum("nd,nd->n", side, side) for side in (x, y))
    # The sum of the three terms is one product of matrices: every further pass over it costs as much.
    left = np.column_stack([-2 * x, x_size, np.ones(len(x))])
    squares = left @ np.column_stack([y, np.ones(len(y)), y_size]).T
    close = np.flatnonzero(squares < CLOSE * (x_size + y_size.max())[:, None])
    i, j = np.divmod(close, len(y))
    if i.size * x.shape[1] > DIRECT:
        return cdist(x, y, "sqeuclidean")
    squares[i, j] = np.sum((x[i] - y[j]) ** 2, axis=1)
    return squares


def nearest(x, y, center=0.0, left_out=None):
    """`Nearest` row of y for each row of x; of several equally near the first.

    Args:
        x, y, center: As in `squared_distances`.
        left_out: Int (len(x),), a row of y for each of x that does not count, or None.
    """
    squares, index = np.full(len(x), np.inf), np.zeros(len(x), "int64")
    for start in range(0, len(y), BLOCK):
        part = np.asarray(y[start : start + BLOCK], "float64") - center
        for at in range(0, len(x), CHUNK):
            here = slice(at, at + CHUNK)
            found = _between(np.asarray(x[here], "float64") - center, part)
            if left_out is not None:
                own = left_out[here] - start
                inside = np.flatnonzero((own >= 0) & (own < found.shape[1]))
                found[inside, own[inside]] = np.inf
            best = found.argmin(1)
            value = found[np.arange(len(found)), best]
            better = value < squares[here]
            index[here] = np.where(better, start + best, index[here])
            squares[here] = np.minimum(value, squares[here])
    return Nearest(np.sqrt(squares), index)
