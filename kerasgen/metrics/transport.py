"""The earth mover's distance between two sets of points, and what a critic finds of it.

Everything is float64 numpy, in the unit of the data.
"""

import numpy as np
from scipy.optimize import linear_sum_assignment

from kerasgen.errors import InvalidDataError
from kerasgen.metrics import arrays
from kerasgen.metrics.distances import Rows


def earth_mover(x, y):
    """W1 of two sets of n points each: min over permutations s of 1/n sum_i |x_i - y_s(i)|_2, >= 0.

    The infimum over couplings of the empirical distributions (Arjovsky et al., 2017, arXiv:1701.07875,
    equation 1) is a linear program, and of equally many points some permutation is among its solutions
    (Birkhoff). Exact, in a time that grows with n^3: a second for 1,000 points. On a line,
    `divergences.wasserstein1` sorts instead.

    Args:
        x, y: Points, both (n, d).

    Raises:
        InvalidDataError: Arrays that are empty, not finite or of unlike shapes.
    """
    distance = _distances(x, y)
    return float(distance[linear_sum_assignment(distance)].mean())


def critic_bound(f_x, f_y, x, y):
    """(mean f(x) - mean f(y)) / K, K the steepest slope of f from a point of y to one of x.

    At most `earth_mover(x, y)`, whatever the function f: f(x_i) / K - f(y_j) / K <= |x_i - y_j| are the
    constraints of the dual program, and its values never pass those of the primal one (Arjovsky et al., 2017,
    arXiv:1701.07875, equation 2, for the functions of slope 1 everywhere). 0 where f rises nowhere.

    Args:
        f_x, f_y: Values of a critic at the points, both (n,).
        x, y: Points, both (n, d).

    Raises:
        InvalidDataError: Arrays that are empty, not finite or of unlike shapes.
    """
    distance = _distances(x, y)
    f_x, f_y = (arrays.array(name, f, rank=1) for name, f in (("f_x", f_x), ("f_y", f_y)))
    for name, f in (("f_x", f_x), ("f_y", f_y)):
        if len(f) != len(distance):
            raise InvalidDataError(f"`{name}` must have shape ({len(distance)},). Received: {f.shape}.")
    rise = f_x[:, None] - f_y
    slopes = np.divide(rise, distance, out=np.zeros_like(rise), where=distance > 0)
    slope = slopes.max()
    return float((f_x.mean() - f_y.mean()) / slope) if slope > 0 else 0.0


def _distances(x, y):
    """|x_i - y_j|, (n, n)."""
    x = arrays.rows("x", x, least=1)
    y = arrays.rows("y", y, least=1, width=x.shape[1], like="x")
    if len(x) != len(y):
        raise InvalidDataError(f"`y` must have shape {x.shape}, as `x`. Received: shape {y.shape}.")
    return np.sqrt(Rows(y, y.mean(0)).squares(x))
