"""Completion by a search among codes: what is known stays, and a code that fits is found."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import noise, refusals, toy

import kerasgen as kg
from kerasgen.errors import InvalidDataError


def blobs():
    """A GAN whose generator sets the brightness of both halves of an image, by a code of two numbers."""
    z = keras.Input((2,))
    halves = keras.layers.Reshape((1, 2, 1))(keras.layers.Activation("tanh")(z))
    image = keras.layers.UpSampling2D((8, 4))(halves)
    flat = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model = kg.GAN(keras.Model(z, image), flat, seed=0)
    model.compile(jit_compile=False)
    return model


MASK = np.ones((8, 8, 1))
MASK[2:6, 1:7] = 0


def test_what_is_hidden_is_found_from_what_is_known():
    model = blobs()
    truth = np.asarray(model(tf.constant([[0.9, -0.4], [-1.0, 0.2]])))
    hidden = np.where(MASK == 1, truth, 0.0).astype("float32")
    found = model.inpaint(hidden, MASK, seed=0, num_steps=200, repeats=2)
    np.testing.assert_array_equal(found[:, MASK[..., 0] == 1], truth[:, MASK[..., 0] == 1])
    np.testing.assert_allclose(found, truth, atol=0.05)
    np.testing.assert_array_equal(found, model.inpaint(hidden, MASK, seed=0, num_steps=200, repeats=2))


@pytest.mark.parametrize("repeats", [1, 3])
def test_what_is_drawn_is_in_the_range_of_the_data(repeats):
    found = toy().inpaint(noise(3), MASK, seed=3, num_steps=3, repeats=repeats)
    assert found.shape == (3, 8, 8, 1) and np.abs(found).max() <= 1


test_what_cannot_be_completed_is_refused = refusals(
    {
        "mask of another shape": (lambda: toy().inpaint(noise(2), np.ones((3, 3))), InvalidDataError, "mask"),
        "mask of halves": (
            lambda: toy().inpaint(noise(2), np.full((8, 8, 1), 0.5)),
            InvalidDataError,
            "mask",
        ),
        "no steps": (lambda: toy().inpaint(noise(2), MASK, num_steps=0), "num_steps"),
        "no search": (lambda: toy().inpaint(noise(2), MASK, repeats=0), "repeats"),
        "condition": (lambda: toy().inpaint(noise(2), MASK, condition=1), "condition"),
    }
)


@pytest.mark.long
def test_digits_are_completed_better_than_by_their_mean():
    model = kg.load("dcgan_mnist")
    x = kg.data.arrays("mnist_small", "test")[0][:50].astype("float32") / 127.5 - 1
    mask = np.ones((28, 28, 1))
    mask[10:18, 10:18] = 0
    found = model.inpaint(x, mask, seed=0, num_steps=300, repeats=2)
    where = np.broadcast_to(mask == 0, x.shape)
    mean = np.broadcast_to(x.mean(0), x.shape)
    assert np.mean((found - x)[where] ** 2) < np.mean((mean - x)[where] ** 2)
