"""Likelihood estimates where the likelihood is known: a linear decoder of Gaussian noise."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats
from scipy.special import logsumexp

from kerasgen.errors import InvalidDataError
from kerasgen.metrics import likelihood as li
from kerasgen.metrics.annealed import ais, sigmoid_schedule
from kerasgen.ops import rng

RNG = np.random.default_rng(0)
LATENT, DATA, SIGMA = 3, 8, 0.5
LOADINGS, BIAS = RNG.normal(size=(LATENT, DATA)), RNG.normal(size=DATA)
X = RNG.normal(size=(4, LATENT)) @ LOADINGS + BIAS + SIGMA * RNG.normal(size=(4, DATA))
EXACT = stats.multivariate_normal(BIAS, LOADINGS.T @ LOADINGS + SIGMA**2 * np.eye(DATA)).logpdf(X)


def decode(z):
    return z @ tf.constant(LOADINGS, "float32") + tf.constant(BIAS, "float32")


def log_weights(k, inflation=1.3):
    """log p(x, z) - log q(z | x) at draws of a posterior made wider: (k, batch)."""
    covariance = np.linalg.inv(np.eye(LATENT) + LOADINGS @ LOADINGS.T / SIGMA**2)
    means = (X - BIAS) @ LOADINGS.T @ covariance / SIGMA**2
    noise = stats.multivariate_normal(cov=inflation * covariance)
    prior = stats.multivariate_normal(cov=np.eye(LATENT))
    offsets = noise.rvs(k * len(X), random_state=1).reshape(k, len(X), LATENT)
    z = means + offsets
    joint = stats.norm.logpdf(X, z @ LOADINGS + BIAS, SIGMA).sum(-1) + prior.logpdf(z)
    return joint - noise.logpdf(offsets)


@pytest.mark.long
def test_ais_finds_the_exact_log_likelihood_of_a_linear_decoder():
    estimate = ais(decode, X, LATENT, SIGMA, rng.key(1), temperatures=300, chains=1024)
    np.testing.assert_allclose(estimate.log_likelihood, EXACT, rtol=0, atol=0.1)
    assert np.all(np.abs(estimate.acceptance - 0.65) < 0.15)
    assert np.all((estimate.effective_sample_size > 512) & (estimate.effective_sample_size <= 1024))
    again = ais(decode, X, LATENT, SIGMA, rng.key(1), temperatures=300, chains=1024)
    np.testing.assert_array_equal(estimate.log_likelihood, again.log_likelihood)


def test_ais_is_within_4_standard_errors_where_the_posterior_has_two_modes():
    """x = z^2 + noise; with one latent dimension quadrature is exact.

    With a step size that each chain adapts for itself the errors are 0.07 to 0.14 nat here.
    """
    x, grid = np.array([[1.5], [0.1], [4.0]]), np.linspace(-8, 8, 20_001)
    joint = stats.norm.logpdf(x, grid**2, 0.2) + stats.norm.logpdf(grid)
    exact = logsumexp(joint, 1) + np.log(grid[1] - grid[0])
    estimate = ais(tf.square, x, 1, 0.2, rng.key(2), temperatures=300, chains=2048)
    error = np.sqrt(1 / estimate.effective_sample_size - 1 / 2048)
    assert np.all(np.abs(estimate.log_likelihood - exact) < 4 * error)
    assert np.all(error < 0.02)


def test_ais_takes_keras_models_images_and_batches_of_any_size():
    decoder = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Reshape((2, 2, 1))])
    x = RNG.normal(size=(5, 2, 2, 1))
    loadings = decoder.layers[0].kernel.numpy()
    exact = stats.multivariate_normal(np.zeros(4), loadings.T @ loadings + np.eye(4)).logpdf(x.reshape(5, 4))
    for batch in (x[:4], x[4:]):
        estimate = ais(decoder, batch, 3, 1.0, rng.key(0), temperatures=100, chains=500)
        np.testing.assert_allclose(estimate.log_likelihood, exact[: len(batch)], rtol=0, atol=0.2)
        exact = exact[len(batch) :]


def test_ais_refuses_moves_that_diverge():
    estimate = ais(tf.exp, np.ones((2, 1)), 1, 0.1, rng.key(0), 20, chains=8, step_size=1e4, pilots=0)
    assert np.all(estimate.acceptance == 0) and np.all(np.isfinite(estimate.log_likelihood))


def test_ais_of_a_decoder_that_ignores_z_is_exact_whatever_the_steps():
    x = RNG.normal(size=(2, 2, 2, 1))
    blank = lambda z: tf.zeros((tf.shape(z)[0], 2, 2, 1))
    estimate = ais(blank, x, 2, 0.7, rng.key(0), temperatures=3, chains=2, leapfrog=2)
    exact = stats.norm.logpdf(x, 0, 0.7).sum((1, 2, 3))
    np.testing.assert_allclose(estimate.log_likelihood, exact, rtol=1e-5)


def test_sigmoid_schedule_is_of_the_logistic_function():
    sigmoid = lambda a: 1 / (1 + np.exp(-a))
    betas = sigmoid_schedule(10)
    by_hand = [(sigmoid(4 * (2 * t / 10 - 1)) - sigmoid(-4)) / (sigmoid(4) - sigmoid(-4)) for t in range(11)]
    np.testing.assert_allclose(betas, by_hand, atol=1e-12)
    assert betas[0] == 0 and betas[-1] == 1


def test_importance_sampling_from_a_wider_posterior():
    weights = log_weights(1000)
    np.testing.assert_allclose(li.importance(weights), EXACT, rtol=0, atol=0.05)
    assert np.all(li.effective_sample_size(weights) > 700)


def test_importance_of_the_true_posterior_is_exact_with_one_draw():
    np.testing.assert_allclose(li.importance(log_weights(1, inflation=1.0)), EXACT, rtol=1e-9)


def test_importance_bound_rises_with_k():
    draws = log_weights(6000, inflation=4.0)
    bounds = [li.importance(draws.reshape(-1, k, len(X)), axis=1).mean() for k in (1, 5, 50)]
    assert bounds[0] < bounds[1] < bounds[2] < EXACT.mean() + 0.05


def test_stream_equals_the_whole():
    weights = log_weights(100)
    log_p, effective = li.importance_stream(np.split(weights, [1, 40]))
    np.testing.assert_allclose(log_p, li.importance(weights), rtol=1e-12)
    np.testing.assert_allclose(effective, li.effective_sample_size(weights), rtol=1e-9)


def test_effective_sample_size_of_equal_single_and_no_weights():
    weights = np.array([[-900.0, 0.0, -np.inf], [-900.0, -np.inf, -np.inf]])
    np.testing.assert_allclose(li.effective_sample_size(weights), [2, 1, 0])
    np.testing.assert_allclose(li.importance(weights), [-900, -np.log(2), -np.inf])
    np.testing.assert_allclose(li.importance_stream([weights])[1], [2, 1, 0])


def test_bits_per_dim():
    # NICE on MNIST, arXiv:1410.8516: 1980.50 nats on [0, 1].
    by_hand = -(1980.5 - 784 * np.log(256)) / (784 * np.log(2))
    assert li.bits_per_dim(1980.5, 784, 1 / 256) == pytest.approx(by_hand)
    assert li.bits_per_dim(1980.5, 784, 1 / 256) == pytest.approx(4.356, abs=5e-4)
    assert li.bits_per_dim(-784 * np.log(2), 784, bin_width=1) == pytest.approx(1)  # a fair coin a pixel


@pytest.mark.parametrize("low, high", [(0, 1), (-1, 1), (0, 256)])
def test_uniform_data_take_8_bits_in_any_range(low, high):
    log_density = np.full(3, -784 * np.log(high - low))
    np.testing.assert_allclose(li.bits_per_dim(log_density, 784, (high - low) / 256), 8, rtol=1e-14)


@pytest.mark.parametrize("low, high", [(0, 1), (-1, 1)])
def test_dequantize_stays_in_its_bin_and_fills_it(low, high):
    images = np.tile(np.arange(256, dtype="uint8"), (400, 1))
    y = li.dequantize(images, rng.key(3), (low, high)).numpy()
    assert y.dtype == "float32" and y.min() > low and y.max() < high
    levels = (y.astype("float64") - low) / (high - low) * 256
    np.testing.assert_array_equal(np.floor(levels), images)
    u = levels - images
    assert stats.kstest(u.ravel(), "uniform").pvalue > 1e-4
    in_graph = tf.function(li.dequantize)(images, rng.key(3), (low, high))
    np.testing.assert_array_equal(y, in_graph)


def parzen_by_hand(samples, x, sigma):
    log_p = stats.norm.logpdf(x[:, None], samples, sigma).sum(-1)
    return logsumexp(log_p, 1) - np.log(len(samples))


@pytest.mark.parametrize("chunk", [7, 500])
def test_parzen_equals_scipy_and_takes_the_best_width(chunk):
    draw = np.random.default_rng(1)
    samples, validation, x = (draw.normal(5, 1, (num, 6)) for num in (90, 40, 50))
    sigmas = [0.01, 0.3, 0.6, 1.2, 30.0]
    scores = [parzen_by_hand(samples, validation, sigma).mean() for sigma in sigmas]
    result = li.parzen(samples, x, sigmas, validation, chunk)
    assert result.sigma == sigmas[np.argmax(scores)] == 0.6
    log_p = parzen_by_hand(samples, x, result.sigma)
    assert result.mean == pytest.approx(log_p.mean(), abs=1e-4)
    assert result.standard_error == pytest.approx(stats.sem(log_p), rel=1e-4)


def test_parzen_takes_images_and_survives_far_test_points():
    images = RNG.uniform(size=(20, 4, 4, 1))
    near, far = (li.parzen(images, images + shift, [0.01], images) for shift in (0, 50))
    assert near.mean > 0 > -1e7 > far.mean > -np.inf


@pytest.mark.parametrize("spread, offset", [(1.0, 3000.0), (1e6, 0.0), (1.0, 1e8)])
def test_parzen_of_wide_ranges_is_that_of_scipy(spread, offset):
    """Clusters as far apart as 10^6 widths of the window, and data far from the origin."""
    draw = np.random.default_rng(1)
    center = spread * draw.normal(size=(3, 4))
    make = lambda num: center[draw.integers(3, size=num)] + draw.normal(size=(num, 4)) + offset
    samples, validation, x = make(90), make(30), make(40)
    result = li.parzen(samples, x, [0.5, 1.0], validation)
    log_p = parzen_by_hand(samples, x, result.sigma)
    assert result.mean == pytest.approx(log_p.mean(), abs=1e-6 * max(1, offset / 1e6))


KEY, ONES, IMAGES = rng.key(0), np.ones((3, 2)), np.zeros((2, 4), "uint8")
NAN = np.full((3, 2), np.nan)
run = lambda x=X, latent=LATENT, sigma=SIGMA, **kw: ais(decode, x, latent, sigma, KEY, **kw)


@pytest.mark.parametrize(
    "name, error, call",
    [
        ("log_density", InvalidDataError, lambda: li.bits_per_dim(np.nan, 2, 1)),
        ("num_dims", ValueError, lambda: li.bits_per_dim(0.0, 0, 1)),
        ("num_dims", TypeError, lambda: li.bits_per_dim(0.0, 1.5, 1)),
        ("bin_width", ValueError, lambda: li.bits_per_dim(0.0, 2, 0)),
        ("log_density", InvalidDataError, lambda: li.bits_per_dim([[1.0], [1.0, 2.0]], 2, 1)),
        ("log_density", InvalidDataError, lambda: li.bits_per_dim(1j, 2, 1)),
        ("log_weights", InvalidDataError, lambda: li.importance(["a"])),
        ("axis", ValueError, lambda: li.importance(ONES, axis=2)),
        ("axis", TypeError, lambda: li.effective_sample_size(ONES, axis="0")),
        ("log_weight_chunks", InvalidDataError, lambda: li.importance_stream(None)),
        ("samples", InvalidDataError, lambda: li.parzen(ONES + 1j, ONES, [1], ONES)),
        ("x", InvalidDataError, lambda: li.parzen(ONES, [[1.0], [1.0, 2.0]], [1], ONES)),
        ("validation", InvalidDataError, lambda: li.parzen(ONES, ONES, [1], None)),
        ("sigmas", InvalidDataError, lambda: li.parzen(ONES, ONES, "a", ONES)),
        ("chunk", TypeError, lambda: li.parzen(ONES, ONES, [1], ONES, chunk="a")),
        ("value_range", ValueError, lambda: li.dequantize(IMAGES, KEY, (0, np.nan))),
        ("value_range", TypeError, lambda: li.dequantize(IMAGES, KEY, "ab")),
        ("images", InvalidDataError, lambda: li.dequantize([[1], [1, 2]], KEY)),
        ("decode", TypeError, lambda: ais(None, X, LATENT, SIGMA, KEY)),
        ("sigma", TypeError, lambda: run(sigma="1")),
        ("images", InvalidDataError, lambda: li.dequantize(ONES, KEY)),
        ("images", InvalidDataError, lambda: li.dequantize(IMAGES[:0], KEY)),
        ("value_range", ValueError, lambda: li.dequantize(IMAGES, KEY, (1, 0))),
        ("log_weights", InvalidDataError, lambda: li.importance(ONES[:0])),
        ("log_weights", InvalidDataError, lambda: li.importance(NAN)),
        ("log_weights", InvalidDataError, lambda: li.effective_sample_size(NAN)),
        ("log_weight_chunks", InvalidDataError, lambda: li.importance_stream([])),
        ("log_weight_chunks", InvalidDataError, lambda: li.importance_stream([ONES, NAN])),
        ("log_weight_chunks", InvalidDataError, lambda: li.importance_stream([ONES, ONES[:, :1]])),
        ("samples", InvalidDataError, lambda: li.parzen(NAN, ONES, [1], ONES)),
        ("samples", InvalidDataError, lambda: li.parzen(ONES[:0], ONES, [1], ONES)),
        ("x", InvalidDataError, lambda: li.parzen(ONES, ONES.T, [1], ONES)),
        ("x", InvalidDataError, lambda: li.parzen(ONES, ONES[:1], [1], ONES)),
        ("validation", InvalidDataError, lambda: li.parzen(ONES, ONES, [1], ONES[0])),
        ("sigmas", InvalidDataError, lambda: li.parzen(ONES, ONES, [], ONES)),
        ("sigmas", ValueError, lambda: li.parzen(ONES, ONES, [1, 0], ONES)),
        ("chunk", ValueError, lambda: li.parzen(ONES, ONES, [1], ONES, chunk=0)),
        ("x", InvalidDataError, lambda: run(x=np.full_like(X, np.nan))),
        ("x", InvalidDataError, lambda: run(x=X[:0])),
        ("x", InvalidDataError, lambda: run(x=X[:, :5])),
        ("latent_dim", ValueError, lambda: run(latent=0)),
        ("sigma", ValueError, lambda: run(sigma=0)),
        ("temperatures", ValueError, lambda: run(temperatures=0)),
        ("chains", ValueError, lambda: run(chains=0)),
        ("leapfrog", ValueError, lambda: run(leapfrog=0)),
        ("step_size", ValueError, lambda: run(step_size=np.nan)),
        ("pilots", ValueError, lambda: run(pilots=-1)),
        ("sharpness", ValueError, lambda: sigmoid_schedule(5, 0)),
    ],
)
def test_bad_input_is_named(name, error, call):
    with pytest.raises(error, match=f"`{name}` .* Received: "):
        call()
