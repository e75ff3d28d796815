"""The autoencoder: least squares against PCA, and codes drawn as those of the data lie."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import equal, refusals, state
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

import kerasgen as kg

GENERATOR = np.random.default_rng(0)
MEANS = np.float32([[4, 0], [-4, 1], [0, 5]])
LABELS = GENERATOR.integers(0, 3, 3000)
POINTS = (MEANS[LABELS] + 0.3 * GENERATOR.normal(size=(3000, 2))).astype("float32")


def dense(inputs, outputs, bias=True):
    x = keras.Input((inputs,))
    return keras.Model(x, keras.layers.Dense(outputs, use_bias=bias)(x))


def toy(size=2, latent_dim=2, rate=1e-2, **arguments):
    """A linear autoencoder of vectors, compiled."""
    arguments = {"components": 3, "memory": 1000, "fit_every": 10, "value_range": None, "seed": 0} | arguments
    model = kg.Autoencoder(dense(size, latent_dim), dense(latent_dim, size), **arguments)
    model.compile(kg.training.FusedAdam(rate), jit_compile=False)
    return model


def identity(**arguments):
    """Codes that are the points themselves, and stay so."""
    model = toy(rate=0.0, **arguments)
    model.encoder.set_weights([np.eye(2), np.zeros(2)])
    model.decoder.set_weights([np.eye(2), np.zeros(2)])
    return model


@pytest.mark.long
def test_linear_autoencoder_finds_the_subspace_of_pca():
    """Baldi & Hornik (1989): the least squares of a linear one are those of PCA."""
    x = (GENERATOR.normal(size=(4000, 6)) * [3, 2, 1, 0.3, 0.2, 0.1]).astype("float32")
    model = toy(6, 3)
    model.fit(x, batch_size=100, epochs=10, verbose=0)
    pca = PCA(3).fit(x)
    best = np.square(x - pca.inverse_transform(pca.transform(x))).mean()
    found = model.evaluate(x, batch_size=1000, verbose=0, return_dict=True)["loss"]
    assert best - 1e-6 < found < 1.05 * best
    np.testing.assert_allclose(np.square(model.reconstruct(x) - x).mean(), found, rtol=1e-4)


def test_mixture_is_that_of_the_latest_codes():
    model = identity()
    model.fit(
        POINTS, batch_size=100, shuffle=False, verbose=0
    )  # 30 steps: the third fit is of the last 1,000
    fitted = model.mixture.arrays()
    oracle = GaussianMixture(3, random_state=0).fit(POINTS[-1000:])
    ours, theirs = np.argsort(fitted["means"][:, 0]), np.argsort(oracle.means_[:, 0])
    np.testing.assert_allclose(fitted["means"][ours], oracle.means_[theirs], atol=1e-3)
    np.testing.assert_allclose(fitted["weights"][ours], oracle.weights_[theirs], atol=1e-3)
    near = np.linalg.norm(model.sample(500, seed=0)[:, None] - MEANS, axis=-1).min(1)
    assert (near < 1.5).all()


@pytest.mark.long
def test_codes_before_the_first_fit_and_on_request_are_standard_normal():
    young, fitted = identity(), identity()
    fitted.fit(POINTS, batch_size=100, verbose=0)
    for samples in (young.sample(4000, seed=0), fitted.sample(4000, seed=0, codes="normal")):
        assert np.abs(samples.mean(0)).max() < 4 / np.sqrt(4000)
        assert np.abs(samples.std(0) - 1).max() < 4 / np.sqrt(2 * 4000)
    assert np.array_equal(
        fitted.sample(3, seed=1, codes="normal"), fitted.sample(9, seed=1, codes="normal")[:3]
    )


def test_short_memories_are_fitted_to_what_there_is():
    model = identity(fit_every=1)
    model.fit(POINTS[:50], batch_size=50, verbose=0)
    assert int(model.num_seen) == 50
    means = model.mixture.arrays()["means"]
    assert np.linalg.norm(means[:, None] - MEANS, axis=-1).min(1).max() < 1


@pytest.mark.long
def test_files_keep_the_mixture_and_the_memory(tmp_path):
    model = toy(ema=0.9)
    model.fit(POINTS[:1500], batch_size=100, verbose=0)
    model.save(tmp_path / "model.keras")
    other = keras.models.load_model(tmp_path / "model.keras")
    assert equal(state(model), state(other))
    for one in (model, other):
        one.fit(POINTS[1500:], batch_size=100, shuffle=False, verbose=0)
    assert equal(state(model), state(other))
    np.testing.assert_array_equal(model.sample(4, seed=0), other.sample(4, seed=0))


@pytest.mark.long
def test_served_samples_are_of_the_mixture(tmp_path):
    model = identity()
    model.fit(POINTS, batch_size=100, verbose=0)
    model.export(tmp_path / "1")
    serve = tf.saved_model.load(tmp_path / "1").signatures
    seeds = kg.ops.rng.row_seeds(7, 5)
    np.testing.assert_allclose(serve["serving_default"](seed=seeds)["samples"], model.sample(5, 7), atol=1e-5)
    codes = serve["encode"](x=tf.constant(POINTS[:5]))["codes"]
    np.testing.assert_allclose(codes, model.encode(POINTS[:5]), atol=1e-5)


CALLS = {
    "codes": (lambda: toy().sample(2, codes="uniform"), "codes"),
    "components": (lambda: toy(components=0), "components"),
    "memory": (lambda: toy(memory=2), "memory"),
    "fit_every": (lambda: toy(fit_every=0), "fit_every"),
    "encoder": (lambda: kg.Autoencoder(dense(5, 3), dense(2, 5)), "encoder"),
    "decoder": (lambda: kg.Autoencoder(dense(5, 2), dense(2, 4)), "decoder"),
}


test_calls_are_refused_by_name = refusals(CALLS)
