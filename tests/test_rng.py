"""Keys: the same numbers everywhere, rows that do not know their batch."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from kerasgen.distributions.priors import PRIORS
from kerasgen.ops import rng

DRAWS = {
    "normal": rng.normal,
    "truncated_normal": rng.truncated_normal,
    "uniform": rng.uniform,
    "integers": lambda key, shape: tf.cast(rng.integers(key, shape, 5), "float32"),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_a_key_gives_the_same_numbers_in_eager_graph_xla_and_saved_model(draw, tmp_path):
    eager = draw(rng.key(7), (50,))
    module = tf.Module()
    module.draw = tf.function(
        lambda seed: draw(rng.key(seed), (50,)), input_signature=[tf.TensorSpec((), "int64")]
    )
    tf.saved_model.save(module, tmp_path)
    saved = tf.saved_model.load(tmp_path).draw(tf.constant(7, "int64"))
    for other in (tf.function(draw)(rng.key(7), (50,)), saved):
        np.testing.assert_array_equal(eager, other)
    xla = tf.function(draw, jit_compile=True)(rng.key(7), (50,))
    np.testing.assert_allclose(eager, xla, rtol=1e-5, atol=1e-6)  # same bits, other logarithms


@pytest.mark.parametrize("jit_compile", [False, True])
def test_bits_are_those_of_tensorflow_s_own_philox(jit_compile):
    plain = {"alg": "philox"}
    ours = lambda key: (*rng.split(key, 3), rng.fold_in(key, 5), rng.integers(key, (7,), 10))
    theirs = lambda key: (
        *tf.unstack(tf.random.split(key, 3, **plain)),
        tf.random.fold_in(key, 5, **plain),
        tf.random.stateless_uniform((7,), key, 0, 10, "int32", **plain),
    )
    both = tf.function(lambda key: (ours(key), theirs(key)), jit_compile=jit_compile)
    for seed in (0, 1, 2**31, 2**32 - 1):
        for left, right in zip(*both(rng.row_keys(rng.row_seeds(seed, 2))[1]), strict=True):
            np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("num", [1, 2, 7, 64])
def test_row_noise_is_the_same_to_the_bit_whatever_the_batch(num):
    rows = lambda num: rng.by_row(lambda key: rng.normal(key, (10,)), rng.row_keys(rng.row_seeds(3, num)))
    np.testing.assert_array_equal(rows(num), rows(100)[:num])


def test_row_seed_packs_seed_and_row():
    seeds = rng.row_seeds(7, 3)
    assert seeds.numpy().tolist() == [7, 7 + 2**32, 7 + 2 * 2**32]
    np.testing.assert_array_equal(rng.row_keys(seeds), [[7, 0], [7, 1], [7, 2]])
    large = 2**32 - 1
    keys = rng.row_keys(rng.row_seeds(large, 2)).numpy().view("uint32")
    np.testing.assert_array_equal(keys, [[large, 0], [large, 1]])


def test_row_zero_is_the_key_of_the_seed():
    np.testing.assert_array_equal(rng.key(7), rng.row_keys(rng.row_seeds(7, 1))[0])


def test_split_and_fold_in_give_unlike_keys():
    keys = [*rng.split(rng.key(0), 3), *(rng.fold_in(rng.key(0), step) for step in range(3)), rng.key(0)]
    assert len({tuple(key.numpy()) for key in keys}) == len(keys)


MOMENTS = {  # mean, variance
    "normal": (0, 1),
    "logistic": (0, np.pi**2 / 3),
    "uniform": (0, 1 / 3),
    "bernoulli": (0.5, 0.25),
    "truncated_normal": (0, 0.7737413),  # 1 - 2 * 2 phi(2) / (2 Phi(2) - 1)
}


@pytest.mark.parametrize("name", PRIORS)
def test_prior_has_its_mean_and_variance_within_4_standard_errors(name):
    z = PRIORS[name]((200_000,)).sample(rng.key(1)).numpy().astype("float64")
    mean, variance = MOMENTS[name]
    assert abs(z.mean() - mean) < 4 * z.std() / len(z) ** 0.5
    spread = ((z - mean) ** 2).std() + 1e-9
    assert abs(((z - mean) ** 2).mean() - variance) < 4 * spread / len(z) ** 0.5 + 1e-7


def test_priors_keep_to_their_support():
    draws = {name: PRIORS[name]((10_000,)).sample(rng.key(1)).numpy() for name in PRIORS}
    assert set(draws["bernoulli"]) == {0.0, 1.0}
    assert np.abs(draws["truncated_normal"]).max() <= 2
    assert draws["uniform"].min() >= -1 and draws["uniform"].max() < 1


@pytest.mark.parametrize("jit_compile", [False, True])
def test_normal_noise_is_finite_and_right_to_the_last_cell(jit_compile):
    """An infinite draw, one in 2**24, would end a training run in NaN."""
    u = 1 - np.arange(1, 4000, 2, dtype="float32") * np.float32(2**-24)  # the outermost cells
    u = np.concatenate([u, -u, np.linspace(-0.99, 0.99, 999, dtype="float32")])
    found = tf.function(rng._normal, jit_compile=jit_compile)(u)
    expected = scipy.stats.norm.ppf((1 - np.abs(u.astype("float64"))) / 2) * -np.sign(u)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-6)
