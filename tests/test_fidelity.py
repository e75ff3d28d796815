"""FID, KID and their kin: closed forms, and published implementations as oracles."""

import importlib.util
import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import scipy.linalg
import tensorflow as tf

from kerasgen.errors import InvalidDataError
from kerasgen.metrics import fidelity, scores

WIDTH = 16


def draws(seed, num=1000, shift=0.0, width=WIDTH):
    """Rectified Gaussians: half of the numbers 0, as in a layer of rectifiers."""
    return np.maximum(np.random.default_rng(seed).normal(shift, 1, (num, width)), 0)


def gaussians(width=WIDTH):
    """Two means and two covariances."""
    generator = np.random.default_rng(0)
    roots = generator.normal(size=(2, width, width))
    return (*generator.normal(size=(2, width)), *(root @ root.T for root in roots))


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_frechet_distance_of_gaussians_is_the_formula_in_any_unit(unit):
    a, b, x, y = gaussians()
    expected = np.sum((a - b) ** 2) + np.trace(x + y - 2 * scipy.linalg.sqrtm(x @ y).real)
    found = fidelity.frechet_distance(unit * a, unit**2 * x, unit * b, unit**2 * y)
    np.testing.assert_allclose(found, unit**2 * expected, rtol=1e-6)


def test_frechet_distance_of_diagonal_gaussians_in_closed_form():
    s, t = np.array([1.0, 2.0, 0.0]), np.array([3.0, 0.5, 0.0])
    found = fidelity.frechet_distance([0, 0, 1], np.diag(s**2), [1, 0, 1], np.diag(t**2))
    np.testing.assert_allclose(found, 1 + np.sum((s - t) ** 2), rtol=1e-6)


def test_fid_of_equal_sets_is_zero_also_where_features_are_dead():
    x = draws(0)
    assert abs(fidelity.fid(x, x)) < 1e-8
    dead = np.concatenate([x, np.zeros((len(x), 4)), x[:, :2]], axis=1)
    assert abs(fidelity.fid(dead, dead)) < 1e-8


def test_fid_at_infinity_takes_the_bias_of_few_samples_away():
    """Standard normals: E fid(n) - fid(inf) ~ c / n; at infinity the shift of the mean is left."""
    generator = np.random.default_rng(0)
    y = generator.normal(size=(200_000, WIDTH))
    x = generator.normal(size=(2000, WIDTH)) + 0.1
    biased, free = fidelity.fid(x, y), fidelity.fid_infinity(x, y)
    truth = WIDTH * 0.01
    error = 4 * 2 * 0.1 * np.sqrt(WIDTH / 2000)  # 4 standard errors of |mean|^2
    assert biased - truth > abs(free - truth) and abs(free - truth) < error
    assert free == fidelity.fid_infinity(x, y) != fidelity.fid_infinity(x, y, seed=1)


@pytest.mark.long
def test_kid_is_unbiased():
    """Over 200 draws of equal laws the mean is within 4 standard errors of 0."""
    values = [fidelity.kid(draws(2 * i, 100), draws(2 * i + 1, 100)).value for i in range(200)]
    assert abs(np.mean(values)) < 4 * np.std(values, ddof=1) / np.sqrt(200)


@pytest.mark.long
def test_kid_gives_its_standard_error():
    estimates = [fidelity.kid(draws(2 * i, 800), draws(2 * i + 1, 800, 0.2), block=100) for i in range(20)]
    values, errors = zip(*estimates, strict=True)
    assert 0.6 < np.mean(errors) / np.std(values, ddof=1) < 1.6  # chi with 19 degrees: 4 standard errors
    assert np.isnan(fidelity.kid(draws(0), draws(1)).standard_error)  # one block tells no spread


def test_streamed_fid_is_the_fid_of_everything():
    x, y = draws(0), 100 + draws(1, 700, 0.3)
    metric = fidelity.FrechetDistance(WIDTH)
    assert np.isnan(metric.result())
    update = tf.function(metric.update_state, reduce_retracing=True)
    for start in range(0, 1000, 300):  # the last batches are smaller, then empty
        update(x[start : start + 300], y[start : start + 300])
    np.testing.assert_allclose(metric.result(), fidelity.fid(x, y), rtol=1e-9)
    copy = keras.metrics.Metric.from_config.__func__(type(metric), metric.get_config())
    assert copy.width == WIDTH
    metric.reset_state()
    assert np.isnan(metric.result())


def test_inception_score_of_known_laws():
    sure = 50 * np.eye(4)[np.arange(400) % 4]
    np.testing.assert_allclose(scores.inception_score(sure), 4, rtol=1e-6)
    np.testing.assert_allclose(scores.confidence(sure), 1, rtol=1e-6)
    np.testing.assert_allclose(scores.class_entropy(sure), np.log(4), rtol=1e-6)
    one_class = np.tile([9.0, 0, 0, 0], (400, 1)) + np.linspace(0, 1e-9, 400)[:, None]
    np.testing.assert_allclose(scores.inception_score(one_class), 1, rtol=1e-6)
    assert scores.class_entropy(one_class) < 0.01


ORACLE = """
import sys, json, numpy as np, torch
from torchmetrics.image import fid, kid
x, y = np.load(sys.argv[1]), np.load(sys.argv[2])
moments = [torch.tensor(m) for s in (x, y) for m in (s.mean(0), np.cov(s, rowvar=False))]
print(json.dumps([float(fid._compute_fid(*moments)), float(kid.poly_mmd(*map(torch.tensor, (x, y))))]))
"""


def test_fid_and_kid_agree_with_torchmetrics(tmp_path):
    """In a process of their own: not every build of PyTorch can share one with TensorFlow."""
    if importlib.util.find_spec("torchmetrics") is None:
        pytest.skip("extra `bench` is not installed")
    sides = draws(0), draws(1, shift=0.2)
    for name, side in zip("xy", sides, strict=True):
        np.save(tmp_path / f"{name}.npy", side)
    command = [sys.executable, "-c", ORACLE, tmp_path / "x.npy", tmp_path / "y.npy"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    expected = json.loads(done.stdout)
    found = fidelity.fid(*sides), fidelity.kid(*sides).value
    np.testing.assert_allclose(found, expected, rtol=1e-4)


GOOD = draws(0, 100)
BAD = {  # features -> what the message names
    "NaN": (np.where(np.arange(WIDTH) == 3, np.nan, GOOD), "finite"),
    "infinity": (np.where(GOOD > 1, np.inf, GOOD), "finite"),
    "constant": (np.ones((100, WIDTH)), "2 rows that differ"),
    "too few": (GOOD[:WIDTH], f"at least {WIDTH + 1} rows"),
    "empty": (GOOD[:0], f"at least {WIDTH + 1} rows"),
    "another width": (GOOD[:, :5], "numbers"),
    "words": (np.full((100, WIDTH), "a"), "numbers"),
    "one row": (GOOD[0], "shape"),
}


@pytest.mark.parametrize("bad, message", BAD.values(), ids=BAD)
@pytest.mark.parametrize("measure", [fidelity.fid, fidelity.fid_infinity])
def test_features_are_refused_by_name(measure, bad, message):
    with pytest.raises(InvalidDataError, match=message) as caught:
        measure(GOOD, bad)
    assert "`y`" in str(caught.value) or "`x`" in str(caught.value)


def test_arguments_are_refused_by_name():
    with pytest.raises(ValueError, match="`points`"):
        fidelity.fid_infinity(GOOD, GOOD, points=1)
    with pytest.raises(InvalidDataError, match="`x` must have at least"):
        fidelity.fid_infinity(GOOD[: WIDTH + 1], GOOD)
    with pytest.raises(ValueError, match="`block`"):
        fidelity.kid(GOOD, GOOD, block=1)
    with pytest.raises(InvalidDataError, match="`logits`"):
        scores.inception_score(GOOD * np.nan)


def small(rng, num, wide):
    """One column of standard deviation 1 beside many narrow ones, or columns whose widths fall as a power."""
    widths = np.arange(1, 257) ** -1.0 if wide == "power" else np.r_[1, np.full(200, wide)]
    return rng.normal(size=(num, len(widths))) * widths


@pytest.mark.parametrize("wide", [2e-3, 1e-6, "power"])
def test_small_eigenvalues_count(wide):
    """Equal sets are at distance 0, a set and its double at the trace of the covariance."""
    x = small(np.random.default_rng(0), 1000, wide)
    assert abs(fidelity.fid(x, x)) < 1e-8
    assert abs(fidelity.fid(x, 2 * x) - (np.cov(x.T).trace() + np.sum(x.mean(0) ** 2))) < 1e-8
    assert abs(fidelity.fid(x, x + 1) - x.shape[1]) < 1e-8
    metric = fidelity.FrechetDistance(x.shape[1])
    metric.update_state(x, x)
    assert abs(metric.result()) < 1e-8


def test_narrow_directions_add_what_they_are():
    """Diagonal Gaussians: the sum of (s - t)^2 over 300 narrow directions beside a wide one."""
    s, t = np.r_[1, np.full(300, 1e-3)], np.r_[1, np.full(300, 3e-3)]
    found = fidelity.frechet_distance(0 * s, np.diag(s**2), 0 * t, np.diag(t**2))
    np.testing.assert_allclose(found, 300 * 4e-6, rtol=1e-9)


def test_samples_that_are_all_equal_have_their_distance():
    """The covariance of a collapsed model is 0: |mean - mean|^2 + tr(cov) is left."""
    y, one = draws(0), np.ones((1000, WIDTH))
    expected = np.sum((1 - y.mean(0)) ** 2) + np.cov(y.T).trace()
    np.testing.assert_allclose(fidelity.fid(one, y), expected, rtol=1e-9)
    assert np.isfinite(fidelity.kid(one, y).value)
    np.testing.assert_allclose(scores.inception_score(np.ones((50, 4))), 1, rtol=1e-6)


@pytest.mark.parametrize("name, sides", [("y", (2000, 3)), ("x", (1, 2000)), ("x", (5, 2001))])
def test_kid_of_too_few_rows_says_how_many_would_do(name, sides):
    x, y = (draws(seed, num) for seed, num in enumerate(sides))
    with pytest.raises(InvalidDataError, match=f"`{name}` must have at least [246] rows"):
        fidelity.kid(x, y)
    assert np.isfinite(fidelity.kid(draws(0, 4), draws(1, 2000)).value)


STATE = {
    "NaN": ((GOOD, np.where(GOOD > 2, np.nan, GOOD)), {}, "y_pred"),
    "infinity": ((np.where(GOOD > 2, np.inf, GOOD), GOOD), {}, "y_true"),
    "another width": ((GOOD, GOOD[:, :5]), {}, "y_pred"),
    "one row": ((GOOD[0], GOOD), {}, "y_true"),
    "ragged": ((GOOD, [[1.0], [1.0, 2.0]]), {}, "y_pred"),
    "complex": ((GOOD, GOOD + 1j), {}, "y_pred"),
    "a complex tensor": ((GOOD, tf.complex(GOOD, GOOD)), {}, "y_pred"),
    "None": ((GOOD, None), {}, "y_pred"),
    "negative weight": ((GOOD, GOOD), {"sample_weight": -np.ones(100)}, "sample_weight"),
    "NaN for a weight": ((GOOD, GOOD), {"sample_weight": np.nan}, "sample_weight"),
    "weights of another number": ((GOOD, GOOD), {"sample_weight": np.ones(5)}, "sample_weight"),
    "weights of one side only": ((GOOD, GOOD[:50]), {"sample_weight": np.ones(100)}, "sample_weight"),
    "words for weights": ((GOOD, GOOD), {"sample_weight": ["a"] * 100}, "sample_weight"),
}


@pytest.mark.parametrize("batches, weights, name", STATE.values(), ids=STATE)
def test_a_refused_update_changes_neither_side(batches, weights, name):
    metric = fidelity.FrechetDistance(WIDTH)
    metric.update_state(GOOD, GOOD + 1)
    before = [variable.numpy() for variable in metric.variables]
    with pytest.raises(InvalidDataError, match=f"`{name}`"):
        metric.update_state(*batches, **weights)
    for variable, value in zip(metric.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_an_update_refused_in_a_graph_changes_neither_side():
    metric = fidelity.FrechetDistance(WIDTH)
    update = tf.function(metric.update_state)
    with pytest.raises(tf.errors.InvalidArgumentError, match="`y_pred` must be finite"):
        update(tf.constant(GOOD), tf.constant(np.where(GOOD > 2, np.nan, GOOD)))
    assert not any(np.any(variable) for variable in metric.variables)


def test_weights_of_a_stream_count_rows():
    x, y, weights = draws(0, 300), draws(1, 300, 0.3), np.arange(300) % 4
    metric = fidelity.FrechetDistance(WIDTH)
    for start in range(0, 300, 70):
        here = slice(start, start + 70)
        metric.update_state(x[here], y[here], sample_weight=weights[here])
    repeated = [np.repeat(side, weights, axis=0) for side in (x, y)]
    np.testing.assert_allclose(metric.result(), fidelity.fid(*repeated), rtol=1e-9)


WRONG = {
    "ragged": [[1.0], [1.0, 2.0]],
    "complex": GOOD + 1j,
    "words": np.full((100, WIDTH), "a"),
    "None": None,
    "a dictionary": {"a": GOOD},
    "empty": np.zeros((100, 0)),
    "NaN": GOOD * np.nan,
    "a number": 3.0,
    "numbers whose products overflow": 1e300 * GOOD,
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_whatever_is_given_is_refused_by_name(wrong):
    for call in (
        lambda: fidelity.fid(wrong, GOOD),
        lambda: fidelity.fid_infinity(wrong, GOOD),
        lambda: fidelity.kid(wrong, GOOD),
    ):
        with pytest.raises(InvalidDataError, match="`x`"):
            call()
    with pytest.raises(InvalidDataError, match="`logits`"):
        scores.confidence(wrong)
    with pytest.raises(InvalidDataError, match="`samples`"):
        scores.nearest_neighbor_error(wrong, np.zeros(100, int), GOOD, np.zeros(100, int))


@pytest.mark.parametrize("wrong", ["1", None, [1], 0.5, True])
def test_numbers_are_refused_by_name(wrong):
    calls = {
        "block": lambda: fidelity.kid(GOOD, GOOD, block=wrong),
        "seed": lambda: fidelity.fid_infinity(GOOD, GOOD, seed=wrong),
        "points": lambda: fidelity.fid_infinity(GOOD, GOOD, points=wrong),
        "width": lambda: fidelity.FrechetDistance(wrong),
    }
    for name, call in calls.items():
        with pytest.raises(TypeError, match=f"`{name}`"):
            call()


def test_samples_as_a_training_set():
    """A 1-NN classifier on points of two far classes: right with right labels, wrong with exchanged ones."""
    generator = np.random.default_rng(0)
    labels = np.arange(60) % 2
    samples, real = (generator.normal(size=(60, 3)) + 100 * labels[:, None] for _ in range(2))
    assert scores.nearest_neighbor_error(samples, labels, real, labels) == 0
    assert scores.nearest_neighbor_error(samples, 1 - labels, real, labels) == 1
    with pytest.raises(InvalidDataError, match="`labels`"):
        scores.nearest_neighbor_error(samples, labels[:-1], real, labels)


@pytest.mark.parametrize(
    "wrong", [[[1.0], [1.0, 2.0]], np.zeros(2) + 1j, ["a", "b"], None, [], [np.nan, 0], 3.0]
)
def test_moments_are_refused_by_name(wrong):
    eye, zero = np.eye(2), np.zeros(2)
    for name, moments in {
        "mean_x": (wrong, eye, zero, eye),
        "covariance_x": (zero, wrong, zero, eye),
        "mean_y": (zero, eye, wrong, eye),
        "covariance_y": (zero, eye, zero, wrong),
    }.items():
        with pytest.raises(InvalidDataError, match=f"`{name}`"):
            fidelity.frechet_distance(*moments)
    with pytest.raises(InvalidDataError, match="`covariance_y` must be symmetric"):
        fidelity.frechet_distance(zero, eye, zero, [[1, 0], [0.5, 1]])
