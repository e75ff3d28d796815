"""Precision, recall, density, coverage, memorization: known geometry, and `prdc` as an oracle."""

import numpy as np
import pytest

from kerasgen.errors import InvalidDataError
from kerasgen.metrics import distances, manifold, memorization


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
    training = memorization.Training(train)
    copies = training.nearest(train[:500] + 0.01 * draws(3))
    test, far, new = (training.nearest(x) for x in (test, new + 3, new))
    assert training.authenticity(copies) < 0.01 and memorization.copying(copies, test) < -20
    assert abs(memorization.copying(new, test)) < 4
    assert training.authenticity(new) > 0.5
    assert memorization.copying(far, test) > 20


def test_nearest_training_rows_are_those_of_brute_force():
    train, x = draws(0), draws(1, 50)
    distances, index = memorization.Training(train).nearest(x)
    between = np.linalg.norm(x[:, None] - train, axis=-1)
    np.testing.assert_array_equal(index, between.argmin(1))
    np.testing.assert_allclose(distances, between.min(1), rtol=1e-5)


def test_bad_rows_are_refused_by_name():
    good = draws(0)
    calls = {
        "at least 4 rows": lambda: manifold.Manifold(good[:3], 3),
        "rows of 8": lambda: manifold.Manifold(good, 3).counts(good[:, :2]),
        "finite": lambda: manifold.precision_recall(good * np.nan, good),
        "differ": lambda: memorization.Training(np.ones((9, 2))),
        "`x` must have rows": lambda: memorization.Training(good).nearest(good[:, :3]),
    }
    for message, call in calls.items():
        with pytest.raises(InvalidDataError, match=message):
            call()
    with pytest.raises(ValueError, match="`k`"):
        manifold.Manifold(good, 0)


@pytest.mark.parametrize(
    "x",
    {
        "repeated rows": np.repeat(np.eye(4), 5, axis=0),
        "counts": np.random.default_rng(0).poisson(2.0, (300, 6)),
        "bits": np.random.default_rng(0).integers(2, size=(300, 12)),
        "thirds": np.random.default_rng(0).integers(3, size=(300, 5)) / 3,
        "one point": np.ones((20, 3)),
    }.values(),
)
def test_rows_on_the_edge_lie_inside(x):
    """Of equal sets every row is at most as far as the k-th neighbor, however many tie with it."""
    assert manifold.precision_recall(x, x) == (1, 1)
    assert manifold.density_coverage(x, x).coverage == 1
    moved = x + np.array(1e6)
    assert manifold.precision_recall(moved, moved) == (1, 1)


def test_ties_are_counted_as_whole_numbers_are():
    x, y = (np.random.default_rng(seed).integers(4, size=(120, 5)) for seed in range(2))
    radii = np.sort(((x[:, None] - x) ** 2).sum(-1), axis=1)[:, 3]  # the row itself comes first
    inside = ((y[:, None] - x) ** 2).sum(-1) <= radii
    held, reached = manifold.Manifold(x / 7 + 0.1, 3).counts(y / 7 + 0.1)
    np.testing.assert_array_equal(held, inside.sum(1))
    np.testing.assert_array_equal(reached, inside.any(0))


@pytest.mark.parametrize("offset", [0.0, 1e6, [1.7e9, 0, 0, -3e7, 0, 0, 0, 0]])
def test_translation_changes_nothing(offset):
    samples, real = draws(0, 400, 0.2), draws(1, 400)
    scale = np.r_[1000.0, np.ones(7)]  # seconds of an hour beside N(0, 1)
    plain = [measure(samples * scale, real * scale) for measure in MEASURES]
    moved = [measure(samples * scale + offset, real * scale + offset) for measure in MEASURES]
    np.testing.assert_allclose(np.hstack(moved), np.hstack(plain), atol=0.003)


MEASURES = (
    manifold.precision_recall,
    manifold.density_coverage,
    lambda x, y: memorization.Training(y).authenticity(memorization.Training(y).nearest(x)),
    lambda x, y: np.median(memorization.Training(y).nearest(x).distance) / 10,
)


def test_distances_are_exact_where_clusters_are_far_apart():
    """Two clusters of width 1 at +-1e8: squares of 1e16, of which rounding leaves nothing of a distance."""
    x = draws(0, 300) + 1e8 * np.sign(np.arange(300) - 150)[:, None]
    y = draws(1, 200) + 1e8
    by_hand = ((y[:, None] - x) ** 2).sum(-1)
    np.testing.assert_allclose(distances.Rows(x, x.mean(0)).squares(y), by_hand, rtol=1e-10)
    near = distances.nearest(y, x, x.mean(0))
    np.testing.assert_array_equal(near.index, by_hand.argmin(1))
    np.testing.assert_allclose(near.distance, np.sqrt(by_hand.min(1)), rtol=1e-10)


def test_the_origin_of_centered_data_is_left_to_the_bit():
    pictures = np.random.default_rng(0).integers(256, size=(50, 9))
    assert not distances.origin(pictures).any() and not distances.origin(pictures / 255).any()
    assert not distances.origin(draws(0)).any()
    far = draws(0) + np.r_[3000, -7e5, np.zeros(6)]
    assert np.abs(far - distances.origin(far)).max() < 32


def test_a_row_may_be_left_out_of_its_own_neighbors():
    x = draws(0, 5000, width=2)  # more than one block
    index = np.arange(0, 5000, 400)
    found = distances.nearest(x[index], x, left_out=index)
    between = np.linalg.norm(x[index, None] - x, axis=-1)
    between[np.arange(len(index)), index] = np.inf
    np.testing.assert_array_equal(found.index, between.argmin(1))


def test_relative_distance_of_copies_strangers_and_equals():
    training = memorization.Training(draws(0, 2000))
    held_out, copies, far, new = (
        training.nearest(x) for x in (draws(1), draws(0)[:500] + 0.01 * draws(2), draws(3, shift=5), draws(4))
    )
    assert memorization.relative_distance(copies, held_out) < 0.1
    assert memorization.relative_distance(far, held_out) > 2
    assert memorization.relative_distance(new, held_out) == pytest.approx(1, abs=0.1)
    known = training.nearest(draws(0, 2000)[:9])
    assert memorization.relative_distance(known, known) == 1
    assert memorization.relative_distance(new, known) == np.inf


@pytest.mark.parametrize("wrong", [None, "a", [[1.0], [1.0, 2.0]], draws(0) + 1j, draws(0) * np.nan, 3])
def test_whatever_is_given_is_refused_by_name(wrong):
    good = draws(0)
    calls = {
        "samples": lambda: manifold.precision_recall(wrong, good),
        "real": lambda: manifold.density_coverage(good, wrong),
        "features": lambda: memorization.Training(wrong),
        "x": lambda: memorization.Training(good).nearest(wrong),
        "nearest": lambda: memorization.Training(good).authenticity(wrong),
        "held_out": lambda: memorization.copying(memorization.Training(good).nearest(good), wrong),
    }
    for name, call in calls.items():
        with pytest.raises(InvalidDataError, match=f"`{name}`"):
            call()


@pytest.mark.parametrize("wrong", ["1", None, [1], 0.5, True])
def test_k_is_a_number(wrong):
    with pytest.raises(TypeError, match="`k`"):
        manifold.precision_recall(draws(0), draws(1), k=wrong)
