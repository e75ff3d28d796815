"""Divergences against closed forms, scipy and the law of large numbers."""

import numpy as np
import pytest
from scipy import special, stats
from scipy.spatial.distance import jensenshannon

from kerasgen.errors import InvalidDataError
from kerasgen.metrics import divergences as d

RNG = np.random.default_rng(0)
ROWS = [RNG.dirichlet(np.full(7, 0.3), size=20) for _ in range(2)]


def log_normal(mean, std):
    return lambda x: stats.norm.logpdf(x, mean, std)


def test_kl_and_js_of_bernoullis():
    p, q = np.array([0.2, 0.8]), np.array([0.5, 0.5])
    entropy = -(0.2 * np.log(0.2) + 0.8 * np.log(0.8))
    assert d.kl(p, q) == pytest.approx(np.log(2) - entropy, abs=1e-12)
    assert d.kl(p, p) == 0 and d.js(p, p) == 0
    assert d.js(p, q) == pytest.approx(d.js(q, p), abs=1e-15)


def test_rows_equal_scipy():
    p, q = ROWS
    np.testing.assert_allclose(d.kl(p, q), special.rel_entr(p, q).sum(-1), rtol=1e-10)
    np.testing.assert_allclose(d.js(p, q), jensenshannon(p, q, axis=-1) ** 2, rtol=1e-8, atol=1e-12)
    np.testing.assert_array_equal(d.kl(p, q[0]), [d.kl(row, q[0]) for row in p])  # broadcast


def test_zeros():
    p, q = [1.0, 0.0, 0.0], [0.0, 0.5, 0.5]
    assert d.kl(p, q) == np.inf
    assert d.js(p, q) == pytest.approx(np.log(2), abs=1e-15)
    assert d.kl([0.5, 0.5, 0], [0.25, 0.5, 0.25]) == pytest.approx(np.log(2) / 2)


@pytest.mark.parametrize("theta", [1e-3, 0.5, 40.0])
def test_js_saturates_where_wasserstein_is_the_distance(theta):
    """Arjovsky et al. (2017), example 1: two parallel lines, here two points."""
    at_zero, at_theta = [1.0, 0.0], [0.0, 1.0]
    assert d.js(at_zero, at_theta) == pytest.approx(np.log(2), abs=1e-15)
    assert d.wasserstein1([0.0], [theta]) == theta


def test_kl_of_normals():
    mean_p, mean_q, p, q = [0.0, 1.0], [1.0, -1.0], np.diag([1.0, 4.0]), np.diag([2.0, 3.0])
    by_hand = (0.5 + 4 / 3 + 0.5 + 4 / 3 - 2 + np.log(6 / 4)) / 2
    assert d.kl_normal(mean_p, p, mean_q, q) == pytest.approx(by_hand)
    assert d.kl_normal(mean_p, p, mean_p, p) == pytest.approx(0, abs=1e-14)


def test_kl_of_normals_is_that_of_their_whitened_selves():
    """KL does not change under an invertible map, here one that diagonalises the second."""
    a, b = RNG.normal(size=(2, 5, 5))
    p, q, shift = a @ a.T + np.eye(5), b @ b.T + np.eye(5), RNG.normal(size=5)
    values, vectors = np.linalg.eigh(q)
    white = (vectors / values**0.5).T
    there = d.kl_normal(white @ shift, white @ p @ white.T, np.zeros(5), np.eye(5))
    assert d.kl_normal(shift, p, np.zeros(5), q) == pytest.approx(there, rel=1e-9)


@pytest.mark.parametrize("n, m", [(1, 1), (1, 9), (50, 50), (31, 200), (1000, 999)])
def test_wasserstein1_equals_scipy(n, m):
    x, y = RNG.normal(size=n), RNG.normal(1, 3, size=m).round(1)  # rounded, so that values repeat
    assert d.wasserstein1(x, y) == pytest.approx(stats.wasserstein_distance(x, y), abs=1e-10)
    assert d.wasserstein1(x, x) == 0
    assert d.wasserstein1(x, x + 2.5) == pytest.approx(2.5)


def test_kl_monte_carlo_within_4_standard_errors():
    x = RNG.normal(0, 1, 20_000)
    estimate, error = d.kl_monte_carlo(log_normal(0, 1), log_normal(1, 2), x)
    exact = d.kl_normal([0], [[1]], [1], [[4]])
    assert abs(estimate - exact) < 4 * error < 0.05


def test_kl_monte_carlo_is_infinite_where_q_is_zero():
    estimate, error = d.kl_monte_carlo(log_normal(0, 1), stats.uniform.logpdf, np.array([-1.0, 0.5]))
    assert estimate == np.inf and np.isnan(error)


def test_js_monte_carlo_within_4_standard_errors():
    p, q = stats.norm(0, 1), stats.norm(1.5, 0.5)
    grid = np.linspace(-9, 9, 20_001)
    cells = [np.diff(law.cdf(grid)) for law in (p, q)]
    exact = d.js(*(cell / cell.sum() for cell in cells))
    draws = p.rvs(20_000, random_state=1), q.rvs(10_000, random_state=2)
    estimate, error = d.js_monte_carlo(p.logpdf, q.logpdf, *draws)
    assert abs(estimate - exact) < 4 * error < 0.02


def test_js_monte_carlo_of_disjoint_supports_is_log_2():
    p, q = stats.uniform(0, 1), stats.uniform(5, 1)
    draws = p.rvs(10, random_state=1), q.rvs(20, random_state=2)
    estimate, error = d.js_monte_carlo(p.logpdf, q.logpdf, *draws)
    assert estimate == pytest.approx(np.log(2)) and error == 0


HALF, EYE, ZERO = [0.5, 0.5], np.eye(2), np.zeros(2)
flat = lambda x: np.zeros(len(x))


@pytest.mark.parametrize(
    "name, call",
    {
        "negative": ("p", lambda: d.kl([1.5, -0.5], HALF)),
        "sum": ("q", lambda: d.js(HALF, [0.5, 0.6])),
        "nan": ("p", lambda: d.kl([np.nan, 1.0], HALF)),
        "empty": ("p", lambda: d.kl([], [])),
        "words": ("q", lambda: d.kl(HALF, ["a", "b"])),
        "lengths": ("q", lambda: d.kl(HALF, [0.2, 0.3, 0.5])),
        "no broadcast": ("q", lambda: d.kl([HALF] * 2, [HALF] * 3)),
        "indefinite": ("covariance_q", lambda: d.kl_normal(ZERO, EYE, ZERO, [[1, 2], [2, 1]])),
        "asymmetric": ("covariance_p", lambda: d.kl_normal(ZERO, [[1, 0], [0.5, 1]], ZERO, EYE)),
        "not square": ("covariance_p", lambda: d.kl_normal(ZERO, np.ones((2, 3)), ZERO, EYE)),
        "means": ("mean_q", lambda: d.kl_normal(ZERO, EYE, np.zeros(3), EYE)),
        "empty sample": ("y", lambda: d.wasserstein1([1.0], [])),
        "rank": ("x", lambda: d.wasserstein1(EYE, [1.0])),
        "infinite sample": ("x", lambda: d.wasserstein1([np.inf], [1.0])),
        "one draw": ("x", lambda: d.kl_monte_carlo(flat, flat, ZERO[:1])),
        "impossible draw": ("log_p", lambda: d.kl_monte_carlo(stats.uniform.logpdf, flat, ZERO - 1)),
        "shape of values": ("log_q", lambda: d.kl_monte_carlo(flat, lambda x: EYE, ZERO)),
        "one draw of q": ("x_q", lambda: d.js_monte_carlo(flat, flat, ZERO, ZERO[:1])),
        "ragged": ("p", lambda: d.kl([[0.5, 0.5], [1.0]], HALF)),
        "complex": ("p", lambda: d.js(np.array(HALF) + 0j, HALF)),
        "None": ("q", lambda: d.kl(HALF, None)),
        "complex sample": ("x", lambda: d.wasserstein1([1j], [1.0])),
        "ragged covariance": ("covariance_p", lambda: d.kl_normal(ZERO, [[1], [1, 2]], ZERO, EYE)),
        "no samples": ("x", lambda: d.kl_monte_carlo(flat, flat, None)),
        "words for samples": ("x_p", lambda: d.js_monte_carlo(flat, flat, ["a", "b"], ZERO)),
    }.values(),
)
def test_bad_input_is_named(name, call):
    with pytest.raises(InvalidDataError, match=f"`{name}` .* Received: "):
        call()


def test_log_densities_are_functions():
    for name, call in {
        "log_p": lambda: d.kl_monte_carlo(None, flat, ZERO),
        "log_q": lambda: d.js_monte_carlo(flat, 3, ZERO, ZERO),
    }.items():
        with pytest.raises(TypeError, match=f"`{name}` .* Received: "):
            call()
