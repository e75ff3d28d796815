"""Distances between two distributions of features: Frechet and kernel.

The features decide what is measured: name them with every figure, as in `fid_lenet_mnist_v1`.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf
import threadpoolctl

from kerasgen.errors import InvalidDataError
from kerasgen.metrics import arrays, tfgan
from kerasgen.metrics.frechet import FrechetDistance, between, frechet_distance
from kerasgen.ops import checks

EVEN = 1e-8  # ratio of eigenvalues down to which products of rows keep nine digits of them

__all__ = ["Estimate", "FrechetDistance", "fid", "fid_infinity", "frechet_distance", "kid"]


def fid(x, y):
    """Frechet distance of two sets of features (Heusel et al., 2017, arXiv:1706.08500, equation 6).

    It falls with the number of rows even where the distributions are equal: compare figures of equal
    numbers only, and look at the floor of real against real.

    Args:
        x, y: Arrays (num, width), of samples and of real examples, more rows than `width` each; 10,000
            are usual. The samples may all be equal, as those of a collapsed model are.

    Raises:
        InvalidDataError: As `arrays.rows`; also for too few rows to span the features.
    """
    x, y = _spanning(x, y)
    return float(between(*_moments(x), *_moments(y)))


def fid_infinity(x, y, seed=0, points=15):
    """`fid` of x extrapolated to infinitely many rows of x (Chong & Forsyth, 2020, arXiv:1911.07023).

    The bias is linear in 1/num to first order: a line through the distances of `points`
    random subsets of x, a tenth of it to all of it, is read at 1/num = 0. The rows of y,
    the real ones, are taken as they are.

    Args:
        x, y: As in `fid`; x with ten times as many rows as `width` or more.
        seed: Int in [0, 2**32). Seeds the subsets.
        points: Number of subsets, 2 to 1,000.

    Raises:
        InvalidDataError, ValueError, TypeError: As `fid`; a number out of its range.
    """
    seed = checks.integer("seed", seed, 0, 2**32 - 1)
    checks.integer("points", points, 2, 1000)
    x, y = _spanning(x, y)
    least = max(len(x) // 10, x.shape[1] + 1)
    sizes = np.unique(np.linspace(least, len(x), points).astype(int))
    if len(sizes) < 2:
        raise InvalidDataError(f"`x` must have at least {x.shape[1] + points} rows. Received: {len(x)} rows.")
    generator = np.random.default_rng(seed)
    real = _moments(y)
    subsets = (generator.choice(len(x), size, replace=False) for size in sizes)
    distances = [float(between(*_moments(x[subset]), *real)) for subset in subsets]
    return float(np.polynomial.Polynomial.fit(1 / sizes, distances, 1)(0.0))


class Estimate(NamedTuple):
    """A figure and its standard error."""

    value: float
    standard_error: float


def kid(x, y, block=1000):
    """Kernel distance (Binkowski et al., 2018, arXiv:1801.01401): squared MMD of features.

    Kernel (a.b / width + 1)^3, unbiased, hence sometimes below 0; the mean over blocks
    (TF-GAN's estimator), whose spread gives the standard error. The larger set decides the number of
    blocks, ceil(num / block), and the smaller one must give 2 rows to each.

    Args:
        x, y: Arrays (num, width), rows in random order.
        block: Most rows a block, 2 or more; the error is NaN where there is a single block.

    Returns:
        `Estimate`.

    Raises:
        InvalidDataError, ValueError, TypeError: As `arrays.rows`, or fewer than 2 rows a block;
            `block` is no int >= 2.
    """
    block = checks.integer("block", block, 2, 2**31 - 1)
    x, y = arrays.pair(x, y)
    larger = max(len(x), len(y))
    least = 2 * -(-larger // block)
    name, fewer = min(("x", x), ("y", y), key=lambda side: len(side[1]))
    if len(fewer) < least:
        raise InvalidDataError(
            f"`{name}` must have at least {least} rows, 2 for each block of {block} among {larger}. "
            f"Received: {len(fewer)} rows."
        )
    measure = tfgan.classifier_metrics().kernel_classifier_distance_and_std_from_activations
    with tfgan.quiet():
        return Estimate(*map(float, measure(tf.constant(x), tf.constant(y), max_block_size=block)))


def _spanning(x, y):
    width = np.shape(arrays.rows("x", x, least=0, dtype=None))[1]
    return arrays.pair(x, y, least=width + 1)


def _moments(x):
    """Mean, and a root of the covariance.

    From the products of the rows where its eigenvalues lie within eight orders of magnitude; else from the
    rows themselves, at four times the cost, since products would round small ones away.
    """
    mean = x.mean(0)
    rows = (x - mean) / np.sqrt(len(x) - 1)
    products = rows.T @ rows
    alive = np.diag(products) > 0  # of a dead unit all numbers are equal
    values, vectors = np.linalg.eigh(products[np.ix_(alive, alive)])
    if values.size and values[0] > EVEN * values[-1]:
        root = np.zeros((len(alive), len(values)))
        root[alive] = vectors * np.sqrt(values)
        return mean, root
    # One thread: on a busy machine 80 times faster than threads that wait for each other.
    with threadpoolctl.threadpool_limits(1):
        return mean, np.linalg.qr(rows, mode="r").T
