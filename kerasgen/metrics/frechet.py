"""The Frechet distance of two Gaussians, and its estimate from streams of examples."""

import keras
import numpy as np
import tensorflow as tf

from kerasgen.errors import InvalidDataError
from kerasgen.metrics import arrays
from kerasgen.ops import checks

SYMMETRIC = 1e-6  # of the largest entry: how far from symmetric rounding leaves a covariance


def frechet_distance(mean_x, covariance_x, mean_y, covariance_y):
    """Squared Frechet distance of two Gaussians, in float64 (Dowson & Landau, 1982,
    doi:10.1016/0047-259X(82)90077-X):

        |mean_x - mean_y|^2 + tr(cov_x + cov_y - 2 (cov_x cov_y)^(1/2))

    The trace of the root is the sum of the singular values of cov_x^(1/2) cov_y^(1/2); eigenvalues of
    any size count, down to the rounding of the largest.

    Args:
        mean_x, mean_y: Arrays (width,).
        covariance_x, covariance_y: Symmetric positive semi-definite arrays (width, width).

    Raises:
        InvalidDataError: If an array is not finite, of another shape, or a covariance is not symmetric.
    """
    mean_x, mean_y = arrays.array("mean_x", mean_x, rank=1), arrays.array("mean_y", mean_y, rank=1)
    width = len(mean_x)
    _same_shape("mean_y", mean_y, (width,), "mean_x")
    x = _covariance("covariance_x", covariance_x, width)
    y = _covariance("covariance_y", covariance_y, width)
    return float(between(mean_x, _root(x), mean_y, _root(y)))


@keras.saving.register_keras_serializable("kerasgen")
class FrechetDistance(keras.metrics.Metric):
    """`fid` of streams: `update_state(real, generated)` takes batches of features (batch, width).

    Keeps count, mean and scatter of either side in float64 and merges batches by the
    pairwise update of Chan et al. (1983, doi:10.2307/2683386), which does not cancel.

    Args:
        width: Numbers of a feature.

    Raises:
        ValueError, TypeError: If `width` is no int from 1 to 32,768.
    """

    def __init__(self, width, name="fid", **kwargs):
        width = checks.integer("width", width, 1, 2**15)
        checks.name("name", name)
        super().__init__(name=name, **{"dtype": "float64"} | kwargs)
        self.width = width
        shapes = {"count": (), "mean": (width,), "scatter": (width, width)}
        self.sides = [
            {name: self.add_variable(shape, "zeros", "float64", name=name) for name, shape in shapes.items()}
            for _ in range(2)
        ]

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch to both sides, or to neither if anything is wrong with it.

        Args:
            y_true, y_pred: Features (batch, width) of real and of generated examples; the numbers of
                rows may differ, and be 0.
            sample_weight: Weights >= 0 of the rows of both sides, (batch,), or a number for all. A row
                of weight 2 counts as two equal rows, one of weight 0 not at all.

        Raises:
            InvalidDataError: Features or weights that are not finite real numbers of that shape. Inside
                a graph, wrong values raise `tf.errors.InvalidArgumentError`.
        """
        batches = [_features(*side, self.width) for side in (("y_true", y_true), ("y_pred", y_pred))]
        weights = [_weights(sample_weight, batch) for batch in batches]
        guards = _guards(*zip(("y_true", "y_pred"), batches, strict=True), ("sample_weight", weights[0]))
        with tf.control_dependencies(guards):
            sides = [[tf.identity(part) for part in pair] for pair in zip(batches, weights, strict=True)]
        merged = [_merged(side, *new) for side, new in zip(self.sides, sides, strict=True)]
        for side, values in zip(self.sides, merged, strict=True):
            for name, value in values.items():
                side[name].assign(value)

    def result(self):
        """float64 scalar; NaN until the weights of either side add up to more than `width`."""
        (n, a, s), (m, b, t) = ([tf.convert_to_tensor(v) for v in side.values()] for side in self.sides)
        enough = tf.minimum(n, m) > self.width
        distance = lambda: between(a, _root(s / (n - 1)), b, _root(t / (m - 1)))
        return tf.cond(enough, distance, lambda: tf.constant(np.nan, "float64"))

    def get_config(self):
        return super().get_config() | {"width": self.width}


def between(mean_x, root_x, mean_y, root_y):
    """The squared Frechet distance, float64 scalar, of means (width,) and roots of covariances.

    A root is any R (width, rank) with R R^T = covariance; the trace is the sum of its squares.
    """
    common = tf.linalg.svd(tf.matmul(root_x, root_y, transpose_a=True), compute_uv=False)
    traces = tf.reduce_sum(root_x**2) + tf.reduce_sum(root_y**2)
    gap = tf.reduce_sum((mean_x - mean_y) ** 2)
    return gap + tf.maximum(traces - 2 * tf.reduce_sum(common), 0)


def _root(covariance):
    """R with R R^T = covariance: eigenvectors times the roots of their eigenvalues."""
    values, vectors = tf.linalg.eigh(covariance)
    return vectors * tf.sqrt(tf.maximum(values, 0))  # rounding alone makes one negative


def _merged(side, batch, weights):
    """Count, mean and scatter of what a side has seen and a batch together."""
    count, mean, scatter = (tf.convert_to_tensor(side[name]) for name in ("count", "mean", "scatter"))
    size = tf.reduce_sum(weights)
    center = tf.reduce_sum(weights[:, None] * batch, 0) / tf.where(size > 0, size, 1)
    total = tf.where(count + size > 0, count + size, 1)
    gap, rest = center - mean, batch - center
    within = tf.matmul(weights[:, None] * rest, rest, transpose_a=True)
    return {
        "count": count + size,
        "mean": mean + gap * size / total,
        "scatter": scatter + within + tf.tensordot(gap, gap, 0) * (count * size / total),
    }


def _features(name, batch, width):
    """A batch as a float64 tensor (batch, width); values are checked here where they are known."""
    batch = _real(name, batch)
    if not tf.TensorShape(batch.shape).is_compatible_with((None, width)):
        raise InvalidDataError(
            f"`{name}` must have shape (batch, {width}). Received: shape {tuple(batch.shape)}."
        )
    return tf.cast(batch, "float64")


def _real(name, value):
    """An array, or a tensor, of real numbers."""
    if not tf.is_tensor(value):
        return checks.real(name, value)
    if not (value.dtype.is_floating or value.dtype.is_integer):
        raise InvalidDataError(f"`{name}` must hold real numbers. Received: dtype {value.dtype.name}.")
    return value


def _weights(weights, batch):
    """The weights of a batch's rows, float64 (batch,)."""
    num = tf.shape(batch)[:1]
    if weights is None:
        return tf.ones(num, "float64")
    weights = _real("sample_weight", weights)
    weights, shape = tf.cast(weights, "float64"), tf.TensorShape(weights.shape)
    if not (shape.rank == 0 or shape.is_compatible_with(batch.shape[:1])):
        raise InvalidDataError(
            f"`sample_weight` must hold one number a row of either side, shape {tuple(batch.shape[:1])}. "
            f"Received: shape {tuple(shape)}."
        )
    return tf.broadcast_to(weights, num)


def _guards(*named):
    """Refuses values that are not finite, and weights below 0: at once, or by assertions of the graph."""
    guards = []
    for name, value in named:
        rule = "finite and >= 0" if name == "sample_weight" else "finite"
        good = tf.reduce_all(tf.math.is_finite(value))
        if name == "sample_weight":
            good &= tf.reduce_all(value >= 0)
        if tf.executing_eagerly():
            if not good:
                raise InvalidDataError(f"`{name}` must be {rule}. Received: another value.")
        else:
            guards.append(tf.debugging.Assert(good, [f"`{name}` must be {rule}. Received: another value."]))
    return guards


def _covariance(name, covariance, width):
    covariance = arrays.array(name, covariance, rank=2)
    _same_shape(name, covariance, (width, width))
    if np.abs(covariance - covariance.T).max() > SYMMETRIC * np.abs(covariance).max():
        raise InvalidDataError(f"`{name}` must be symmetric. Received: a matrix that is not.")
    return covariance


def _same_shape(name, x, shape, like=None):
    if x.shape != shape:
        words = f"shape {shape}" + (f", as `{like}`" if like else "")
        raise InvalidDataError(f"`{name}` must have {words}. Received: shape {x.shape}.")
