"""A discriminator some steps ahead, against real steps, closed forms and finite differences."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import noise, state, toy

from kerasgen.models.adversarial import unrolling


def critic(weight=0.7):
    """D(x) = w x."""
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    network.set_weights([np.array([[weight]], "float32")])
    return network


def looked_ahead(network, optimizer, g, num_steps):
    """(loss, gradient) of a generator of the one number g in the game V = w g, K steps ahead."""
    point = tf.Variable([[g]])
    with tf.GradientTape() as tape:
        ahead = unrolling.ahead(network, optimizer, lambda d: tf.reduce_sum(d(point)), num_steps)
        loss = -tf.reduce_sum(ahead(point))
    return float(loss), float(tape.gradient(loss, point)[0, 0])


@pytest.mark.parametrize("num_steps", [0, 1, 3])
def test_the_gradient_through_steps_of_a_bilinear_game_is_its_closed_form(num_steps):
    """w_K = w - K r g, so that the loss -w_K g has the gradient -w + 2 K r g."""
    w, g, rate = 0.7, 0.4, 0.1
    loss, gradient = looked_ahead(critic(w), keras.optimizers.SGD(rate), g, num_steps)
    np.testing.assert_allclose(loss, -(w - num_steps * rate * g) * g, rtol=1e-5)
    np.testing.assert_allclose(gradient, -w + 2 * num_steps * rate * g, rtol=1e-5)


@pytest.mark.parametrize("num_steps, shrinks", [(0, False), (5, True)])
@pytest.mark.long
def test_descent_circles_and_looking_ahead_ends_it(num_steps, shrinks):
    """V = w g: plain descent of both players moves away from (0, 0), unrolled descent comes nearer."""
    w, g, rate = 0.5, 0.5, 0.1
    for _ in range(50):
        _, gradient = looked_ahead(critic(w), keras.optimizers.SGD(rate), g, num_steps)
        w, g = w - rate * g, g - rate * gradient
    assert (np.hypot(w, g) < 0.3) == shrinks


def perceptron(seed):
    keras.utils.set_random_seed(seed)
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "tanh"), keras.layers.Dense(1)])


def trained(network, optimizer, x, num_steps):
    """The network after real steps of its optimizer on the same loss."""
    for _ in range(num_steps):
        with tf.GradientTape() as tape:
            loss = objective(network, x)
        optimizer.apply(tape.gradient(loss, network.trainable_variables), network.trainable_variables)
    return network


def objective(network, x):
    return tf.reduce_mean(tf.square(network(x) - 1))


@pytest.mark.parametrize(
    "make", [lambda: keras.optimizers.SGD(0.1), lambda: keras.optimizers.Adam(0.05, beta_1=0.5)]
)
def test_steps_ahead_are_those_that_the_optimizer_would_take(make):
    x = tf.constant(noise(6, (2,)))
    network, optimizer = perceptron(0), make()
    optimizer.build(network.trainable_variables)
    trained(network, optimizer, x, 2)  # moments that are not zero
    before = [np.array(v) for v in (*network.variables, *optimizer.variables)]
    ahead = unrolling.ahead(network, optimizer, lambda d: objective(d, x), 3)(x)
    after = [np.array(v) for v in (*network.variables, *optimizer.variables)]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    np.testing.assert_allclose(ahead, trained(network, optimizer, x, 3)(x), atol=1e-5)


def test_the_gradient_through_adam_agrees_with_finite_differences():
    network, optimizer = perceptron(1), keras.optimizers.Adam(0.05)
    optimizer.build(network.trainable_variables)
    trained(network, optimizer, tf.constant(noise(6, (2,))), 2)

    def loss(x):
        ahead = unrolling.ahead(network, optimizer, lambda d: objective(d, x), 2)
        return tf.reduce_sum(ahead(x))

    x = tf.constant(noise(1, (2,)))
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = loss(x)
    gradient, step = tape.gradient(value, x).numpy()[0], 1e-2
    for axis in range(2):
        move = step * np.eye(2, dtype="float32")[axis]
        np.testing.assert_allclose(gradient[axis], (loss(x + move) - loss(x - move)) / (2 * step), atol=2e-3)


@pytest.mark.usefixtures("eagerly")
def test_a_game_looks_ahead_and_moves_no_more_than_without():
    x = noise(8)
    plain, unrolled = toy(), toy(unrolled_steps=2)
    unrolled.set_weights(plain.get_weights())
    for model in (plain, unrolled):
        model.fit(x, batch_size=8, verbose=0)
    assert int(unrolled.d_optimizer.iterations) == 1
    weights = (model.discriminator.trainable_variables for model in (plain, unrolled))
    for a, b in zip(*weights, strict=True):
        np.testing.assert_array_equal(a, b)  # the look ahead is forgotten
    assert len(state(plain)) == len(state(unrolled))


def test_an_optimizer_whose_steps_are_not_known_is_refused():
    model = toy(unrolled_steps=1)
    with pytest.raises(ValueError, match="`d_optimizer` must be Adam or SGD"):
        model.compile("adam", "rmsprop")
