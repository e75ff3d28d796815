"""f-divergences: the bounds that a discriminator finds, against the divergences themselves."""

import numpy as np
import pytest
from keras import ops

from kerasgen.objectives.adversarial import GAMES
from kerasgen.objectives.f_divergences import DIVERGENCES, MOST

P, Q = np.array([0.1, 0.2, 0.3, 0.25, 0.15]), np.array([0.3, 0.3, 0.1, 0.05, 0.25])
RATIO = P / Q
KNOWN = {  # of P and Q, from their definitions
    "kl": np.sum(P * np.log(P / Q)),
    "reverse_kl": np.sum(Q * np.log(Q / P)),
    "pearson": np.sum((P - Q) ** 2 / Q),
    "neyman": np.sum((P - Q) ** 2 / P),
    "hellinger": np.sum((np.sqrt(P) - np.sqrt(Q)) ** 2),
    "jensen_shannon": np.sum(P * np.log(2 * P / (P + Q))) + np.sum(Q * np.log(2 * Q / (P + Q))),
}
each = pytest.mark.parametrize("name", DIVERGENCES)


def bound(divergence, logits):
    """E_P g(v) - E_Q f*(g(v)) for logits at the five points."""
    return np.sum(P * np.asarray(divergence.real(logits))) - np.sum(Q * np.asarray(divergence.fake(logits)))


@each
def test_a_divergence_is_what_its_name_says(name):
    one = DIVERGENCES[name]
    np.testing.assert_allclose(np.sum(Q * np.asarray(one.f(RATIO))), KNOWN[name], rtol=1e-5)
    assert abs(float(one.f(np.float32(1)))) < 1e-6


@each
def test_the_bound_is_tight_at_the_optimal_logits_and_nowhere_above(name):
    one = DIVERGENCES[name]
    best = np.asarray(one.logit(RATIO))
    np.testing.assert_allclose(bound(one, best), KNOWN[name], rtol=1e-5)
    random = np.random.default_rng(0)
    for scale in (0.01, 0.1, 1.0, 3.0):
        assert bound(one, best + scale * random.normal(size=5)) <= KNOWN[name] + 1e-6


@each
def test_what_generated_examples_cost_is_the_conjugate(name):
    one = DIVERGENCES[name]
    u = np.geomspace(1e-4, 1e4, 200_001)
    for v in (-1.5, -0.3, 0.2, 1.0):
        t = float(one.real(np.float64(v)))
        np.testing.assert_allclose(
            np.max(u * t - np.asarray(one.f(u))), float(one.fake(np.float64(v))), atol=1e-4
        )


# Of N(0, 1) and N(m, 1): the moments E_q (p / q)^a are exp(a (a - 1) m^2 / 2).
SHIFT = 0.8
GRID = np.linspace(-9, 10, 20_001)
OF_GAUSSIANS = {
    "kl": SHIFT**2 / 2,
    "reverse_kl": SHIFT**2 / 2,
    "pearson": np.expm1(SHIFT**2),
    "neyman": np.expm1(SHIFT**2),
    "hellinger": -2 * np.expm1(-(SHIFT**2) / 8),
}


def between_gaussians(divergence, logits):
    """The bound for logits at the points of the grid, by quadrature."""
    weights = [np.exp(-((GRID - mean) ** 2) / 2) * (GRID[1] - GRID[0]) for mean in (0, SHIFT)]
    p, q = (weight / weight.sum() for weight in weights)
    return p @ np.asarray(divergence.real(logits)) - q @ np.asarray(divergence.fake(logits))


@pytest.mark.parametrize("name", OF_GAUSSIANS)
def test_bounds_between_gaussians_reach_their_closed_forms_and_pass_them_nowhere(name):
    one, true = DIVERGENCES[name], OF_GAUSSIANS[name]
    best = np.asarray(one.logit(np.exp(SHIFT**2 / 2 - SHIFT * GRID)))
    np.testing.assert_allclose(between_gaussians(one, best), true, rtol=1e-6)
    for slope, height, bend in np.random.default_rng(0).normal(size=(50, 3)):
        assert between_gaussians(one, slope * GRID + height + np.sin(bend * GRID)) <= true


@each
def test_a_game_descends_what_its_bound_ascends(name):
    real, fake = np.random.default_rng(0).normal(size=(2, 9)).astype("float32")
    game, one = GAMES[f"f_{name}"], DIVERGENCES[name]
    np.testing.assert_allclose(np.mean(game.d(real, fake)), -float(one.bound(real, fake)), rtol=1e-5)
    np.testing.assert_allclose(game.g(fake), -np.asarray(one.real(fake)), rtol=1e-6)


def test_an_exponential_goes_on_as_its_tangent():
    one = DIVERGENCES["kl"]
    inside, outside = (np.asarray(one.fake(np.float64(1 + MOST + x))) for x in (0, 2))
    np.testing.assert_allclose(outside, inside * 3, rtol=1e-6)
    assert np.isfinite(np.asarray(ops.convert_to_tensor(outside)))
