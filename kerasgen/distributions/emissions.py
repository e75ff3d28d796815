"""Components of a mixture by name, and their best fit to examples that belong to them in part.

Parameters are float64, the component their first axis; what one M-step writes costs the next nothing
to rounding. Squares are those of deviations from a center that is near, and are never expanded, so
that a density is as exact far from 0 as it is near.
"""

import dataclasses
import math
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from kerasgen.distributions import bernoulli
from kerasgen.distributions.base import Distribution
from kerasgen.ops import linalg, rng


@dataclasses.dataclass(frozen=True)
class Components(Distribution):
    """k distributions of x (d,) side by side: a batch of shape (k,), or one of them, of shape ().

    `log_prob` compares every example with every component: x float64 (rows, d) -> (rows, k), or
    (rows,) of one. Samples are float32.

    A subclass names its parameters, of which `means` is one, and writes `initial`, `log_prob_of_one`,
    `sample`, `statistics` and `fit`.
    """

    means: Any  # (k, d)

    @classmethod
    def initial(cls, k, d):
        """k times the same plain distribution."""
        raise NotImplementedError

    @classmethod
    def of(cls, tensors):
        """The components with the parameters of these names among {name: tensor}."""
        return cls(*(tensors[field.name] for field in dataclasses.fields(cls)))

    def log_prob_of_one(self, x):
        """`log_prob` where there is one component: (rows,)."""
        raise NotImplementedError

    def statistics(self, x, shares):
        """Sums over the rows, a tuple: all that `fit` asks of the examples.

        Args:
            x: Float64 (rows, d).
            shares: r_ik, the share of component k in example i, (rows, k).
        """
        raise NotImplementedError

    def fit(self, counts, statistics, floor):
        """The components that maximize sum_ik r_ik log p_k(x_i) among those that `floor` allows.

        Args:
            counts: sum_i r_ik, (k,), > 0.
            statistics: Of these components, about whose means they were taken.
            floor: See the class.
        """
        raise NotImplementedError

    def component(self, index):
        """One of them."""
        return type(self)(*(parameter[index] for parameter in vars(self).values()))

    def log_prob(self, x):
        if len(self.means.shape) == 1:
            return self.log_prob_of_one(x)
        one = lambda parameters: type(self)(*parameters).log_prob_of_one(x)
        values = tf.map_fn(
            one, tuple(vars(self).values()), fn_output_signature="float64", parallel_iterations=1
        )
        return ops.transpose(values)

    def mean(self):
        return self.means


class BernoulliComponents(Components):
    """Independent bits; their means lie in [floor, 1 - floor]."""

    @classmethod
    def initial(cls, k, d):
        return cls(np.full((k, d), 0.5))

    def log_prob(self, x):
        """sum_i x_i log(m_i / (1 - m_i)) + log(1 - m_i), of all components in one product."""
        off = ops.log1p(-self.means)
        return ops.matmul(x, ops.transpose(ops.log(self.means) - off)) + ops.sum(off, axis=-1)

    def sample(self, key, shape=()):
        return bernoulli.binarize(key, ops.cast(self.means, "float32"), shape)

    def statistics(self, x, shares):
        return (tf.matmul(shares, x, transpose_a=True),)

    def fit(self, counts, statistics, floor):
        return BernoulliComponents(ops.clip(statistics[0] / counts[:, None], floor, 1 - floor))


class Gaussian(Components):
    """What normal components share: `scaled`, noise times the square root of the covariance."""

    def sample(self, key, shape=()):
        noise = ops.cast(rng.normal(key, (*shape, *ops.shape(self.means))), "float64")
        return ops.cast(self.means + self.scaled(noise), "float32")

    def sums(self, x, shares, moment):
        """sum_i r_ik moment(x_i - mean_k, r_ik), component by component: a tuple of tensors (k, ...)."""

        def one(part):
            share, mean = part
            return moment(x - mean, share)

        parts = ops.transpose(shares), self.means
        return tf.map_fn(one, parts, fn_output_signature=("float64",) * 2, parallel_iterations=1)


@dataclasses.dataclass(frozen=True)
class DiagonalGaussian(Gaussian):
    """Normal distributions with independent numbers, whose variances are at least `floor`."""

    variances: Any  # (k, d)

    @classmethod
    def initial(cls, k, d):
        return cls(np.zeros((k, d)), np.ones((k, d)))

    def log_prob_of_one(self, x):
        """-1/2 sum_j (x_j - mean_j)^2 / variance_j + log variance_j + log 2 pi."""
        squares = ops.sum(ops.square(x - self.means) / self.variances, axis=-1)
        log_det = ops.sum(ops.log(self.variances), axis=-1)
        return -0.5 * (squares + log_det + self.means.shape[-1] * math.log(2 * math.pi))

    def scaled(self, noise):
        return noise * self.variances**0.5

    def statistics(self, x, shares):
        """Sums of deviations from the present means, and of their squares, both (k, d)."""

        def moment(offset, share):
            return tf.linalg.matvec(offset, share, True), tf.linalg.matvec(ops.square(offset), share, True)

        return self.sums(x, shares, moment)

    def fit(self, counts, statistics, floor):
        step, squares = (total / counts[:, None] for total in statistics)
        return DiagonalGaussian(self.means + step, ops.maximum(squares - ops.square(step), floor))


@dataclasses.dataclass(frozen=True)
class FullGaussian(Gaussian):
    """Normal distributions of covariance L L', whose eigenvalues are at least `floor`."""

    factors: Any  # L, lower triangular, (k, d, d)

    @classmethod
    def initial(cls, k, d):
        return cls(np.zeros((k, d)), np.tile(np.eye(d), (k, 1, 1)))

    def log_prob_of_one(self, x):
        """-1/2 |inverse(L) (x - mean)|^2 - log det L - d/2 log 2 pi."""
        z = tf.linalg.triangular_solve(self.factors, ops.transpose(x - self.means))  # (d, rows)
        log_det = ops.sum(ops.log(ops.diagonal(self.factors)))
        return -0.5 * ops.sum(ops.square(z), axis=0) - log_det - x.shape[1] / 2 * math.log(2 * math.pi)

    def scaled(self, noise):
        return tf.linalg.matvec(self.factors, noise)

    def statistics(self, x, shares):
        """Sums of deviations from the present means (k, d), and of their products (k, d, d)."""

        def moment(offset, share):
            products = tf.matmul(offset * share[:, None], offset, transpose_a=True)
            return tf.linalg.matvec(offset, share, True), products

        return self.sums(x, shares, moment)

    def fit(self, counts, statistics, floor):
        """The covariance with its eigenvalues raised to `floor`: the maximum under that constraint."""
        step = statistics[0] / counts[:, None]
        covariances = statistics[1] / counts[:, None, None] - step[:, :, None] * step[:, None, :]
        values, axes = linalg.principal_axes(covariances)
        return FullGaussian(self.means + step, linalg.cholesky_of(ops.maximum(values, floor), axes))


EMISSIONS = {"bernoulli": BernoulliComponents, "diagonal": DiagonalGaussian, "full": FullGaussian}
