"""Laws that have mass one, divergences against draws, and what the bounds are made of."""

import itertools
import math

import numpy as np
import pytest
import tensorflow as tf

import kerasgen as kg
from kerasgen.distributions import bernoulli, logistic, normal
from kerasgen.distributions.likelihoods import LIKELIHOODS
from kerasgen.metrics import likelihood as oracle
from kerasgen.objectives import variational
from kerasgen.ops import rng

RANGES = [(-1.0, 1.0), (0.0, 1.0)]


def four_standard_errors(values):
    return 4 * values.std() / math.sqrt(len(values))


# Distributions.


@pytest.mark.parametrize("mean, log_std", [(0.0, 0.0), (-2.0, 1.0), (3.0, -2.0)])
def test_normal_density_integrates_to_one(mean, log_std):
    x = np.linspace(mean - 10 * math.exp(log_std), mean + 10 * math.exp(log_std), 20_001)
    density = np.exp(normal.log_prob(x[:, None], mean, log_std))
    np.testing.assert_allclose(np.trapezoid(density, x), 1, atol=1e-6)


def test_log_prob_sums_over_the_event_alone():
    x = np.ones((3, 4, 5), "float32")
    for rank in range(4):
        assert normal.log_prob(x, 0.0, 0.0, rank).shape == x.shape[: 3 - rank]
        assert bernoulli.log_prob(x, 0.0 * x, rank).shape == x.shape[: 3 - rank]
        assert logistic.log_prob(x, 0.0, 0.0, event_rank=rank).shape == x.shape[: 3 - rank]
    np.testing.assert_allclose(normal.log_prob(x, 0.0, 0.0, 2), -20 * (0.5 + 0.5 * math.log(2 * math.pi)))


def test_bernoulli_adds_up_to_one_over_all_bits():
    logits = np.array([0.3, -4.0, 20.0], "float32")
    every = np.array(list(itertools.product([0.0, 1.0], repeat=3)), "float32")
    np.testing.assert_allclose(np.exp(bernoulli.log_prob(every, logits)).sum(), 1, atol=1e-6)


@pytest.mark.parametrize("value_range", RANGES)
@pytest.mark.parametrize("log_scale", [-7.0, -3.0, 0.0, 4.0])
@pytest.mark.parametrize("mean", [-1.5, 0.0, 0.31, 1.0, 40.0])
def test_discretized_logistic_adds_up_to_one_over_the_levels(mean, log_scale, value_range):
    levels = np.linspace(*value_range, 256, dtype="float32")[:, None]
    total = np.exp(np.asarray(logistic.log_prob(levels, mean, log_scale, value_range), "float64")).sum()
    # In float32, (x - mean) / s is wrong by 2**-23 |mean| / s, and so is the logarithm.
    np.testing.assert_allclose(total, 1, atol=1e-5 + 2**-22 * abs(mean) * math.exp(-log_scale))


def test_discretized_logistic_is_the_difference_of_its_distribution_function():
    levels, mean, scale = np.linspace(-1, 1, 256), 0.2, 0.1
    sigmoid = lambda x: 1 / (1 + np.exp(-x))
    edges = np.concatenate([[-np.inf], (levels[1:] + levels[:-1]) / 2, [np.inf]])
    expected = np.log(np.diff(sigmoid((edges - mean) / scale)))
    ours = logistic.log_prob(levels.astype("float32")[:, None], mean, math.log(scale))
    np.testing.assert_allclose(ours, expected, atol=1e-4)


@pytest.mark.parametrize("extreme", [-1e4, 1e4])
def test_tails_and_their_gradients_are_finite(extreme):
    p = tf.constant([extreme])
    laws = [
        lambda p: normal.log_prob(0.0, p, 0.0),
        *(lambda p, x=x: bernoulli.log_prob(x, p) for x in (0.0, 1.0)),
        *(lambda p, x=x: logistic.log_prob(x, p, -7.0) for x in (-1.0, 0.0, 1.0)),
        *(lambda p, x=x: logistic.log_prob(x, 0.0, p / 1e3) for x in (-1.0, 0.5)),
    ]
    for law in laws:
        with tf.GradientTape() as tape:
            tape.watch(p)
            value = law(p)
        assert np.isfinite(value) and np.isfinite(tape.gradient(value, p)).all()


def test_kl_is_the_mean_log_ratio_of_draws():
    mean, log_std = np.float32([0.5, -1.0]), np.float32([-0.3, 0.4])
    other_mean, other_log_std = np.float32([-0.2, 0.3]), np.float32([0.2, -0.1])
    pairs = np.broadcast_to(mean, (200_000, 2)), np.broadcast_to(log_std, (200_000, 2))
    x = normal.Normal(*pairs).sample(rng.key(1))
    for other, closed in [
        ((other_mean, other_log_std), normal.kl(mean, log_std, other_mean, other_log_std)),
        ((0.0, 0.0), normal.kl_to_standard(mean, log_std)),
    ]:
        ratio = np.asarray(normal.log_prob(x, mean, log_std) - normal.log_prob(x, *other))
        assert abs(ratio.mean() - np.sum(closed)) < four_standard_errors(ratio)
    np.testing.assert_allclose(normal.kl(mean, log_std, mean, log_std), 0, atol=1e-6)


@pytest.mark.parametrize("name", LIKELIHOODS)
@pytest.mark.parametrize("value_range", RANGES)
def test_samples_of_a_likelihood_have_its_mean_and_range(name, value_range):
    law, num = LIKELIHOODS[name], 40_000
    if law.parameters == 1 and value_range != (0.0, 1.0):
        pytest.skip("bits are 0 and 1")
    row = np.float32([0.4, -3.0])[: law.parameters]
    p = np.broadcast_to(row, (num, law.parameters))
    given = law(p, value_range)
    x = np.asarray(given.sample(rng.key(0)))[:, 0]
    assert value_range[0] <= x.min() <= x.max() <= value_range[1]
    assert abs(x.mean() - given.mean()[0, 0]) < four_standard_errors(x) + 1 / 255
    assert law(p[:5], value_range).log_prob(x[:5, None]).shape == (5,)


def test_samples_of_pixels_are_levels():
    x = logistic.sample(rng.key(0), np.zeros(1000, "float32"), np.float32(-1.0), (0.0, 1.0))
    np.testing.assert_allclose(255 * x, np.round(255 * x), atol=1e-4)


# Objectives.


def log_weights(k=7, batch=5):
    return np.random.default_rng(0).normal(-90, 20, (k, batch)).astype("float32")


def test_importance_bound_is_the_measure_s():
    w = log_weights()
    np.testing.assert_allclose(variational.importance_bound(w), oracle.importance(w), rtol=1e-6)
    np.testing.assert_allclose(variational.importance_bound(w[:1]), w[0])
    np.testing.assert_allclose(variational.importance_bound(np.repeat(w[:1], 9, 0)), w[0], rtol=1e-6)


def test_importance_bound_of_equal_parts_is_not_below_their_mean():
    w = log_weights(k=8)
    whole, first, second = (np.asarray(variational.importance_bound(part)) for part in (w, w[:4], w[4:]))
    assert (whole >= (first + second) / 2).all() and ((first + second) / 2 >= w.mean(0)).all()


def test_elbo_is_likelihood_minus_weighted_divergence():
    likelihood, kl = log_weights(3), np.abs(log_weights(5, 4))
    np.testing.assert_allclose(
        variational.elbo(likelihood, kl, 2), likelihood.mean(0) - 2 * kl.sum(1), rtol=1e-6
    )


def test_free_bits_cost_the_least_until_a_group_costs_more():
    kl = tf.constant([[0.1, 3.0, 0.2], [0.3, 1.0, 1.2]])
    with tf.GradientTape() as tape:
        tape.watch(kl)
        total = tf.reduce_mean(tf.reduce_sum(variational.free_bits(kl, 0.5), axis=1))
    np.testing.assert_allclose(total, 0.5 + 2.0 + 0.7, rtol=1e-6)  # sum_j max(0.5, mean_j)
    np.testing.assert_allclose(tape.gradient(total, kl), [[0, 0.5, 0.5]] * 2)
    np.testing.assert_array_equal(variational.free_bits(kl, 0.0), kl)


def test_warm_up_is_linear_and_stays_at_one():
    assert [float(variational.warm_up(step, 4)) for step in (0, 1, 4, 9)] == [0, 0.25, 1, 1]
    assert variational.warm_up(0, 0) == 1


@pytest.mark.parametrize("method", ["importance", "elbo"])
@pytest.mark.parametrize("k", [1, 4, 9])
def test_draws_in_chunks_are_draws_at_once(method, k):
    from kerasgen.models.core import bounds

    w = log_weights(12, 5)
    values = lambda j: tf.constant(w)[j * 4 : j * 4 + 4]
    ours = bounds.fold(values, method, tf.constant(k), draws=4, rows=5)
    expected = oracle.importance(w[:k]) if method == "importance" else w[:k].mean(0)
    np.testing.assert_allclose(ours, expected, rtol=1e-6)


# Networks.


@pytest.mark.parametrize("shape", [(28, 28, 1), (9, 6, 3), (7, 7, 1)])
@pytest.mark.parametrize("kind", ["mlp", "conv"])
@pytest.mark.parametrize("num_classes", [None, 3])
def test_networks_take_any_size_and_begin_at_their_bias(shape, kind, num_classes):
    networks = kg.networks.vae
    encoder, decoder = (getattr(networks, f"{kind}_{side}") for side in ("encoder", "decoder"))
    size = {"latent_dim": 4, "width": 2, "num_classes": num_classes}
    label = [] if num_classes is None else [np.array([0, 2])]
    x, z = np.zeros((2, *shape), "float32"), np.zeros((2, 4), "float32")
    mean, log_std = encoder(shape, **size)([x, *label] if label else x)
    assert mean.shape == log_std.shape == (2, 4)
    out = decoder(shape, **size, bias=-1.9, log_scale=-2.0)([z, *label] if label else z)
    channels = shape[-1]
    assert out.shape == (2, *shape[:-1], 2 * channels)
    np.testing.assert_array_equal(out[..., channels:], np.float32(-2))
    if num_classes is None:  # nothing but biases, at z = 0
        np.testing.assert_allclose(out[..., :channels], -1.9, rtol=1e-6)
    assert decoder(shape, **size, parameters=2).output_shape == (None, *shape[:-1], 2 * channels)


def test_bias_of_an_image_is_the_output_at_zero():
    bias = np.linspace(-3, 3, 12).reshape(3, 4, 1)
    decoder = kg.networks.vae.mlp_decoder((3, 4, 1), 2, width=4, bias=bias)
    np.testing.assert_allclose(decoder(np.zeros((1, 2)))[0], bias, rtol=1e-6)
