"""Precision, recall, density, coverage, memorisation: known geometry, and `prdc` as an oracle."""

import numpy as np
import pytest

from kerasgen.errors import InvalidDataError
from kerasgen.metrics import manifold, memorisation


def draws(seed, num=500, shift=0.0, width=8):
    return np.random.default_rng(seed).normal(shift, 1, (num, width))


def test_equal_sets_score_one():
    x = draws(0)
    assert manifold.precision_recall(x, x) == (1, 1)
    density, coverage = manifold.density_coverage(x, x)
    assert coverage == 1 and density == pytest.approx(1, abs=0.2)  # the k-th ones lie on the edge


def test_equal_laws_score_what_theory_says():
    """Coverage of equal laws is 1 - (n-1)...(n-k) / ((2n-1)...(2n-k)) (Naeem et al., Lemma 2); density 1."""
    k, n = 5, 500
    scores = [manifold.density_coverage(draws(2 * i, n), draws(2 * i + 1, n), k) for i in range(8)]
    density, coverage = np.array(scores).T
    expected = 1 - np.prod([(n - j) / (2 * n - j) for j in range(1, k + 1)])
    assert abs(coverage.mean() - expected) < 4 * coverage.std(ddof=1) / 8**0.5
    assert abs(density.mean() - 1) < 4 * density.std(ddof=1) / 8**0.5


def test_far_sets_score_zero():
    assert manifold.precision_recall(draws(0), draws(1, shift=100)) == (0, 0)
    assert manifold.density_coverage(draws(0), draws(1, shift=100)) == (0, 0)


def test_one_mode_of_two_is_precise_and_misses_half():
    real = np.concatenate([draws(0), draws(1, shift=50)])
    precision, recall = manifold.precision_recall(draws(2), real)
    assert precision > 0.8 and recall < 0.55
    assert manifold.density_coverage(draws(2), real).coverage < 0.55


@pytest.mark.parametrize("k", [3, 5])
def test_all_four_agree_with_prdc(k):
    prdc = pytest.importorskip("prdc")
    samples, real = draws(0, shift=0.3), draws(1, 400)
    theirs = prdc.compute_prdc(real, samples, nearest_k=k)
    ours = manifold.precision_recall(samples, real, k)._asdict()
    ours |= manifold.density_coverage(samples, real, k)._asdict()
    assert ours == pytest.approx(theirs, rel=1e-4)


def test_copies_with_noise_are_caught_and_new_examples_are_not():
    train, test, new = draws(0, 2000), draws(1), draws(2)
    training = memorisation.Training(train)
    copies = training.nearest(train[:500] + 0.01 * draws(3))
    test, far, new = (training.nearest(x) for x in (test, new + 3, new))
    assert training.authenticity(copies) < 0.01 and memorisation.copying(copies, test) < -20
    assert abs(memorisation.copying(new, test)) < 4
    assert training.authenticity(new) > 0.5
    assert memorisation.copying(far, test) > 20


def test_nearest_training_rows_are_those_of_brute_force():
    train, x = draws(0), draws(1, 50)
    distances, index = memorisation.Training(train).nearest(x)
    between = np.linalg.norm(x[:, None] - train, axis=-1)
    np.testing.assert_array_equal(index, between.argmin(1))
    np.testing.assert_allclose(distances, between.min(1), rtol=1e-5)


def test_bad_rows_are_refused_by_name():
    good = draws(0)
    calls = {
        "at least 4 rows": lambda: manifold.Manifold(good[:3], 3),
        "rows of 8": lambda: manifold.Manifold(good, 3).counts(good[:, :2]),
        "finite": lambda: manifold.precision_recall(good * np.nan, good),
        "differ": lambda: memorisation.Training(np.ones((9, 2))),
        "`x` must have rows": lambda: memorisation.Training(good).nearest(good[:, :3]),
    }
    for message, call in calls.items():
        with pytest.raises(InvalidDataError, match=message):
            call()
    with pytest.raises(ValueError, match="`k`"):
        manifold.Manifold(good, 0)
