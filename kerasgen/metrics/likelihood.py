"""Likelihoods of test data: units, importance sampling, Parzen windows.

Log-densities are in nats per example, float64; bits per dimension only under that name.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf
from scipy.special import logsumexp

from kerasgen.errors import InvalidDataError
from kerasgen.metrics import arrays
from kerasgen.metrics.arrays import array
from kerasgen.metrics.distances import Rows
from kerasgen.ops import checks, rng


def bits_per_dim(log_density, num_dims, bin_width):
    """-(log p(x) + D log w) / (D log 2): nats of an example into bits per dimension.

    The convention of Theis et al. (2016), arXiv:1511.01844: with noise uniform
    over its bin added to each of the 256 gray levels, the density times the bin's volume
    bounds the probability of the levels from below, so these bits bound theirs from above.

    Args:
        log_density: log p(x) in nats, any shape.
        num_dims: D, the numbers in one example (784 for MNIST).
        bin_width: w, the width of one gray level where the density lives: 1 on [0, 256],
            1/256 on [0, 1] after (x + u) / 256, 2/256 on [-1, 1]; 1 for the log-probability
            of the levels themselves.

    Raises:
        InvalidDataError, ValueError, TypeError: `log_density` NaN, +inf or empty;
            `num_dims` < 1; `bin_width` <= 0.
    """
    log_density = array("log_density", log_density, low=-np.inf)
    num_dims = checks.integer("num_dims", num_dims, 1, 2**31)
    return -log_density / (num_dims * np.log(2)) - np.log2(checks.positive("bin_width", bin_width))


def dequantize(images, key, value_range=(0, 1)):
    """(x + u) / 256 with u ~ U(0, 1), scaled to `value_range`: float32, the shape of `images`.

    One gray level becomes a bin of width (high - low) / 256, the `bin_width` of
    `bits_per_dim`. On [0, 1], floor(256 y) gives x back without exception.

    Args:
        images: uint8 array or tensor of any shape, also inside a graph.
        key: A key of `kerasgen.ops.rng`.
        value_range: (low, high) of the result.

    Raises:
        InvalidDataError, ValueError: `images` empty or not uint8; `value_range` not rising.
    """
    rng.check_key("key", key)
    if not tf.is_tensor(images):
        images = tf.constant(checks.real("images", images))
    if images.dtype != tf.uint8 or images.shape.num_elements() == 0:
        raise InvalidDataError(
            f"`images` must be uint8 and not empty. Received: {images.dtype.name} of shape {images.shape}."
        )
    low, high = checks.value_range("value_range", (0, 1) if value_range is None else value_range)
    # 8 bits of x and 16 of u fill float32's 24: with more, x + u would round up into the next bin.
    u = (tf.cast(rng.integers(key, tf.shape(images), 2**15), "float32") + 0.5) / 2**15
    return low + (high - low) * ((tf.cast(images, "float32") + u) / 256)


def importance(log_weights, axis=0):
    """log 1/k sum_i w_i, with w_i = p(x, z_i) / q(z_i | x) and z_i ~ q(z | x), nats.

    In expectation a lower bound of log p(x) that rises to it with k: Burda et al. (2016),
    arXiv:1509.00519, equation 8; k = 5000 in section 5.

    Args:
        log_weights: log w_i, k of them along `axis`; -inf is a weight of 0.
        axis: The axis of the draws, which the result lacks.

    Raises:
        InvalidDataError: `log_weights` empty (k = 0), NaN or +inf.
    """
    log_weights, axis = _log_weights(log_weights, axis)
    return logsumexp(log_weights, axis) - np.log(log_weights.shape[axis])


def effective_sample_size(log_weights, axis=0):
    """(sum_i w_i)^2 / sum_i w_i^2, in [1, k], and 0 where every weight is 0; arguments as `importance`.

    Near 1, a single draw carries the estimate of `importance`, which then lies too low.
    """
    log_weights, axis = _log_weights(log_weights, axis)
    return _effective(logsumexp(log_weights, axis), logsumexp(2 * log_weights, axis))


def importance_stream(log_weight_chunks):
    """`importance` and `effective_sample_size` of draws that come in chunks, in the memory of one.

    Args:
        log_weight_chunks: Iterable of arrays (draws, batch); the number of draws may vary.

    Returns:
        (log p(x) in nats, effective sample size), float64 arrays of shape (batch,).

    Raises:
        InvalidDataError: No chunk at all, or one that is empty, NaN, +inf or of another batch.
    """
    try:
        chunks = iter(log_weight_chunks)
    except Exception as error:
        raise InvalidDataError(
            "`log_weight_chunks` must be an iterable of arrays. "
            f"Received: log_weight_chunks={checks.received(log_weight_chunks)}."
        ) from error
    total, square, k = -np.inf, -np.inf, 0
    for chunk in chunks:
        chunk = array("log_weight_chunks", chunk, rank=2, low=-np.inf)
        if k and chunk.shape[1:] != total.shape:
            raise InvalidDataError(
                f"`log_weight_chunks` must agree in their batch, {len(total)}. Received: shape {chunk.shape}."
            )
        total = np.logaddexp(total, logsumexp(chunk, 0))
        square = np.logaddexp(square, logsumexp(2 * chunk, 0))
        k += len(chunk)
    if not k:
        raise InvalidDataError("`log_weight_chunks` must hold at least one draw. Received: none.")
    return total - np.log(k), _effective(total, square)


class ParzenEstimate(NamedTuple):
    """Mean log-likelihood of the test examples and its standard error in nats, and the width chosen."""

    mean: float
    standard_error: float
    sigma: float


def parzen(samples, x, sigmas, validation, chunk=250):
    """log 1/n sum_i N(x; s_i, sigma^2 I) under a Gaussian window around each of n samples.

    The protocol of Goodfellow et al. (2014), arXiv:1406.2661, section 5, after Breuleux et
    al. (2011): sigma has the highest mean log-likelihood of `validation`, 10,000 samples. It is
    here to stand beside old tables only. Beyond a few dimensions it is far from the model's
    log-likelihood however many samples are drawn, and it ranks draws from the centroids of
    k-means above draws of the true distribution: Theis et al. (2016), arXiv:1511.01844.

    Args:
        samples: The model's samples, shape (n, ...).
        x: Test examples (m, ...), m >= 2, in the range of `samples`.
        sigmas: Grid of widths > 0 in the unit of the data. A choice at its edge asks for a wider one.
        validation: Examples (v, ...) that are not in `x`.
        chunk: Examples at a time; memory grows by about 32 n chunk bytes.

    Raises:
        InvalidDataError, ValueError, TypeError: Empty, not finite or of unlike shapes;
            a width <= 0; `chunk` < 1.
    """
    sigmas = array("sigmas", sigmas, rank=1)
    checks.positive("sigmas", sigmas.min())
    chunk = checks.integer("chunk", chunk, 1, 2**31)
    samples, x, validation = _flat(samples=samples, x=x, validation=validation)
    if len(x) < 2:  # one example has no standard error
        raise InvalidDataError(f"`x` must hold at least 2 examples. Received: {len(x)}.")
    sigma = sigmas[np.argmax(_windows(samples, validation, sigmas, chunk).mean(1))]
    log_p = _windows(samples, x, [sigma], chunk)[0]
    return ParzenEstimate(float(log_p.mean()), float(log_p.std(ddof=1) / len(x) ** 0.5), float(sigma))


def _effective(total, square):
    with np.errstate(invalid="ignore"):  # inf - inf, where every weight is 0
        return np.nan_to_num(np.exp(2 * total - square))


def _flat(**examples):
    """Arrays of equally shaped examples as rows (n, d), in their own type."""
    flat, shape = [], None
    for name, x in examples.items():
        rows = arrays.rows(name, x, least=1, dtype=None)
        shape = np.shape(x)[1:] if shape is None else shape
        if np.shape(x)[1:] != shape:
            first = next(iter(examples))
            raise InvalidDataError(
                f"`{name}` must have shape (n, {shape}), as `{first}`. Received: shape {np.shape(x)}."
            )
        flat.append(rows)
    return flat


def _log_weights(log_weights, axis):
    log_weights = np.atleast_1d(array("log_weights", log_weights, low=-np.inf))
    return log_weights, checks.integer("axis", axis, -log_weights.ndim, log_weights.ndim - 1)


def _windows(samples, x, sigmas, chunk):
    """Log-densities of x under each width, float64, shape (sigmas, len(x))."""
    n, d = samples.shape
    others, columns = Rows(samples, samples.mean(0, dtype="float64")), []
    for rows in np.split(x, range(chunk, len(x), chunk)):
        squares = others.squares(rows)  # (chunk, n)
        nearest = squares.min(1)
        beyond = nearest[:, None] - squares  # <= 0, so that exp cannot overflow
        columns.append([_log_sum(beyond, 2 * s**2) - nearest / (2 * s**2) for s in sigmas])
    scale = np.log(n) + d * np.log(np.asarray(sigmas) * (2 * np.pi) ** 0.5)
    return np.concatenate(columns, 1) - scale[:, None]


def _log_sum(beyond, width):
    # e^-700 counts for nothing beside the nearest sample's 1; what is smaller is subnormal, and slow.
    return np.log(np.exp(np.maximum(beyond / width, -700)).sum(1))
