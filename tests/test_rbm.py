"""Restricted Boltzmann machines that are small enough to be enumerated."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import refusals
from scipy import stats
from scipy.special import logsumexp

import kerasgen as kg
from kerasgen.errors import InvalidDataError
from kerasgen.ops import rng

pytestmark = pytest.mark.usefixtures("eagerly")


def patterns(size):
    """All 2^size patterns of bits, float32 (2^size, size)."""
    return np.array(list(itertools.product([0, 1], repeat=size)), "float32")


def machine(visible=6, hidden=4, spread=0.7, **options):
    """A machine with random weights."""
    model = kg.RBM((visible,), hidden, ema=None, seed=0, **options)
    generator = np.random.default_rng(visible)
    for weight in model.energy.trainable_weights:
        weight.assign(generator.normal(0, spread, weight.shape))
    return model


def joint(model):
    """Minus the energy of every pair of patterns, float64 (2^visible, 2^hidden)."""
    matrix, b, c = (np.array(weight, "float64") for weight in model.energy.trainable_weights)
    v, h = patterns(len(b)).astype("float64"), patterns(len(c)).astype("float64")
    return v @ matrix @ h.T + (v @ b)[:, None] + (h @ c)[None]


def probabilities(model):
    """p(v) of every pattern."""
    log_p = logsumexp(joint(model), axis=1)
    return np.exp(log_p - logsumexp(log_p))


def test_the_free_energy_is_the_sum_over_hidden_bits():
    model = machine(12, 8)
    some = np.random.default_rng(0).choice(2**12, 50, replace=False)
    truth = -logsumexp(joint(model)[some], axis=1)
    np.testing.assert_allclose(model.free_energy(patterns(12)[some]), truth, atol=1e-4)


def test_the_gradient_of_the_free_energy_is_minus_the_expected_products():
    model = machine()
    v = tf.constant(patterns(6)[[5, 40]])
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(model.energy.free_energy(v))
    matrix, b, c = tape.gradient(total, model.energy.trainable_weights)
    h = tf.sigmoid(model.energy.hidden_logits(v))
    np.testing.assert_allclose(matrix, -tf.matmul(v, h, transpose_a=True), atol=1e-5)
    np.testing.assert_allclose(b, -np.sum(v, axis=0), atol=1e-5)
    np.testing.assert_allclose(c, -np.sum(h, axis=0), atol=1e-5)


def test_annealed_importance_sampling_finds_the_partition_function():
    model = machine(12, 8)
    truth = logsumexp(joint(model))
    found = model.log_partition(temperatures=400, chains=200)
    assert abs(found.value - truth) < 0.05
    assert abs(found.value - truth) < 4 * found.standard_error and 100 < found.effective_sample_size <= 200
    short = model.log_partition(temperatures=3, chains=200)
    assert short.standard_error > found.standard_error


def test_probabilities_add_up_to_one():
    model = machine()
    log_p = model.log_prob(patterns(6), temperatures=200, chains=200)
    np.testing.assert_allclose(np.exp(log_p), probabilities(model), rtol=0.05)


def test_a_gibbs_chain_keeps_the_distribution():
    """From exact draws, five steps on: the counts of all 64 patterns, by a chi-square test at 4 sigma."""
    model, num = machine(), 20_000
    p = probabilities(model)
    v = patterns(6)[np.random.default_rng(0).choice(64, num, p=p)]
    after = model.energy.chain(tf.constant(v), rng.key(0), 5)
    counts = np.bincount(np.array(after, "int64") @ 2 ** np.arange(6)[::-1], minlength=64)
    assert stats.chisquare(counts, num * p).pvalue > stats.norm.sf(4)
    assert (np.array(after) != v).any(axis=1).mean() > 0.5


def test_chains_of_samples_reach_the_distribution(in_graphs):
    model, num = machine(sampling_steps=40), 2000
    samples = model.sample(num, seed=1)
    truth = probabilities(model) @ patterns(6)
    assert (np.abs(samples.mean(0) - truth) < 4 * np.sqrt(truth * (1 - truth) / num)).all()


@pytest.mark.parametrize("chains", [None, 4000])
def test_contrastive_divergence_of_many_steps_follows_the_gradient_of_the_likelihood(chains):
    """Within 4 standard errors of the gradient by enumeration, plain and with chains that go on."""
    model = machine(spread=0.4, gibbs_steps=30, persistent_chains=chains)
    model.compile(keras.optimizers.SGD(1.0), jit_compile=False)
    x = patterns(6)[np.random.default_rng(1).choice(64, 4000)]
    before = [np.array(w, "float64") for w in model.energy.trainable_weights]
    p, v, h = probabilities(model), patterns(6), tf.sigmoid(model.energy.hidden_logits(patterns(6)))
    data_h = tf.sigmoid(model.energy.hidden_logits(x))
    model.train_step(tf.constant(x))
    steps = [np.array(w) - b for w, b in zip(model.energy.trainable_weights, before, strict=True)]
    outer = lambda v, h: np.einsum("ni,nj->nij", v, h)
    for step, of_data, of_model in (
        (steps[0], outer(x, data_h), outer(v, h)),
        (steps[1], x, v),
        (steps[2], np.array(data_h), np.array(h)),
    ):
        mean = np.tensordot(p, of_model, axes=1)
        variance = np.tensordot(p, (of_model - mean) ** 2, axes=1)
        assert (np.abs(step - (of_data.mean(0) - mean)) < 4 * np.sqrt(variance / 4000) + 1e-6).all()


def test_the_pseudo_log_likelihood_is_the_sum_of_the_conditionals():
    model, x = machine(), patterns(6)
    p = probabilities(model)
    code = x.astype(int) @ 2 ** np.arange(6)[::-1]
    truth = sum(np.log(p[code] / (p[code] + p[code ^ (1 << i)])) for i in range(6))
    draws = [model.pseudo_log_likelihood(model.energy, tf.constant(x), rng.key(seed)) for seed in range(400)]
    error = np.std(draws, axis=0) / 400**0.5
    assert (np.abs(np.mean(draws, axis=0) - truth) < 4.5 * error + 1e-4).all()


def test_training_raises_the_likelihood(in_graphs):
    x = patterns(6)[np.random.default_rng(0).choice([7, 56, 63], 120)]
    model = kg.RBM((6,), 4, gibbs_steps=5, persistent_chains=200, seed=0)
    model.compile(keras.optimizers.SGD(0.3), jit_compile=False)
    likelihood = lambda: np.log(probabilities(model)[x.astype(int) @ 2 ** np.arange(6)[::-1]]).mean()
    start, step = likelihood(), tf.function(model.train_step, autograph=False)
    for _ in range(200):
        step(tf.constant(x))
    assert start == pytest.approx(-6 * np.log(2), abs=0.01)
    assert likelihood() > start + 1.5  # entropy of the three patterns: 3 nats above


def test_chains_go_on_from_step_to_step():
    model = machine(persistent_chains=5, gibbs_steps=2)
    model.compile(keras.optimizers.SGD(0.0), jit_compile=False)
    x, seen = tf.constant(patterns(6)[:3]), []
    for _ in range(3):
        model.train_step(x)
        seen.append(np.array(model.chains))
    assert not any(np.array_equal(a, b) for a, b in itertools.pairwise(seen))
    assert set(np.unique(seen)) == {0, 1}
    assert any(v is model.chains for v in model.non_trainable_variables)


def test_a_chain_that_is_watched_is_that_of_the_samples():
    model = machine(sampling_steps=20, sample_mode="mean")
    watched = model.chain(num=3, steps=20, seed=7)
    np.testing.assert_allclose(watched[:, -1], model.sample(3, seed=7), atol=1e-5)
    np.testing.assert_allclose(watched[:, 16], model.sample(3, seed=7, num_steps=17), atol=1e-5)


def test_weights_count_examples():
    """One of weight 0 leaves no trace; with weights of one nothing changes."""
    x, other = patterns(6)[[1, 9, 33, 60]], patterns(6)[[1, 9, 12, 5]]
    steps = {}
    for name, data in {
        "plain": (x,),
        "ones": (x, np.zeros(4), np.ones(4)),
        "half": (x, np.zeros(4), np.array([1, 1, 0, 0])),
        "other half": (other, np.zeros(4), np.array([1, 1, 0, 0])),
    }.items():
        model = machine(gibbs_steps=2)
        model.compile(keras.optimizers.SGD(0.5), jit_compile=False)
        logs = model.train_step(tuple(tf.constant(part, "float32") for part in data))
        steps[name] = [np.array(w) for w in model.energy.weights] + [float(logs["loss"])]
    for one, other in (("plain", "ones"), ("half", "other half")):
        for a, b in zip(steps[one], steps[other], strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5)
    assert not np.allclose(steps["plain"][0], steps["half"][0])


test_wrong_arguments_are_refused = refusals(
    {
        "range": (lambda: kg.RBM((4,), value_range=(-1.0, 1.0)), "value_range"),
        "hidden": (lambda: kg.RBM((4,), 0), "hidden"),
        "gray": (lambda: machine().free_energy(np.full((1, 6), 0.5)), InvalidDataError, "x"),
        "chains": (lambda: machine().log_partition(10, 1), "chains"),
        "steps": (lambda: machine().sample(1, num_steps=0), "num_steps"),
        "condition": (lambda: machine().log_prob(patterns(6), condition=1), "condition"),
    }
)  # fmt: skip
