"""Measures of mode collapse: which modes of the data a model reaches, and how evenly.

Everything is computed in float64 (clustering in float32) and every divergence is in nats.
"""

import math
import typing

import numpy as np
import threadpoolctl
from scipy import special, stats
from sklearn.cluster import MiniBatchKMeans

from kerasgen.errors import InvalidDataError
from kerasgen.metrics import arrays, distances
from kerasgen.ops import checks

WIDEST = 1e15  # numbers whose squares float32 can add up
PER_BIN = 10  # examples a bin, on average, below which the z-test's normal approximation is a poor one


class MixtureModes(typing.NamedTuple):
    """`modes` reached, `high_quality` share in [0, 1], `reverse_kl` >= 0 in nats."""

    modes: int
    high_quality: float
    reverse_kl: float


class ClassModes(typing.NamedTuple):
    """`modes` reached and `reverse_kl` >= 0 in nats."""

    modes: int
    reverse_kl: float


class Difference(typing.NamedTuple):
    """Number of statistically `different` bins, its `share` of all bins, `js` in nats."""

    different: int
    share: float
    js: float


def mixture_modes(samples, means, sigma, within=3.0):
    """Modes of an equal-weight mixture of isotropic Gaussians that samples reach.

    A sample belongs to its nearest mean and is of high quality if it lies less than
    `within * sigma` from it. With n_k high-quality samples at mean k and q_k = n_k / sum n,

        modes = #{k: n_k > 0},   high_quality = sum n / num,   reverse_kl = sum_k q_k log(m q_k),

    0 log 0 = 0: a missing mode adds nothing by itself, and the divergence of the generated
    distribution from the uniform one stays finite, at most log m. It is log m, too, where no sample is
    of high quality. Perfect samples in two dimensions score 1 - exp(-within^2 / 2), 98.89 %.
    The protocol of PacGAN (Lin et al. 2018, arXiv:1712.04086, section 4.1) and, before it,
    VEEGAN (arXiv:1705.07761), on 2,500 samples. As in PacGAN's program, the distribution over
    modes is that of the high-quality samples alone.

    Args:
        samples: Floats (num, d), num >= m.
        means: Array (m, d).
        sigma: Standard deviation of a mode, > 0.
        within: Radius of high quality in units of `sigma`, > 0.

    Raises:
        InvalidDataError: If `samples` or `means` is of the wrong shape, not finite, or
            `samples` are fewer than the modes.
        ValueError: If `sigma` or `within` is not > 0 and finite.
    """
    sigma, within = checks.positive("sigma", sigma), checks.positive("within", within)
    means = arrays.array("means", means, rank=2)
    samples = _examples("samples", samples, means.shape[1:], "means")
    _at_least("samples", len(samples), len(means), f"one for each of {len(means)} modes")
    distance, nearest = distances.nearest(samples, means, means.mean(0))
    good = distance < within * sigma
    counts = np.bincount(nearest[good], minlength=len(means))
    kl = _kl(counts, np.ones(len(means))) if good.any() else math.log(len(means))
    return MixtureModes(int((counts > 0).sum()), float(good.mean()), kl)


def class_modes(labels, num_classes, target=None):
    """Classes that samples reach, their labels read by a classifier.

    With q the distribution of `labels` and p the target, reverse_kl = sum_k q_k log(q_k / p_k), where
    0 log 0 = 0: a missing class adds nothing by itself. Of N perfect samples it is about
    (num_classes - 1) / (2 N) above 0. Stacked MNIST has 1,000 classes, and 25,600 (Metz et
    al. 2017, arXiv:1611.02163) or 26,000 samples (PacGAN, arXiv:1712.04086, section 4.2).

    Args:
        labels: Ints (num,) in [0, num_classes), num >= num_classes.
        num_classes: Int >= 1.
        target: Positive weights (num_classes,), such as the class counts of real data; they
            are scaled to sum to 1. Default: uniform.

    Raises:
        InvalidDataError: If `labels` are no integers, out of range or fewer than the
            classes, or `target` is of the wrong shape or not positive.
        TypeError, ValueError: If `num_classes` is no int >= 1.
    """
    num_classes = checks.integer("num_classes", num_classes, 1, 2**31 - 1)
    labels = arrays.labels("labels", labels, np.size(checks.real("labels", labels)), num_classes)
    _at_least("labels", len(labels), num_classes, f"one for each of {num_classes} classes")
    target = np.ones(num_classes) if target is None else checks.real("target", target).astype("float64")
    if target.shape != (num_classes,) or not (np.isfinite(target) & (target > 0)).all():
        raise InvalidDataError(
            f"`target` must be {num_classes} finite weights > 0. "
            f"Received: shape {target.shape}, {int((target > 0).sum())} of them > 0."
        )
    counts = np.bincount(labels, minlength=num_classes)
    return ClassModes(int((counts > 0).sum()), _kl(counts, target))


class Bins:
    """NDB, the number of statistically different bins (Richardson & Weiss 2018, arXiv:1805.12462).

    The space is cut into Voronoi cells around the `num_bins` centers that mini-batch k-means
    finds for the training rows. (Any cells make a valid test: the last percent of inertia,
    for which full k-means takes several times as long, buys nothing. 60,000 x 784 numbers
    take about 5 seconds of one core.) For a bin that holds the share p of n training rows
    and q of N samples, the two-proportions z-test calls it different where, two-sided at
    some level,

        |p - q| / sqrt(c (1 - c) (1/n + 1/N)) > t,   c = (n p + N q) / (n + N),

    t = 1.96 at level 0.05. A perfect model, too, has about 5 % of its bins different. Numbers
    are taken as they are: rows and samples must be in the same range. Two distributions are
    compared by their counts alone, so `compare` says nothing of quality within a bin.

    Args:
        rows: Floats (n, ...), flattened to (n, d), n >= 10 `num_bins`; images or features. A constant
            added to rows and samples changes nothing.
        num_bins: K, int from 2. The paper's is 100.
        seed: Int in [0, 2**31). Seeds the clustering.

    Raises:
        InvalidDataError: If `rows` is not finite, of a wrong type, too few, or holds fewer
            than `num_bins` different rows.
        TypeError, ValueError: If `num_bins` or `seed` is out of range.
    """

    def __init__(self, rows, num_bins=100, seed=0):
        self.num_bins = num_bins = checks.integer("num_bins", num_bins, 2, 2**31 - 1)
        seed = checks.integer("seed", seed, 0, 2**31 - 1)
        rows = checks.real("rows", rows)
        self.event_shape = rows.shape[1:]
        rows = self._flat("rows", rows)
        self._origin = distances.origin(rows)
        rows = self._centered("rows", rows)
        self.num_rows = len(rows)
        cells = MiniBatchKMeans(num_bins, batch_size=4096, n_init=1, random_state=seed)
        # One thread: sums of one order, and on a busy machine ten times faster than threads that wait.
        with threadpoolctl.threadpool_limits(1):
            self._cells = cells.fit(rows)
        self.counts = np.bincount(self._cells.labels_, minlength=num_bins)  # of the training rows
        if not self.counts.all():
            different = int((self.counts > 0).sum())
            raise InvalidDataError(
                f"`rows` must hold at least {num_bins} different rows, or `num_bins` be {different}. "
                f"Received: {different} different rows."
            )

    def compare(self, samples, level=0.05):
        """Compares the samples' distribution over the bins with that of the training rows.

        Args:
            samples: Floats (N, ...) of the rows' shape and range, N >= 10 `num_bins`.
            level: Of the test, in (0, 1). The figures that the authors' README gives for
                MNIST are at 3 standard errors, level 0.0027.

        Returns:
            `Difference`: how many bins are different, which `share` of all that is (the
            paper's NDB/K), and the Jensen-Shannon divergence of the two distributions p, q over bins,
            js = KL(p||m)/2 + KL(q||m)/2 with m = (p + q)/2, in [0, log 2] nats, as in the
            authors' program. Between perfect samples it is (K - 1)/8 (1/n + 1/N) on average.

        Raises:
            InvalidDataError: If `samples` is of the wrong shape, not finite or too few.
            ValueError, TypeError: If `level` is not in (0, 1).
        """
        level = checks.number("level", level, 0, 1, ends="()")
        samples = self._centered("samples", self._flat("samples", samples))
        with threadpoolctl.threadpool_limits(1):
            counts = np.bincount(self._cells.predict(samples), minlength=self.num_bins)
        p, q = self.counts / self.num_rows, counts / len(samples)
        common = (self.counts + counts) / (self.num_rows + len(samples))
        error = np.sqrt(
            common * (1 - common) * (1 / self.num_rows + 1 / len(samples))
        )  # > 0: no bin is empty
        different = int((np.abs(p - q) / error > stats.norm.isf(level / 2)).sum())
        middle = (p + q) / 2
        js = (special.rel_entr(p, middle).sum() + special.rel_entr(q, middle).sum()) / 2
        return Difference(different, different / self.num_bins, float(js))

    def _flat(self, name, x):
        """`x` as rows (num, d), checked."""
        x = _examples(name, x, self.event_shape)
        _at_least(name, len(x), PER_BIN * self.num_bins, f"{PER_BIN} for each of {self.num_bins} bins")
        return x

    def _centered(self, name, rows):
        """Rows about the origin in float32: half the memory, and near enough to name a nearest center."""
        rows = rows - self._origin
        if np.abs(rows).max() > WIDEST:
            raise InvalidDataError(
                f"`{name}` must lie within {WIDEST:g} of the middle of the training rows. "
                f"Received: distances up to {np.abs(rows).max():g} in a column."
            )
        return np.ascontiguousarray(rows, "float32")


def _kl(counts, weights):
    """KL(counts || weights) in nats, both scaled to sum to 1, 0 log 0 = 0."""
    return float(max(0.0, special.rel_entr(counts / counts.sum(), weights / weights.sum()).sum()))


def _examples(name, x, event_shape, like=None):
    """`x` as rows (num, d) of floats, if its examples have the shape `event_shape`."""
    x = checks.real(name, x)
    if x.ndim == 0 or x.shape[1:] != event_shape or not event_shape:
        sides = ", ".join(map(str, event_shape))
        words = f"shape (batch, {sides})" + (f", as `{like}`" if like else "")
        raise InvalidDataError(f"`{name}` must have {words}. Received: shape {x.shape}.")
    if x.dtype.kind in "iub":
        raise InvalidDataError(f"`{name}` must hold floats. Received: {name} of dtype {x.dtype.name}.")
    if not x.size:
        raise InvalidDataError(f"`{name}` is empty. Received: shape {x.shape}.")
    return arrays.rows(name, x, least=1, dtype=None)


def _at_least(name, num, least, reason):
    if num < least:
        raise InvalidDataError(f"`{name}` must number at least {least}, {reason}. Received: {num}.")
