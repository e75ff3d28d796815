"""InfoGAN: what its codes mean, what is read back, and what bounds the information."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import noise
from micro import make

from kerasgen.models.adversarial.codes import Codes, factor_loss
from kerasgen.ops import rng

CODES = Codes(noise=2, categories=4, factors=3)


def test_codes_are_of_their_distributions():
    z, category, factors = (np.asarray(part) for part in CODES.sample(rng.key(0), (4000,)))
    assert z.shape == (4000, 9) and CODES.size == 9
    np.testing.assert_array_equal(z[:, 2:6], np.eye(4)[category])
    np.testing.assert_array_equal(z[:, 6:], factors)
    assert np.abs(np.bincount(category) / 4000 - 0.25).max() < 4 * (0.25 * 0.75 / 4000) ** 0.5
    assert np.abs(factors).max() < 1
    assert abs(factors.std() - 3**-0.5) < 0.02 and abs(z[:, :2].std() - 1) < 0.05


def test_the_information_is_at_most_that_of_the_category():
    category = tf.constant([0, 1, 2, 3])
    certain = 50.0 * tf.one_hot(category, 4)
    np.testing.assert_allclose(CODES.information(certain, category), np.log(4), rtol=1e-6)
    np.testing.assert_allclose(CODES.information(tf.zeros((4, 4)), category), 0.0, atol=1e-6)
    for seed in range(5):
        logits = tf.constant(np.random.default_rng(seed).normal(0, 3, (4, 4)), "float32")
        assert CODES.information(logits, category) <= np.log(4)


def test_the_bound_never_exceeds_the_true_information():
    """A channel of two symbols that flips one in ten: I = log 2 - H(0.1), attained by the true posterior."""
    codes, flip = Codes(0, 2, 0), 0.1
    seen = np.array([0, 1, 1, 0])  # category 0 twice, then 1 twice, weighted below
    category = np.array([0, 0, 1, 1])
    weights = np.array([1 - flip, flip, 1 - flip, flip]) / 2
    true = np.log(2) + flip * np.log(flip) + (1 - flip) * np.log(1 - flip)

    def bound(certainty):
        """E log Q(c | x) + H(c) of a reader that believes what it sees with that probability."""
        logits = np.log(np.where(np.eye(2)[seen] == 1, certainty, 1 - certainty)).astype("float32")
        rows = [float(codes.information(logits[at : at + 1], category[at : at + 1])) for at in range(4)]
        return np.sum(weights * rows)

    np.testing.assert_allclose(bound(1 - flip), true, rtol=1e-5)
    assert all(bound(certainty) <= true + 1e-6 for certainty in (0.5, 0.7, 0.99))


def test_factors_cost_half_their_squared_error():
    np.testing.assert_allclose(factor_loss(tf.constant([[1.0, 2.0], [0.0, 0.0]]), tf.zeros((2, 2))), 1.25)


@pytest.mark.usefixtures("eagerly")
def test_both_players_ascend_the_information():
    model = make("InfoGAN")
    z, *codes = model.codes.sample(rng.key(0), (5,))
    reading = model.discriminator(model.generator(z))[1:]
    bound, terms = model.bound(reading, codes)
    expected = float(terms["information"]) - 0.1 * float(terms["factor_loss"])
    np.testing.assert_allclose(bound, expected, rtol=1e-5)
    with tf.GradientTape(persistent=True) as tape:
        bound, _ = model.bound(model.discriminator(model.generator(z))[1:], codes)
    for player in (model.generator, model.discriminator):
        gradients = [g for g in tape.gradient(bound, player.trainable_variables) if g is not None]
        assert gradients and max(np.abs(g).max() for g in gradients) > 0


def test_a_category_and_factors_can_be_asked_for():
    model = make("InfoGAN")
    keys = model.row_keys(3, 7)
    parts = lambda z: np.split(np.asarray(z), [model.codes.noise, model.codes.noise + 3], axis=1)
    drawn = parts(model.draw_prior(keys))
    for category in range(3):
        z = model.codes.join(drawn[0], tf.fill([3], category), np.full((3, 2), 0.5, "float32"))
        found = model.sample(3, seed=7, category=category, factors=(0.5, 0.5))
        np.testing.assert_allclose(found, model(z), atol=1e-6)
    own = np.argmax(drawn[1], axis=1)
    chosen = model.sample(3, seed=7, category=int(own[0]))
    np.testing.assert_allclose(chosen[0], model.sample(3, seed=7)[0], atol=1e-6)
    for name, value in {"category": 3, "factors": (2.0, 0.0)}.items():
        with pytest.raises(ValueError, match=f"`{name}`"):
            model.sample(1, **{name: value})


def test_what_is_read_are_probabilities_and_means():
    model = make("InfoGAN")
    category, factors = model.encode(noise(5, (4, 4, 1)))
    np.testing.assert_allclose(category.sum(1), np.ones(5), rtol=1e-5)
    assert category.shape == (5, 3) and factors.shape == (5, 2)
