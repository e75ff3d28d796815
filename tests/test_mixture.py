"""Mixtures: EM never loses likelihood, finds what is there, and agrees with scikit-learn."""

import itertools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import equal, refusals, state
from scipy.stats import multivariate_normal, norm
from sklearn.mixture import GaussianMixture as Peer

import kerasgen as kg
from kerasgen import weights
from kerasgen.errors import InvalidDataError
from kerasgen.models.closed_form import fitting
from kerasgen.models.core.mixture import Mixture
from kerasgen.ops import rng, seeding

eagerly = pytest.mark.usefixtures("eagerly")
SHAPE = (2, 3, 1)
RANDOM = np.random.default_rng(0)
BITS = (RANDOM.uniform(size=(400, *SHAPE)) < RANDOM.uniform(size=SHAPE) ** 2).astype("float32")
POINTS = np.concatenate([RANDOM.normal(mean, 1, (150, 2)) for mean in ([0, 0], [3, 1], [-2, 4])])
POINTS = POINTS.astype("float32")


def gaussian(covariance="full", components=3, shape=(2,), **arguments):
    model = kg.GaussianMixture(shape, components, covariance, **{"seed": 0} | arguments)
    model.compile()
    return model


def bernoulli(components=3, shape=SHAPE, **arguments):
    model = kg.BernoulliMixture(shape, components, **{"seed": 0} | arguments)
    model.compile()
    return model


def likelihoods(model, x, steps):
    """Mean log-likelihoods in float64 after each of the steps."""
    values, step, x = [], tf.function(model.train_step), tf.constant(x)
    for _ in range(steps):
        step(x)
        values.append(float(keras.ops.mean(model.log_density(fitting.flat(x)))))
    return values


def errors(model, truth):
    """Of the mean that is nearest to each true one, in every number."""
    found = model.get_parameters()["means"][:, None]
    nearest = np.square(found - truth).sum(-1).argmin(0)
    return np.abs(found[nearest, 0] - truth)


# Fitting.

LAWS = {
    "full": lambda seed: gaussian("full", 7, (4,), seed=seed, floor=1e-3),
    "diagonal": lambda seed: gaussian("diagonal", 7, (4,), seed=seed, floor=1e-3),
    "bernoulli": lambda seed: bernoulli(7, (9,), seed=seed),
}


@eagerly
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("seed", range(2))
def test_likelihood_never_falls(law, seed):
    """By no more than the rounding of float64, floors and far-off data included."""
    generator = np.random.default_rng(seed)
    if law == "bernoulli":
        x = generator.integers(0, 2, (300, 9)).astype("float32")
        x[:, 0] = 1  # its mean rests on the floor
    else:
        x = generator.normal(size=(300, 4)) @ generator.normal(size=(4, 4)) + 1000
        x[:, 0] = 7  # no variance: on the floor too
    values = likelihoods(LAWS[law](seed), x.astype("float32"), 12)
    assert values[-1] > values[0] + 0.01
    rounding = 1e-16 * 1000**2 / 1e-3  # of (x - mean)^2 / variance
    assert all(after >= before - 10 * rounding for before, after in itertools.pairwise(values))


@eagerly
@pytest.mark.parametrize("covariance", ["full", "diagonal"])
def test_means_of_separated_gaussians_are_recovered(covariance):
    truth = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    x = np.concatenate([np.random.default_rng(k).normal(truth[k], 1, (1000, 2)) for k in range(3)])
    model = gaussian(covariance)
    model.fit(x.astype("float32"), epochs=5, verbose=0)
    assert errors(model, truth).max() < 3 / math.sqrt(1000)
    np.testing.assert_allclose(model.get_parameters()["weights"], 1 / 3, atol=1e-6)


@eagerly
def test_means_of_separated_bits_are_recovered():
    """120 means within 4 standard errors."""
    truth = np.where(np.random.default_rng(0).integers(0, 2, (3, 40)), 0.9, 0.1)
    bits = np.random.default_rng(1).uniform(size=(3, 1000, 40)) < truth[:, None]
    model = bernoulli(shape=(40,))
    model.fit(bits.reshape(-1, 40).astype("float32"), epochs=5, verbose=0)
    assert errors(model, truth).max() < 4 * 0.3 / math.sqrt(1000)


@eagerly
@pytest.mark.filterwarnings("ignore:.*did not converge")
@pytest.mark.parametrize("covariance, name", [("full", "full"), ("diagonal", "diag")])
def test_scikit_learn_agrees(covariance, name):
    """In the density at its parameters, and in one iteration of EM from there."""
    peer = Peer(3, covariance_type=name, reg_covar=1e-6, max_iter=2, random_state=0)
    peer.fit(POINTS)
    model = gaussian(covariance)
    model.set_parameters(peer.weights_, peer.means_, peer.covariances_)
    np.testing.assert_allclose(model.log_prob(POINTS), peer.score_samples(POINTS), atol=1e-4)
    np.testing.assert_allclose(model.log_prob(POINTS).mean(), peer.score(POINTS), atol=1e-4)
    np.testing.assert_allclose(model.responsibilities(POINTS), peer.predict_proba(POINTS), atol=1e-5)
    model.fit(POINTS, verbose=0)
    peer.set_params(warm_start=True, max_iter=1)
    peer.fit(POINTS)
    for value, own in zip(
        (peer.weights_, peer.means_, peer.covariances_), model.get_parameters().values(), strict=True
    ):
        np.testing.assert_allclose(own, value, atol=1e-4)


def test_density_far_from_zero_agrees_too():
    x = np.random.default_rng(0).normal(1000, 1, (300, 30)) @ np.diag(np.linspace(0.01, 1, 30))
    x = x.astype("float32")
    peer = Peer(2, random_state=0, reg_covar=1e-5).fit(x.astype("float64"))
    model = gaussian(components=2, shape=(30,))
    model.set_parameters(peer.weights_, peer.means_, peer.covariances_)
    np.testing.assert_allclose(model.log_prob(x), peer.score_samples(x.astype("float64")), atol=1e-4)


@eagerly
def test_a_constant_column_far_from_zero_costs_its_floor():
    """The density is that of the other column times N(x; 1e6, floor) at its own mean."""
    x = np.stack([np.full(450, 1e6), POINTS[:, 0]], axis=1).astype("float32")
    near = np.float64(POINTS[:, :1])
    truth = norm.logpdf(near, near.mean(), near.std()).sum(1) - 0.5 * math.log(2 * math.pi * 1e-6)
    for covariance in ("diagonal", "full"):
        model = gaussian(covariance, 1)
        model.fit(x, verbose=0)
        np.testing.assert_allclose(model.log_density(fitting.flat(x)), truth, atol=1e-4)
        np.testing.assert_allclose(model.get_parameters()["means"], [[1e6, near.mean()]], rtol=1e-12)


@eagerly
@pytest.mark.parametrize("covariance", ["diagonal", "full"])
@pytest.mark.parametrize("offset", [0, 1e6, 1.7e9])
def test_translation_changes_nothing(covariance, offset):
    """Beside seconds since 1970, one component after another, the clusters are found as they are."""
    x = np.float64(POINTS * 64).round()  # whole numbers that float64 holds at any offset
    models = gaussian(covariance), gaussian(covariance)
    for model, at in zip(models, (0, offset), strict=True):
        step = tf.function(model.mixture.iterate)
        model.mixture.start(tf.constant(x), rng.key(0))
        means = model.mixture.parameters.named["means"]
        means.assign_add(tf.fill(means.shape, tf.constant(at, "float64")))
        for _ in range(4):
            step(tf.constant(x + at))
    plain, moved = (model.get_parameters() for model in models)
    np.testing.assert_allclose(moved["means"] - offset, plain["means"], atol=1e-5)
    np.testing.assert_allclose(moved["covariances"], plain["covariances"], rtol=1e-6, atol=1e-4)
    found = [np.array(m.log_density(x + at)) for m, at in zip(models, (0, offset), strict=True)]
    np.testing.assert_allclose(*found, atol=1e-4)


@eagerly
def test_covariances_hold_over_ten_orders_of_magnitude():
    """One full component: the covariance of the data, and the density of the data divided by their scales."""
    scales = np.geomspace(1, 1e10, 4)
    generator = np.random.default_rng(0)
    x = generator.normal(size=(500, 4)) @ (np.eye(4) + 0.3 * generator.normal(size=(4, 4))) * scales
    x = x.astype("float32")
    unit = x / scales
    model = gaussian("full", 1, (4,))
    model.fit(x, verbose=0)
    law = multivariate_normal(unit.mean(0), np.cov(unit.T, bias=True))
    np.testing.assert_allclose(model.log_prob(x), law.logpdf(unit) - np.log(scales).sum(), atol=1e-4)


def test_bits_have_a_law():
    """All 2^6 patterns: their probabilities add up to 1."""
    patterns = np.array(list(itertools.product([0, 1], repeat=6)), "float32").reshape(-1, *SHAPE)
    model = bernoulli()
    model.fit(BITS, epochs=3, verbose=0)
    np.testing.assert_allclose(np.exp(model.log_prob(patterns).astype("float64")).sum(), 1, atol=1e-5)


def test_a_new_gaussian_mixture_is_standard_normal():
    model = gaussian(components=4, shape=(3,))
    x = np.random.default_rng(0).normal(size=(50, 3)).astype("float32")
    np.testing.assert_allclose(model.log_prob(x), norm.logpdf(x).sum(1), atol=1e-5)
    np.testing.assert_allclose(model.responsibilities(x), 0.25, atol=1e-6)


def test_one_step_of_an_array_is_the_whole_of_it_whatever_the_chunks(monkeypatch):
    whole, parts = bernoulli(), bernoulli()
    monkeypatch.setattr(Mixture, "rows_at_once", 7)
    parts.fit(BITS, epochs=3, verbose=0)
    monkeypatch.undo()
    whole.fit(BITS, epochs=3, verbose=0)
    assert int(whole.iterations) == int(parts.iterations) == 3
    for a, b in zip(whole.get_parameters().values(), parts.get_parameters().values(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-9)


@eagerly
def test_loss_is_that_of_the_parameters_before_the_step():
    model = gaussian()
    model.fit(POINTS, epochs=2, verbose=0)
    before = model.log_prob(POINTS).mean(dtype="float64")
    loss = model.evaluate(POINTS, verbose=0)
    assert model.fit(POINTS, verbose=0).history["loss"][0] == pytest.approx(-before, abs=1e-5)
    assert loss == pytest.approx(-before, abs=1e-5)


@eagerly
@pytest.mark.long
def test_components_without_examples_do_no_harm():
    """Two different points, five components: three keep the law of their birth and weigh nothing."""
    x = np.repeat(np.float32([[0, 0], [1, 2]]), 20, axis=0)
    for model in (gaussian("full", 5), gaussian("diagonal", 5)):
        model.fit(x, epochs=3, verbose=0)
        found = model.get_parameters()
        assert sorted(found["weights"].round(6)) == [0, 0, 0, 0.5, 0.5]
        assert all(np.isfinite(value).all() for value in found.values())
        assert np.isfinite(model.log_prob(x)).all()
        assert np.abs(model.sample(50, seed=0)[:, None] - [[0, 0], [1, 2]]).min(1).max() < 0.01
    bits = np.repeat(BITS[:1], 9, axis=0)
    model = bernoulli(4)
    model.fit(bits, epochs=2, verbose=0)
    np.testing.assert_allclose(model.log_prob(bits), 6 * math.log(1 - model.mixture.floor), atol=1e-5)


def test_start_is_by_distance():
    """Four far clusters of unequal size: k-means++ takes one row of each, uniform draws would seldom."""
    middles = np.float32([[0, 0], [100, 0], [0, 100], [100, 100]]) * 10
    x = np.repeat(middles, [500, 5, 5, 5], axis=0) + np.random.default_rng(0).normal(size=(515, 2))
    for seed in range(10):
        chosen = np.array(seeding.plus_plus(rng.key(seed), tf.constant(x, "float32"), 4))
        assert len(np.unique((chosen / 1000).round() + 0.0, axis=0)) == 4


def test_seeds_choose_the_start():
    fitted = [gaussian(components=5, seed=seed) for seed in (0, 0, 1)]
    for model in fitted:
        model.mixture.start(fitting.flat(tf.constant(POINTS)), model.key())
    same, other = (np.array_equal(fitted[0].log_prob(POINTS), m.log_prob(POINTS)) for m in fitted[1:])
    assert same and not other


# Samples, files, serving.


def test_samples_follow_the_law():
    model = gaussian(components=2)
    means, covariances = np.array([[0.0, 0], [4, 1]]), np.array([[[1, 0.8], [0.8, 1]], [[0.1, 0], [0, 3]]])
    model.set_parameters([0.25, 0.75], means, covariances)
    x = model.sample(4000, seed=0)
    mean = 0.25 * means[0] + 0.75 * means[1]
    assert (np.abs(x.mean(0) - mean) < 4 * x.std(0) / math.sqrt(4000)).all()
    second = sum(w * (c + np.outer(m, m)) for w, m, c in zip((0.25, 0.75), means, covariances, strict=True))
    products = x[:, :, None] * x[:, None, :]
    assert (np.abs(products.mean(0) - second) < 4 * products.std(0) / math.sqrt(4000)).all()
    assert np.array_equal(model.sample(4, seed=0), x[:4])


def test_bits_are_drawn_as_bits():
    model = bernoulli(2)
    means = np.random.default_rng(0).uniform(0.1, 0.9, (2, *SHAPE))
    model.set_parameters([0.5, 0.5], means)
    x = model.sample(4000, seed=0)
    assert set(np.unique(x)) == {0.0, 1.0}
    assert np.abs(x.mean(0) - means.mean(0)).max() < 4 * 0.5 / math.sqrt(4000)
    np.testing.assert_allclose(model.get_parameters()["means"], means)


@eagerly
def test_shipped_weights_have_the_same_density(tmp_path):
    model, other = gaussian(), gaussian()
    model.fit(POINTS, epochs=3, verbose=0)
    plain = dict.fromkeys(("command", "data", "machine", "date"), "") | {"parameters": {}, "versions": {}}
    plain |= dict.fromkeys(("seed", "epochs", "steps", "minutes"), 0)
    record = kg.Record(name="a", **plain, **weights.save(model, tmp_path / "a.weights.h5"))
    weights.load(other, tmp_path / "a.weights.h5", record)
    assert np.array_equal(model.log_prob(POINTS), other.log_prob(POINTS))
    before = likelihoods(model, POINTS, 1)
    assert before == likelihoods(other, POINTS, 1)  # it goes on, and does not start again


@eagerly
def test_files_keep_every_argument(tmp_path):
    for model, x in (
        (gaussian("diagonal", floor=0.1, value_range=(-9, 9)), POINTS),
        (bernoulli(floor=0.05), BITS),
    ):
        model.fit(x, verbose=0)
        model.save(tmp_path / "model.keras")
        other = keras.models.load_model(tmp_path / "model.keras")
        assert equal(state(model), state(other))
        assert model.get_config() == other.get_config()


@pytest.mark.long
def test_served_densities_are_python_s(tmp_path):
    for number, (model, x) in enumerate(((gaussian(), POINTS[:20]), (bernoulli(), BITS[:20]))):
        model.fit(x, epochs=2, verbose=0)
        model.export(tmp_path / str(number))
        serve = tf.saved_model.load(tmp_path / str(number)).signatures
        np.testing.assert_allclose(serve["log_prob"](x=x)["log_prob"], model.log_prob(x), atol=1e-5)
        shares = serve["responsibilities"](x=x)["responsibilities"]
        np.testing.assert_allclose(shares, model.responsibilities(x), atol=1e-5)
        with pytest.raises(tf.errors.InvalidArgumentError, match="`x` must be"):
            serve["log_prob"](x=x + np.float32(0.5 if isinstance(model.event, kg.spaces.Bits) else np.nan))


# The doors.

THIRDS, LAW = np.full(3, 1 / 3), (np.zeros((3, 2)), np.tile(np.eye(2), (3, 1, 1)))
CALLS = {  # call -> error, argument
    "no components": (lambda: gaussian(components=0), ValueError, "components"),
    "half a component": (lambda: gaussian(components=1.5), TypeError, "components"),
    "covariance": (lambda: gaussian("tied"), ValueError, "covariance"),
    "floor": (lambda: gaussian(floor=0), ValueError, "floor"),
    "floor of bits": (lambda: bernoulli(floor=0.6), ValueError, "floor"),
    "event_shape": (lambda: gaussian(shape=(0,)), ValueError, "event_shape"),
    "range of bits": (lambda: bernoulli(value_range=(-1, 1)), ValueError, "value_range"),
    "jit_compile": (lambda: gaussian().compile(jit_compile=True), ValueError, "jit_compile"),
    "label": (lambda: gaussian().log_prob(POINTS, condition=1), ValueError, "condition"),
    "label of sample": (lambda: gaussian().sample(1, condition=1), ValueError, "condition"),
    "grey": (lambda: bernoulli().log_prob(BITS / 2), InvalidDataError, "x"),
    "shape": (lambda: gaussian().log_prob(BITS), InvalidDataError, "x"),
    "NaN": (lambda: gaussian().responsibilities(POINTS * np.nan), InvalidDataError, "x"),
    "weights": (lambda: gaussian().set_parameters([1, 1, 1], *LAW), ValueError, "weights"),
    "means": (lambda: gaussian(components=2).set_parameters([0.5, 0.5], *LAW), ValueError, "means"),
    "means of bits": (lambda: bernoulli(1).set_parameters([1], np.ones((1, *SHAPE))), ValueError, "means"),
    "covariances": (lambda: gaussian(floor=2).set_parameters(THIRDS, *LAW), ValueError, "covariances"),
}  # fmt: skip


test_calls_are_refused_by_name = refusals(CALLS)


dataset = lambda batch_size: kg.data.from_array(POINTS, batch_size=batch_size, value_range=None)
FITS = {
    "grey": lambda: (bernoulli(), BITS * 0.5, {}),
    "NaN": lambda: (gaussian(), POINTS * np.nan, {}),
    "empty": lambda: (gaussian(), POINTS[:0], {}),
    "fewer examples than components": lambda: (gaussian(), POINTS[:2], {}),
    "fewer in a batch": lambda: (gaussian(), POINTS, {"batch_size": 2}),
    "fewer in a dataset": lambda: (gaussian(), dataset(2), {}),
}  # fmt: skip


@pytest.mark.parametrize("case", FITS.values(), ids=FITS)
def test_fits_are_refused_before_anything_changes(case):
    model, x, arguments = case()
    before = state(model)
    with pytest.raises((InvalidDataError, tf.errors.InvalidArgumentError), match="`x`"):
        model.fit(x, verbose=0, **arguments)
    assert equal(before, state(model))
