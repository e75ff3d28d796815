"""Which modes of the data a model reaches, and how evenly: what mode collapse looks like in numbers.

Everything is computed in float64 (clustering in float32) and every divergence is in nats.
"""

import math
import typing

import numpy as np
import threadpoolctl
from scipy import spatial, special, stats
from sklearn.cluster import MiniBatchKMeans

from kerasgen.errors import InvalidDataError
from kerasgen.ops import checks

PER_BIN = 10  # examples a bin, on average, below which the normal law of the z-test is a poor one


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
    law from the uniform one stays finite, at most log m. It is log m, too, where no sample is
    of high quality. Perfect samples in two dimensions score 1 - exp(-within^2 / 2), 98.89 %.
    The protocol of PacGAN (Lin et al. 2018, arXiv:1712.04086, section 4.1) and, before it,
    VEEGAN (arXiv:1705.07761), on 2,500 samples. As in PacGAN's program, the law of the modes
    is that of the high-quality samples alone.

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
    means = np.asarray(means, "float64")
    checks.examples(means, means.shape[1:] if means.ndim == 2 else (None,), None, name="means")
    checks.examples(samples, means.shape[1:], None, name="samples")
    _at_least("samples", len(samples), len(means), f"one for each of {len(means)} modes")
    checks.positive("sigma", sigma), checks.positive("within", within)
    distances = spatial.distance.cdist(np.asarray(samples, "float64"), means)  # (num, m)
    nearest = distances.argmin(axis=1)
    good = distances.min(axis=1) < within * sigma
    counts = np.bincount(nearest[good], minlength=len(means))
    kl = _kl(counts, np.ones(len(means))) if good.any() else math.log(len(means))
    return MixtureModes(int((counts > 0).sum()), float(good.mean()), kl)


def class_modes(labels, num_classes, target=None):
    """Classes that samples reach, their labels read by a classifier.

    With q the law of `labels` and p the target, reverse_kl = sum_k q_k log(q_k / p_k), where
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
    checks.integer("num_classes", num_classes, 1, 2**31 - 1)
    labels = np.asarray(labels)
    checks.labels(labels, labels.size, num_classes, name="labels")
    _at_least("labels", len(labels), num_classes, f"one for each of {num_classes} classes")
    target = np.ones(num_classes) if target is None else np.asarray(target, "float64")
    if target.shape != (num_classes,) or not (np.isfinite(target) & (target > 0)).all():
        raise InvalidDataError(
            f"`target` must be {num_classes} finite weights > 0. "
            f"Received: shape {target.shape}, {int((target > 0).sum())} of them > 0."
        )
    counts = np.bincount(labels, minlength=num_classes)
    return ClassModes(int((counts > 0).sum()), _kl(counts, target))


class Bins:
    """NDB, the number of statistically different bins (Richardson & Weiss 2018, arXiv:1805.12462).

    The space is cut into Voronoi cells around the `num_bins` centres that mini-batch k-means
    finds for the training rows. (Any cells make a valid test: the last percent of inertia,
    for which full k-means takes several times as long, buys nothing. 60,000 x 784 numbers
    take about 5 seconds of one core.) For a bin that holds the share p of n training rows
    and q of N samples, the two-proportions z-test calls it different where, two-sided at
    some level,

        |p - q| / sqrt(c (1 - c) (1/n + 1/N)) > t,   c = (n p + N q) / (n + N),

    t = 1.96 at level 0.05. A perfect model, too, has about 5 % of its bins different. Numbers
    are taken as they are: rows and samples must be in the same range. Two laws are compared
    by their counts alone, so `compare` says nothing of quality within a bin.

    Args:
        rows: Floats (n, ...), flattened to (n, d), n >= 10 `num_bins`; images or features.
        num_bins: K, int from 2. The paper's is 100.
        seed: Int in [0, 2**31). Seeds the clustering.

    Raises:
        InvalidDataError: If `rows` is not finite, of a wrong type, too few, or holds fewer
            than `num_bins` different rows.
        TypeError, ValueError: If `num_bins` or `seed` is out of range.
    """

    def __init__(self, rows, num_bins=100, seed=0):
        checks.integer("num_bins", num_bins, 2, 2**31 - 1)
        checks.integer("seed", seed, 0, 2**31 - 1)
        self.event_shape = np.shape(rows)[1:]
        self.num_bins = num_bins
        rows = self._flat("rows", rows)
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
        """The samples' law over the bins against that of the training rows.

        Args:
            samples: Floats (N, ...) of the rows' shape and range, N >= 10 `num_bins`.
            level: Of the test, in (0, 1). The figures that the authors' README gives for
                MNIST are at 3 standard errors, level 0.0027.

        Returns:
            `Difference`: how many bins are different, which `share` of all that is (the
            paper's NDB/K), and the Jensen-Shannon divergence of the two laws p, q over bins,
            js = KL(p||m)/2 + KL(q||m)/2 with m = (p + q)/2, in [0, log 2] nats, as in the
            authors' program. Between perfect samples it is (K - 1)/8 (1/n + 1/N) on average.

        Raises:
            InvalidDataError: If `samples` is of the wrong shape, not finite or too few.
            ValueError: If `level` is not in (0, 1).
        """
        if not 0 < level < 1:
            raise ValueError(f"`level` must be in (0, 1). Received: level={level}.")
        samples = self._flat("samples", samples)
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
        """`x` as float32 (num, d), checked: half the memory, and near enough to name a nearest centre."""
        checks.examples(x, self.event_shape, None, name=name)
        _at_least(name, len(x), PER_BIN * self.num_bins, f"{PER_BIN} for each of {self.num_bins} bins")
        return np.ascontiguousarray(x, "float32").reshape(len(x), -1)


def _kl(counts, weights):
    """KL(counts || weights) in nats, both scaled to sum to 1, 0 log 0 = 0."""
    return float(max(0.0, special.rel_entr(counts / counts.sum(), weights / weights.sum()).sum()))


def _at_least(name, num, least, reason):
    if num < least:
        raise InvalidDataError(f"`{name}` must number at least {least}, {reason}. Received: {num}.")
