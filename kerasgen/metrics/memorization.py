"""Does a model copy its training examples? Distances to the nearest of them."""

import numpy as np
from scipy.stats import mannwhitneyu

from kerasgen.errors import InvalidDataError
from kerasgen.metrics import arrays, distances
from kerasgen.metrics.distances import Nearest


class Training:
    """Training rows to which others are compared.

    Args:
        features: Array (num, ...), 2 rows or more; features or pictures, kept in their own type.

    Raises:
        InvalidDataError: As `arrays.rows`.
    """

    def __init__(self, features):
        self.features = arrays.rows("features", features, dtype=None, varied=True)
        self._center = self.features.mean(0, dtype="float64")

    def nearest(self, x):
        """`Nearest` training row of each row of x, (num, width)."""
        x = arrays.rows("x", x, least=1, width=self.features.shape[1], dtype=None)
        return distances.nearest(x, self.features, self._center)

    def authenticity(self, nearest):
        """Share of samples that are no copies, in [0, 1] (Alaa et al., 2022, arXiv:2102.08921).

        A sample counts as a copy if it is at most as far from its nearest training row as any other
        training row is (section 5 there).

        Args:
            nearest: `Nearest` of the samples.

        Raises:
            InvalidDataError: If `nearest` is not that of these training rows.
        """
        nearest = _checked("nearest", nearest)
        arrays.labels("nearest.index", nearest.index, len(nearest.distance), len(self.features))
        hit, place = np.unique(nearest.index, return_inverse=True)
        own = distances.nearest(self.features[hit], self.features, self._center, left_out=hit)
        return float((nearest.distance > own.distance[place]).mean())


def copying(samples, held_out):
    """z-score of C_T (Meehan et al., 2020, arXiv:2004.05675, section 3.1, with one cell).

    The rank test of whether samples are nearer to training rows than held-out rows of the same
    distribution are. About N(0, 1) for samples of that distribution; far below 0 for copies, far above
    0 where samples stay away from the data. Blurred samples lie near the middle of the data and so come
    out below 0, too, without copying anything: look at `relative_distance` in pixels, and at
    `sharpness.relative_sharpness`.

    Args:
        samples, held_out: `Nearest` of either.
    """
    samples, held_out = _checked("samples", samples), _checked("held_out", held_out)
    n, m = len(samples.distance), len(held_out.distance)
    statistic = mannwhitneyu(samples.distance, held_out.distance).statistic
    return float((statistic - n * m / 2) / np.sqrt(n * m * (n + m + 1) / 12))


def relative_distance(samples, held_out):
    """Median distance of samples to their nearest training rows, over that of held-out rows; >= 0.

    1 for samples of the distribution of the data, near 0 for copies, above 1 for samples that are
    unlike the data, inf where more than half of the held-out rows stand in the training set themselves.

    Args:
        samples, held_out: `Nearest` of either.
    """
    far, usual = (
        float(np.median(_checked(name, side).distance))
        for name, side in (("samples", samples), ("held_out", held_out))
    )
    return far / usual if usual else (np.inf if far else 1.0)


def _checked(name, value):
    """`value`, if it is the `Nearest` of at least one row."""
    if not isinstance(value, Nearest):
        raise InvalidDataError(
            f"`{name}` must be what `Training.nearest` returns. Received: an object of type "
            f"{type(value).__name__}."
        )
    arrays.array(f"{name}.distance", value.distance, rank=1, low=0)
    return value
