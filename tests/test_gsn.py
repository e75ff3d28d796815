"""Generative stochastic networks on bits that are few enough to be enumerated."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import refusals
from scipy import stats

import kerasgen as kg
from kerasgen.ops import rng

pytestmark = pytest.mark.usefixtures("eagerly")
PATTERNS = np.array(list(itertools.product([0, 1], repeat=3)), "float32")
ODDS = np.array([-1.0, 0.3, 1.5])
LAW = np.exp((2 * PATTERNS - 1) @ ODDS / 2)
LAW /= LAW.sum()  # of independent bits with these log-odds
CORRUPTION = 0.4


def network(kernel, bias):
    made = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3)])
    made.set_weights([np.float32(kernel), np.float32(bias)])
    return made


def ideal(**options):
    """log P(x_i = 1 | x~) / P(x_i = 0 | x~) is linear in x~ for independent bits."""
    reach = np.log((1 - CORRUPTION / 2) / (CORRUPTION / 2))
    made = network(2 * reach * np.eye(3), ODDS - reach)
    return kg.GSN(made, corruption=CORRUPTION, seed=0, **options)


def number(x):
    return np.asarray(x).astype(int) @ [4, 2, 1]


def transitions(model):
    """C(x~ | x), P(x' | x~) and their product, float64 (8, 8) each."""
    stays = 1 - model.corruption / 2
    same = PATTERNS[:, None] == PATTERNS[None]
    corrupted = np.where(same, stays, 1 - stays).prod(-1)
    p = np.asarray(model.reconstruction(model.network, tf.constant(PATTERNS)).mean(), "float64")
    drawn = np.where(PATTERNS[None] == 1, p[:, None], 1 - p[:, None]).prod(-1)
    return corrupted, drawn, corrupted @ drawn


def test_the_chain_of_the_ideal_network_has_the_distribution_of_the_data():
    """Theorem 1, by enumeration; and by counts of 20,000 chains, a chi-square test at 4 sigma."""
    model, num = ideal(), 20_000
    *_, step = transitions(model)
    np.testing.assert_allclose(LAW @ step, LAW, atol=1e-6)
    x = PATTERNS[np.random.default_rng(0).choice(8, num, p=LAW)]
    for k in range(3):
        x, _ = model.transition(x, rng.uniform(rng.fold_in(rng.key(0), k), (num, 6)))
    counts = np.bincount(number(x), minlength=8)
    assert stats.chisquare(counts, num * LAW).pvalue > stats.norm.sf(4)


def test_a_step_of_the_chain_has_the_enumerated_probabilities():
    """Of a network that is far from ideal, whose bits depend on each other."""
    random = np.random.default_rng(1)
    model = kg.GSN(network(random.normal(size=(3, 3)), random.normal(size=3)), corruption=0.3, seed=0)
    *_, step = transitions(model)
    start, num = 5, 20_000
    x = np.repeat(PATTERNS[start : start + 1], num, axis=0)
    after, mean = model.transition(tf.constant(x), rng.uniform(rng.key(1), (num, 6)))
    counts = np.bincount(number(after), minlength=8)
    assert stats.chisquare(counts, num * step[start]).pvalue > stats.norm.sf(4)
    truth = step[start] @ PATTERNS
    assert (np.abs(np.mean(mean, axis=0) - truth) < 4 * np.std(mean, axis=0) / num**0.5 + 1e-6).all()


def test_walkback_asks_for_x_from_every_step_of_the_chain():
    model, num = kg.GSN(ideal().network, corruption=CORRUPTION, walkback_steps=3, seed=0), 20_000
    corrupted, drawn, step = transitions(model)
    expected, here = 0.0, np.eye(8)[6]
    for _ in range(3):
        expected -= (here @ corrupted) @ np.log(drawn[:, 6]) / 3
        here = here @ step
    x = tf.constant(np.repeat(PATTERNS[6:7], num, axis=0))
    found = np.asarray(model.walkback(x, model.network, rng.key(0)))
    assert abs(found.mean() - expected) < 4 * found.std() / num**0.5


def test_training_finds_the_posterior_of_each_bit(in_graphs):
    law = np.random.default_rng(2).dirichlet(np.ones(8))
    x = PATTERNS[np.random.default_rng(0).choice(8, 4000, p=law)]
    made = keras.Sequential([keras.Input((3,)), keras.layers.Dense(16, "tanh"), keras.layers.Dense(3)])
    model = kg.GSN(made, corruption=CORRUPTION, walkback_steps=1, ema=0.99, seed=0)
    model.compile(kg.training.decaying_adam(2e-2, 400), jit_compile=False)
    step = tf.function(model.train_step, autograph=False)
    for _ in range(400):
        step(tf.constant(x))
    share = np.bincount(number(x), minlength=8) / 4000
    joint = share[:, None] * transitions(model)[0]
    truth = (joint / joint.sum(0)).T @ PATTERNS
    np.testing.assert_allclose(model.predict(PATTERNS, verbose=0), truth, atol=0.03)


def test_chains_begin_at_coins_and_can_be_watched(in_graphs):
    model = ideal(sampling_steps=18, sample_mode="mean")
    film = model.trajectory(num=6, steps=18, seed=7)
    assert film.shape == (6, 18, 3)
    np.testing.assert_allclose(film[:, -1], model.sample(6, seed=7), atol=1e-6)
    np.testing.assert_allclose(film[:, 4], model.sample(6, seed=7, num_steps=5), atol=1e-6)
    coins = np.asarray(model._begin(model.row_keys(1000, 0)))
    assert (np.abs(coins.mean(0) - 0.5) < 4 * 0.5 / 1000**0.5).all()


def wide():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])


test_what_does_not_go_together_is_refused = refusals(
    {
        "a network of other sides": (lambda: kg.GSN(wide()), "network"),
        "no corruption": (lambda: kg.GSN(ideal().network, corruption=0.0), "corruption"),
        "gray values": (lambda: kg.GSN(ideal().network, value_range=(-1, 1)), "value_range"),
        "a condition": (lambda: ideal().sample(2, condition=1), "condition"),
    }
)  # fmt: skip


def test_density_is_not_there():
    with pytest.raises(NotImplementedError):
        ideal().log_prob(PATTERNS)
