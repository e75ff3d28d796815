"""Principal components against scikit-learn's, their density and their codes."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import equal, refusals, state
from scipy.stats import multivariate_normal
from sklearn.decomposition import PCA as Peer

import kerasgen as kg
from kerasgen.errors import InvalidDataError

SHAPE = (2, 3, 1)
MIX = np.random.default_rng(0).normal(size=(6, 6)) * [3, 2, 1, 0.3, 0.2, 0.1]
X = (np.random.default_rng(1).normal(size=(300, 6)) @ MIX.T + np.arange(6)).astype("float32")
X = X.reshape(-1, *SHAPE)


def fitted(x=X, latent_dim=2, **arguments):
    model = kg.PCA(SHAPE, latent_dim, **{"seed": 0, "value_range": None} | arguments)
    model.compile()
    model.fit(x, verbose=0)
    return model


def peer(latent_dim=2):
    """scikit-learn's, at variances of the likelihood's maximum: divided by n, not by n - 1."""
    flat = X.reshape(-1, 6).astype("float64")
    found = Peer(latent_dim).fit(flat)
    found.explained_variance_ *= (len(X) - 1) / len(X)
    found.noise_variance_ *= (len(X) - 1) / len(X)
    return found, flat


@pytest.mark.parametrize("latent_dim", [1, 2, 5])
def test_scikit_learn_agrees(latent_dim):
    model, (found, flat) = fitted(latent_dim=latent_dim), peer(latent_dim)
    np.testing.assert_allclose(model.log_prob(X), found.score_samples(flat), atol=1e-4)
    projected = found.inverse_transform(found.transform(flat)).reshape(X.shape)
    np.testing.assert_allclose(model.reconstruct(X), projected, atol=1e-4)


def test_density_is_that_of_the_covariance():
    model = fitted()
    p = {name: np.array(value) for name, value in model.parameters.tensors().items()}
    w = p["components"] * np.sqrt(p["variances"] - p["noise"])
    law = multivariate_normal(p["mean"], w @ w.T + p["noise"] * np.eye(6))
    np.testing.assert_allclose(model.log_prob(X), law.logpdf(X.reshape(-1, 6)), atol=1e-4)


@pytest.mark.parametrize("scales", [(1, 1e10), (1e10, 1), (1e-3, 1e7)], ids=str)
def test_density_holds_over_ten_orders_of_magnitude(scales):
    """One component less than numbers: the covariance of the model is that of the data, and the density
    follows from that of the data divided by their scales."""
    scales = np.geomspace(*scales, 6)
    generator = np.random.default_rng(0)
    x = generator.normal(size=(500, 6)) @ (np.eye(6) + 0.3 * generator.normal(size=(6, 6)))
    x = ((x + 1) * scales).astype("float32")
    unit = x / scales
    law = multivariate_normal(unit.mean(0), np.cov(unit.T, bias=True))
    model = fitted(x.reshape(-1, *SHAPE), 5, floor=1e-12)
    truth = law.logpdf(unit) - np.log(scales).sum()
    np.testing.assert_allclose(model.log_prob(x.reshape(-1, *SHAPE)), truth, atol=1e-4)


def test_no_direction_is_likelier():
    """A maximum: the likelihood falls wherever a parameter is moved."""
    model = fitted()
    best = {name: np.array(value) for name, value in model.parameters.tensors().items()}
    top = model.log_prob(X).mean(dtype="float64")
    for name, move in (("mean", 0.2), ("variances", 1.0), ("noise", 0.05), ("noise", -0.05)):
        model.parameters.assign(**{name: best[name] + move})
        assert model.log_prob(X).mean(dtype="float64") < top
        model.parameters.assign(**best)


def test_reconstruction_is_a_projection():
    """Twice is once, and the error is what the components left out."""
    model = fitted()
    once = model.reconstruct(X)
    np.testing.assert_allclose(model.reconstruct(once), once, atol=1e-4)
    left_out = np.square(X - once).sum((1, 2, 3)).mean()
    np.testing.assert_allclose(left_out, 4 * float(model.parameters.tensors()["noise"]), rtol=1e-4)
    np.testing.assert_allclose(model.decode(model.encode(X)), once, atol=1e-5)


@pytest.mark.long
def test_samples_have_the_mean_and_covariance_of_the_data():
    """With noise those of the model; its components', without it, less the noise."""
    noisy, plain = fitted(sample_mode="sample"), fitted()
    w = np.array(plain.parameters.tensors()["components"]) * np.array(plain.lengths())
    noise = float(plain.parameters.tensors()["noise"])
    for model, covariance in ((noisy, w @ w.T + noise * np.eye(6)), (plain, w @ w.T)):
        x = model.sample(4000, seed=0).reshape(-1, 6) - np.array(model.parameters.tensors()["mean"])
        products = x[:, :, None] * x[:, None, :]
        error = 4 * products.std(0) / math.sqrt(4000)
        assert (np.abs(products.mean(0) - covariance) < error).all()
        assert (np.abs(x.mean(0)) < 4 * x.std(0) / math.sqrt(4000)).all()


def test_a_second_step_changes_nothing():
    model = fitted()
    before = model.log_prob(X)
    assert model.fit(X, epochs=2, verbose=0).history["loss"] == pytest.approx([-before.mean()] * 2, abs=1e-5)
    np.testing.assert_allclose(model.log_prob(X), before, atol=1e-6)


def test_data_without_noise_or_in_one_point_is_no_division_by_zero():
    for x in (np.repeat(X[:1], 5, axis=0), X[:2]):
        model = fitted(x)
        assert np.isfinite(model.log_prob(x)).all()
        np.testing.assert_allclose(model.reconstruct(x), x, atol=1e-4)


def test_files_keep_every_argument_and_served_answers_are_python_s(tmp_path):
    model = fitted(sample_mode="sample", floor=0.1)
    model.save(tmp_path / "model.keras")
    other = keras.models.load_model(tmp_path / "model.keras")
    assert equal(state(model), state(other)) and model.get_config() == other.get_config()
    model.export(tmp_path / "1")
    serve = tf.saved_model.load(tmp_path / "1").signatures
    assert set(serve) == {"serving_default", "log_prob", "encode", "decode", "reconstruct"}
    np.testing.assert_allclose(serve["log_prob"](x=X)["log_prob"], model.log_prob(X), atol=1e-5)
    np.testing.assert_allclose(serve["reconstruct"](x=X)["samples"], model.reconstruct(X), atol=1e-5)


CALLS = {  # call -> error, argument
    "latent_dim": (lambda: kg.PCA(SHAPE, 0), ValueError, "latent_dim"),
    "latent_dim of all": (lambda: kg.PCA(SHAPE, 6), ValueError, "latent_dim"),
    "event_shape": (lambda: kg.PCA((2, 0), 1), ValueError, "event_shape"),
    "pixels": (lambda: kg.PCA(SHAPE, 1, sample_mode="few"), ValueError, "sample_mode"),
    "floor": (lambda: kg.PCA(SHAPE, 1, floor=0.0), ValueError, "floor"),
    "NaN": (lambda: fitted(X * np.nan), InvalidDataError, "x"),
    "range": (lambda: fitted(value_range=(0, 1)), InvalidDataError, "x"),
    "label": (lambda: fitted().log_prob(X, condition=0), ValueError, "condition"),
    "code": (lambda: fitted().decode(np.zeros((1, 3), "float32")), InvalidDataError, "z"),
}


test_calls_are_refused_by_name = refusals(CALLS)


@pytest.mark.data
def test_twenty_components_of_mnist():
    """The squared error of scikit-learn's 20 components on the same digits."""
    unit = lambda split: kg.ops.pixels.from_uint8(kg.data.arrays("mnist", split)[0], (0, 1))
    model = kg.PCA((28, 28, 1), 20, seed=0)
    model.compile()
    model.fit(unit("train"), verbose=0)
    x = unit("test")
    assert np.square(model.reconstruct(x) - x).mean(dtype="float64") == pytest.approx(0.02354, abs=1e-5)
