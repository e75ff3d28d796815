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


def test_the_bound_between_gaussians_is_their_kl():
    """KL(N(0, 1) || N(1, 1)) = 1/2, by quadrature at the optimal logits 1 + log p / q = 3/2 - x."""
    x = np.linspace(-12, 13, 50_001)
    density = lambda mean: np.exp(-((x - mean) ** 2) / 2) / np.sqrt(2 * np.pi) * (x[1] - x[0])
    logits = 1.5 - x
    one = DIVERGENCES["kl"]
    found = np.sum(density(0) * logits) - np.sum(density(1) * np.asarray(one.fake(logits)))
    np.testing.assert_allclose(found, 0.5, atol=1e-6)


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
