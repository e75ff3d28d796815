"""Does a model copy its training examples? Distances to the nearest of them."""

from typing import NamedTuple

import numpy as np
from scipy.stats import mannwhitneyu
from sklearn.neighbors import NearestNeighbors

from kerasgen.metrics import arrays


class Nearest(NamedTuple):
    """Distance (num,) to the training row nearest to each example, and its index (num,)."""

    distance: np.ndarray
    index: np.ndarray


class Training:
    """Training rows to which others are compared.

    Args:
        features: Array (num, width), 2 rows or more.
    """

    def __init__(self, features):
        # Half the memory and time of float64; distances to seven digits are enough here.
        self.features = arrays.rows("features", features).astype("float32")
        self._nearest = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(self.features)

    def nearest(self, x):
        """`Nearest` of each row of x, (num, width)."""
        x = arrays.rows("x", x, width=self.features.shape[1]).astype("float32")
        return Nearest(*(column[:, 0] for column in self._nearest.kneighbors(x)))

    def authenticity(self, nearest):
        """Share of samples that are no copies, in [0, 1] (Alaa et al., 2022, arXiv:2102.08921).

        A sample counts as a copy if it is nearer to its nearest training row than any other
        training row is (section 5 there).

        Args:
            nearest: `Nearest` of the samples.
        """
        hit, place = np.unique(nearest.index, return_inverse=True)
        own = self._nearest.kneighbors(self.features[hit], 2)[0][:, 1]  # [:, 0] is the row itself
        return float((nearest.distance > own[place]).mean())


def copying(samples, held_out):
    """z-score of C_T (Meehan et al., 2020, arXiv:2004.05675, section 3.1, with one cell).

    The rank test of whether samples are nearer to training rows than held-out rows of the
    same law are. About N(0, 1) for samples of that law; far below 0 for copies, far above 0
    where samples stay away from the data.

    Args:
        samples, held_out: `Nearest` of either.
    """
    n, m = len(samples.distance), len(held_out.distance)
    statistic = mannwhitneyu(samples.distance, held_out.distance).statistic
    return float((statistic - n * m / 2) / np.sqrt(n * m * (n + m + 1) / 12))
