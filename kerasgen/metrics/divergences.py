"""Divergences between distributions: in closed form, of samples, and by Monte Carlo.

Everything is float64 numpy. KL and JS are in nats, W1 in the unit of the data.
"""

import numpy as np
from scipy.linalg import solve_triangular

from kerasgen.errors import InvalidDataError
from kerasgen.metrics.arrays import array
from kerasgen.ops import checks

TOLERANCE = 1e-6  # of a sum of probabilities, and relative of a symmetric matrix: float32's reach


def kl(p, q):
    """KL(p || q) = sum_i p_i log(p_i / q_i) of discrete distributions, nats in [0, inf].

    0 log 0 is 0, and the divergence is inf where q_i = 0 < p_i. Rows are divided by
    their sum once it has been checked, so that float32 softmax outputs will do.

    Args:
        p, q: Probabilities along the last axis, shapes (..., k); other axes broadcast.

    Raises:
        InvalidDataError: A negative or non-finite entry, a row whose sum is not 1 within
            1e-6, or shapes that do not go together.
    """
    return _relative_entropy(*_distributions(p, q))


def js(p, q):
    """JS(p, q) = KL(p || m) / 2 + KL(q || m) / 2 with m = (p + q) / 2, nats in [0, log 2].

    It is log 2 on disjoint supports, however far apart. The best discriminator's value in
    a GAN is 2 JS - log 4: Goodfellow et al. (2014), arXiv:1406.2661, Theorem 1.
    Arguments and errors as for `kl`.
    """
    p, q = _distributions(p, q)
    middle = (p + q) / 2
    return (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2


def kl_normal(mean_p, covariance_p, mean_q, covariance_q):
    """KL(N(mean_p, S_p) || N(mean_q, S_q)), nats.

        (tr(S_q^-1 S_p) + (mean_q - mean_p)^T S_q^-1 (mean_q - mean_p) - d + log det S_q / det S_p) / 2

    Args:
        mean_p, mean_q: Shape (d,).
        covariance_p, covariance_q: Shape (d, d), symmetric and positive definite.

    Raises:
        InvalidDataError: A covariance that is not symmetric and positive definite, an
            array that is not finite, or shapes that do not go together.
    """
    mean_p, mean_q = array("mean_p", mean_p, rank=1), array("mean_q", mean_q, rank=1)
    _same_shape("mean_q", mean_q, mean_p.shape, "mean_p")
    root_p = _cholesky("covariance_p", covariance_p, len(mean_p))
    root_q = _cholesky("covariance_q", covariance_q, len(mean_p))
    spread = solve_triangular(root_q, root_p, lower=True)  # its squared norm is the trace
    shift = solve_triangular(root_q, mean_q - mean_p, lower=True)
    log_ratio = 2 * np.sum(np.log(np.diag(root_q)) - np.log(np.diag(root_p)))
    return float(np.sum(spread**2) + np.sum(shift**2) - len(mean_p) + log_ratio) / 2


def wasserstein1(x, y):
    """W1 = integral |F(t) - G(t)| dt of the empirical distribution functions of two samples.

    In one dimension it equals the earth mover's distance of Arjovsky et al. (2017),
    arXiv:1701.07875, equation 1: >= 0, in the unit of the data.

    Args:
        x, y: Samples, shapes (n,) and (m,).

    Raises:
        InvalidDataError: Another rank, an empty sample, or a value that is not finite.
    """
    x, y = array("x", x, rank=1), array("y", y, rank=1)
    points = np.concatenate([x, y])
    order = np.argsort(points)
    # Each x raises n m (F - G) by m, each y lowers it by n: whole numbers, no rounding to add up.
    jumps = np.repeat([len(y), -len(x)], [len(x), len(y)])[order]
    gap = np.abs(np.cumsum(jumps)[:-1]) / (len(x) * len(y))
    return float(gap @ np.diff(points[order]))


def kl_monte_carlo(log_p, log_q, x):
    """The mean of log p(x_i) - log q(x_i) over x_i ~ p: (estimate of KL(p || q), standard error).

    Args:
        log_p, log_q: Functions from samples (n, ...) to log-densities in nats, shape (n,);
            log_q may be -inf, which makes the estimate inf and its error NaN.
        x: At least 2 samples of p, shape (n, ...).

    Raises:
        InvalidDataError: Log-densities of another shape, NaN, or impossible at such samples.
    """
    x, n = _samples("x", x)
    checks.function("log_p", log_p), checks.function("log_q", log_q)
    terms = _log_values("log_p", log_p(x), n) - _log_values("log_q", log_q(x), n, low=-np.inf)
    if np.isinf(terms).any():
        return float("inf"), float("nan")
    return float(terms.mean()), float(np.sqrt(_variance_of_mean(terms)))


def js_monte_carlo(log_p, log_q, x_p, x_q):
    """(estimate, standard error) of JS(p, q), nats, from samples of both.

        JS = log 2 - E_p log(1 + q(x) / p(x)) / 2 - E_q log(1 + p(x) / q(x)) / 2

    Args:
        log_p, log_q: Functions from samples (n, ...) to log-densities in nats, shape (n,);
            each may be -inf at samples of the other.
        x_p, x_q: At least 2 samples of p, shape (n, ...), and of q, shape (m, ...).

    Raises:
        InvalidDataError: As for `kl_monte_carlo`.
    """
    (x_p, n), (x_q, m) = _samples("x_p", x_p), _samples("x_q", x_q)
    checks.function("log_p", log_p), checks.function("log_q", log_q)
    to_q = _log_values("log_q", log_q(x_p), n, low=-np.inf) - _log_values("log_p", log_p(x_p), n)
    to_p = _log_values("log_p", log_p(x_q), m, low=-np.inf) - _log_values("log_q", log_q(x_q), m)
    at_p, at_q = np.logaddexp(0, to_q), np.logaddexp(0, to_p)
    estimate = np.log(2) - (at_p.mean() + at_q.mean()) / 2
    return float(estimate), float(np.sqrt(_variance_of_mean(at_p) + _variance_of_mean(at_q)) / 2)


def _distributions(p, q):
    p, q = _normalized("p", p), _normalized("q", q)
    try:
        np.broadcast_shapes(p.shape, q.shape)
        fit = p.shape[-1] == q.shape[-1]
    except ValueError:
        fit = False
    if not fit:
        raise InvalidDataError(f"`q` must go with `p`, of shape {p.shape}. Received: q of shape {q.shape}.")
    return p, q


def _normalized(name, p):
    p = np.atleast_1d(array(name, p, low=0))
    total = p.sum(-1, keepdims=True)
    worst = total.flat[np.argmax(np.abs(total - 1))]
    if abs(worst - 1) > TOLERANCE:
        raise InvalidDataError(f"`{name}` must sum to 1 along its last axis. Received: a sum of {worst}.")
    return p / total


def _relative_entropy(p, q):
    with np.errstate(divide="ignore", invalid="ignore"):  # log 0, and 0 times it
        terms = np.where(p > 0, p * (np.log(p) - np.log(q)), 0)
    return np.maximum(terms.sum(-1), 0)  # rounding alone makes it negative


def _cholesky(name, covariance, d):
    covariance = array(name, covariance)
    _same_shape(name, covariance, (d, d))
    problem = f"`{name}` must be symmetric and positive definite."
    if np.abs(covariance - covariance.T).max() > TOLERANCE * np.abs(covariance).max():
        raise InvalidDataError(f"{problem} Received: a matrix that is not symmetric.")
    try:
        return np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError as error:
        least = np.linalg.eigvalsh(covariance)[0]
        raise InvalidDataError(f"{problem} Received: least eigenvalue {least:g}.") from error


def _same_shape(name, x, shape, like=None):
    if x.shape != shape:
        words = f"shape {shape}" + (f", as `{like}`" if like else "")
        raise InvalidDataError(f"`{name}` must have {words}. Received: shape {x.shape}.")


def _samples(name, x):
    """(samples in their own type, their number)."""
    x = checks.real(name, x)
    num = len(x) if x.ndim else 0
    if num < 2:  # one sample has no standard error
        raise InvalidDataError(f"`{name}` must hold at least 2 samples. Received: {num}.")
    array(name, x)
    return x, num


def _log_values(name, values, n, **bound):
    values = array(name, values, **bound)
    _same_shape(name, values, (n,))
    return values


def _variance_of_mean(terms):
    return terms.var(ddof=1) / len(terms)
