"""The earth mover's distance of points, against a linear program; no critic finds more of it."""

import numpy as np
import pytest
from helpers import refusals
from scipy import optimize

from kerasgen.errors import InvalidDataError
from kerasgen.metrics import divergences
from kerasgen.metrics.transport import critic_bound, earth_mover

X, Y = np.random.default_rng(0).normal(size=(2, 7, 2)) + np.array([0.0, 1.0])[:, None, None]


def linear_program(x, y):
    """(the least cost of a coupling, the best dual potentials of x and of y)."""
    num = len(x)
    cost = np.linalg.norm(x[:, None] - y, axis=-1).ravel()
    sums = np.concatenate([np.kron(np.eye(num), np.ones(num)), np.kron(np.ones(num), np.eye(num))])
    found = optimize.linprog(cost, A_eq=sums, b_eq=np.full(2 * num, 1 / num), method="highs")
    return found.fun, *np.split(found.eqlin.marginals, 2)


def test_an_assignment_is_the_best_of_all_couplings():
    assert earth_mover(X, Y) == pytest.approx(linear_program(X, Y)[0], rel=1e-9)
    assert earth_mover(X, X[::-1]) == 0
    assert earth_mover(X, X + np.array([3.0, 4.0])) == pytest.approx(5)  # a shift is the best plan


def test_on_a_line_it_is_what_sorting_gives():
    expected = divergences.wasserstein1(X[:, 0], Y[:, 0])
    assert earth_mover(X[:, :1], Y[:, :1]) == pytest.approx(expected)


def test_no_critic_finds_more_than_the_distance_and_the_dual_potentials_find_all_of_it():
    exact, u, v = linear_program(X, Y)
    assert critic_bound(u, -v, X, Y) == pytest.approx(exact, rel=1e-9)
    random, found = np.random.default_rng(1), []
    for _ in range(200):
        weights, (shift, out) = 3 * random.normal(size=(2, 16)), random.normal(size=(2, 16))
        at_x, at_y = (np.tanh(points @ weights + shift) @ out for points in (X, Y))
        found.append(critic_bound(at_x, at_y, X, Y))
    assert 0 < max(found) <= exact + 1e-12
    assert critic_bound(5 * u + 2, 2 - 5 * v, X, Y) == pytest.approx(exact)  # whatever its scale and height


def test_a_critic_that_rises_nowhere_finds_nothing():
    assert critic_bound(np.zeros(7), np.ones(7), X, Y) == 0
    assert critic_bound(np.ones(7), np.ones(7), X, X) == 0


test_what_is_not_a_pair_of_sets_is_refused = refusals(
    {
        "more points": (lambda: earth_mover(X, Y[:3]), InvalidDataError, "y"),
        "other width": (lambda: earth_mover(X, Y[:, :1]), InvalidDataError, "y"),
        "not finite": (lambda: earth_mover(np.full((7, 2), np.nan), Y), InvalidDataError, "x"),
        "fewer values": (lambda: critic_bound(np.ones(6), np.ones(7), X, Y), InvalidDataError, "f_x"),
        "more values": (lambda: critic_bound(np.ones(7), np.ones(8), X, Y), InvalidDataError, "f_y"),
    }
)
