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


def test_kid_is_unbiased():
    """Over 200 draws of equal laws the mean is within 4 standard errors of 0."""
    values = [fidelity.kid(draws(2 * i, 100), draws(2 * i + 1, 100)).value for i in range(200)]
    assert abs(np.mean(values)) < 4 * np.std(values, ddof=1) / np.sqrt(200)


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
