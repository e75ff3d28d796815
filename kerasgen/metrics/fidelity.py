"""Distances between two laws of features: Frechet and kernel.

The features decide what is measured: name them with every figure, as in `fid_lenet_mnist_v1`.
"""

from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from kerasgen.errors import InvalidDataError
from kerasgen.metrics import arrays, tfgan
from kerasgen.ops import checks


def frechet_distance(mean_x, covariance_x, mean_y, covariance_y):
    """Squared Frechet distance of two Gaussians, in float64 (Dowson & Landau, 1982):

        |mean_x - mean_y|^2 + tr(cov_x + cov_y - 2 (cov_x cov_y)^(1/2))

    Args:
        mean_x, mean_y: Arrays (width,).
        covariance_x, covariance_y: Symmetric positive semi-definite arrays (width, width).
    """
    moments = (np.asarray(a, "float64") for a in (mean_x, covariance_x, mean_y, covariance_y))
    return float(_frechet(*moments))


def fid(x, y):
    """Frechet distance of two sets of features (Heusel et al., 2017, arXiv:1706.08500, equation 6).

    It falls with the number of rows even where the laws are equal: compare figures of equal
    numbers only, and look at the floor of real against real.

    Args:
        x, y: Arrays (num, width), more rows than `width` each; 10,000 are usual.

    Raises:
        InvalidDataError: As `arrays.rows`; also for too few rows to span the features.
    """
    x, y = _spanning(x, y)
    return frechet_distance(*_moments(x), *_moments(y))


def fid_infinity(x, y, seed=0, points=15):
    """`fid` of x extrapolated to infinitely many rows of x (Chong & Forsyth, 2020, arXiv:1911.07023).

    The bias is linear in 1/num to first order: a line through the distances of `points`
    random subsets of x, a tenth of it to all of it, is read at 1/num = 0. The rows of y,
    the real ones, are taken as they are.

    Args:
        x, y: As in `fid`; x with ten times as many rows as `width` or more.
        seed: Of the subsets.
        points: Number of subsets, 2 or more.
    """
    checks.integer("points", points, 2, 1000)
    x, y = _spanning(x, y)
    least = max(len(x) // 10, x.shape[1] + 1)
    sizes = np.unique(np.linspace(least, len(x), points).astype(int))
    if len(sizes) < 2:
        raise InvalidDataError(f"`x` must have at least {x.shape[1] + points} rows. Received: {len(x)} rows.")
    generator = np.random.default_rng(seed)
    real = _moments(y)
    subsets = (generator.choice(len(x), size, replace=False) for size in sizes)
    distances = [frechet_distance(*_moments(x[subset]), *real) for subset in subsets]
    return float(np.polynomial.Polynomial.fit(1 / sizes, distances, 1)(0.0))


class Estimate(NamedTuple):
    """A figure and its standard error."""

    value: float
    standard_error: float


def kid(x, y, block=1000):
    """Kernel distance (Binkowski et al., 2018, arXiv:1801.01401): squared MMD of features.

    Kernel (a.b / width + 1)^3, unbiased, hence sometimes below 0; the mean over blocks
    (TF-GAN's estimator), whose spread gives the standard error.

    Args:
        x, y: Arrays (num, width), rows in random order.
        block: Most rows a block; the error is NaN where there is a single block.

    Returns:
        `Estimate`.
    """
    x, y = arrays.pair(x, y)
    checks.integer("block", block, 2, 2**31 - 1)
    measure = tfgan.classifier_metrics().kernel_classifier_distance_and_std_from_activations
    with tfgan.quiet():
        return Estimate(*map(float, measure(tf.constant(x), tf.constant(y), max_block_size=block)))


@keras.saving.register_keras_serializable("kerasgen")
class FrechetDistance(keras.metrics.Metric):
    """`fid` of streams: `update_state(real, generated)` takes batches of features (batch, width).

    Keeps count, mean and scatter of either side in float64 and merges batches by the
    pairwise update of Chan et al. (1983, doi:10.2307/2683386), which does not cancel.

    Args:
        width: Numbers of a feature.
    """

    def __init__(self, width, name="fid", **kwargs):
        super().__init__(name=name, **{"dtype": "float64"} | kwargs)
        self.width = checks.integer("width", width, 1, 2**15)
        shapes = {"count": (), "mean": (width,), "scatter": (width, width)}
        self.sides = [
            {name: self.add_variable(shape, "zeros", "float64", name=name) for name, shape in shapes.items()}
            for _ in range(2)
        ]

    def update_state(self, y_true, y_pred, sample_weight=None):
        for side, batch in zip(self.sides, (y_true, y_pred), strict=True):
            _merge(side, tf.cast(batch, "float64"))

    def result(self):
        """float64 scalar; NaN until both sides have more rows than `width`."""
        (n, a, s), (m, b, t) = ([tf.convert_to_tensor(v) for v in side.values()] for side in self.sides)
        enough = tf.minimum(n, m) > self.width
        distance = lambda: _frechet(a, s / (n - 1), b, t / (m - 1))
        return tf.cond(enough, distance, lambda: tf.constant(np.nan, "float64"))

    def get_config(self):
        return super().get_config() | {"width": self.width}


def _frechet(mean_x, x, mean_y, y):
    scale = tf.maximum(tf.linalg.trace(x), tf.linalg.trace(y))
    scale = tf.where(scale > 0, scale, 1.0)
    # TF-GAN takes eigenvalues below 1e-10 for 0: what that means must not depend on the unit.
    root = scale * tfgan.classifier_metrics().trace_sqrt_product(x / scale, y / scale)
    gap = tf.reduce_sum((mean_x - mean_y) ** 2)
    return gap + tf.linalg.trace(x) + tf.linalg.trace(y) - 2 * root


def _merge(side, batch):
    count, mean, scatter = side["count"], side["mean"], side["scatter"]
    size = tf.cast(tf.shape(batch)[0], "float64")
    center = tf.reduce_sum(batch, 0) / tf.maximum(size, 1)
    total = tf.maximum(count + size, 1)
    gap = center - mean
    rest = batch - center
    within = tf.matmul(rest, rest, transpose_a=True)
    scatter.assign_add(within + tf.tensordot(gap, gap, 0) * (count * size / total))
    mean.assign_add(gap * size / total)
    count.assign_add(size)


def _spanning(x, y):
    width = np.shape(x)[-1] if np.ndim(x) else 0
    return arrays.pair(x, y, least=width + 1)


def _moments(x):
    return x.mean(0), np.atleast_2d(np.cov(x, rowvar=False))
