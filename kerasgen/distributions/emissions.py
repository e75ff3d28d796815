"""Laws of the components of a mixture by name, and their best fit to examples that belong to them in part.

Parameters are dictionaries of float64 tensors, the component their first axis. In float64
an example needs no centring, and what one M-step writes costs the next nothing to rounding.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from keras import ops

from kerasgen.distributions import bernoulli, normal
from kerasgen.ops import rng


class Emission(NamedTuple):
    """A law of x (rows, d) in each of k components.

    Attributes:
        initial: (k, d) -> parameters of the same plain law in every component.
        log_prob: (x float64, parameters) -> nats, float64 (rows, k).
        sums: (x float64, r (rows, k)) -> sums over the rows, r_ik the share of component k in
            example i; all that `fit` asks of the examples.
        fit: (counts = sum_i r_ik (k,) > 0, sums, floor) -> the parameters that maximise
            sum_ik r_ik log p_k(x_i) among those that `floor` allows.
        sample: (key, index, parameters) -> float32 (d,), a draw from component `index`.
    """

    initial: Callable
    log_prob: Callable
    sums: Callable
    fit: Callable
    sample: Callable


# Independent bits; their means m lie in [floor, 1 - floor].


def _bernoulli_log_prob(x, p):
    """sum_i x_i log(m_i / (1 - m_i)) + log(1 - m_i)."""
    off = ops.log1p(-p["means"])
    return ops.matmul(x, ops.transpose(ops.log(p["means"]) - off)) + ops.sum(off, axis=-1)


_bernoulli = Emission(
    initial=lambda k, d: {"means": np.full((k, d), 0.5)},
    log_prob=_bernoulli_log_prob,
    sums=lambda x, r: (_first(x, r),),
    fit=lambda counts, sums, floor: {"means": ops.clip(sums[0] / counts[:, None], floor, 1 - floor)},
    sample=lambda key, index, p: bernoulli.binarize(key, ops.cast(p["means"][index], "float32")),
)


# Normal laws with independent components; variances are at least `floor`.


def _diagonal_fit(counts, sums, floor):
    means, squares = (total / counts[:, None] for total in sums)
    return {"means": means, "variances": ops.maximum(squares - ops.square(means), floor)}


_diagonal = Emission(
    initial=lambda k, d: {"means": np.zeros((k, d)), "variances": np.ones((k, d))},
    log_prob=lambda x, p: normal.each_log_prob(x, p["means"], 0.5 * ops.log(p["variances"])),
    sums=lambda x, r: (_first(x, r), _first(ops.square(x), r)),
    fit=_diagonal_fit,
    sample=lambda key, index, p: _normal(key, p["means"][index], lambda z: z * p["variances"][index] ** 0.5),
)


# Normal laws with covariance L L', L lower triangular; eigenvalues of L L' are at least `floor`.


def _full_log_prob(x, p):
    """-1/2 |inverse(L) (x - mean)|^2 - log det L - d/2 log 2 pi, one component after another."""

    def component(law):
        mean, factor = law
        z = tf.linalg.triangular_solve(factor, ops.transpose(x - mean))  # (d, rows)
        return -0.5 * ops.sum(ops.square(z), axis=0) - ops.sum(ops.log(ops.diagonal(factor)))

    laws = p["means"], p["factors"]
    values = tf.map_fn(component, laws, fn_output_signature="float64")
    return ops.transpose(values) - x.shape[1] / 2 * math.log(2 * math.pi)


def _full_sums(x, r):
    scatter = lambda share: tf.matmul(x * share[:, None], x, transpose_a=True)
    return _first(x, r), tf.map_fn(scatter, ops.transpose(r))  # (k, d), (k, d, d)


def _full_fit(counts, sums, floor):
    """The covariance with its eigenvalues raised to `floor`: the maximum under that constraint."""
    means = sums[0] / counts[:, None]
    covariances = sums[1] / counts[:, None, None] - means[:, :, None] * means[:, None, :]
    values, vectors = tf.linalg.eigh(covariances)
    values = ops.maximum(values, floor)
    raised = tf.matmul(vectors * values[:, None, :], vectors, transpose_b=True)
    return {"means": means, "factors": tf.linalg.cholesky(raised)}


_full = Emission(
    initial=lambda k, d: {"means": np.zeros((k, d)), "factors": np.tile(np.eye(d), (k, 1, 1))},
    log_prob=_full_log_prob,
    sums=_full_sums,
    fit=_full_fit,
    sample=lambda key, index, p: _normal(
        key, p["means"][index], lambda z: tf.linalg.matvec(p["factors"][index], z)
    ),
)


def _first(x, r):
    """sum_i r_ik x_i, (k, d)."""
    return tf.matmul(r, x, transpose_a=True)


def _normal(key, mean, scale):
    """mean + scale(eps), eps ~ N(0, I), float32."""
    noise = ops.cast(rng.normal(key, ops.shape(mean)), "float64")
    return ops.cast(mean + scale(noise), "float32")


EMISSIONS = {"bernoulli": _bernoulli, "diagonal": _diagonal, "full": _full}
