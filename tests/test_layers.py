"""Layers against the slower ones that they stand for."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasgen.layers.transposed import SubpixelTranspose

GENERATOR = np.random.default_rng(0)


@pytest.mark.parametrize("filters, shape", [(1, (14, 14, 8)), (3, (4, 7, 5))])
def test_subpixel_transpose_is_the_transposed_convolution(filters, shape):
    x = tf.constant(GENERATOR.normal(size=(3, *shape)).astype("float32"))
    plain = keras.layers.Conv2DTranspose(filters, 4, 2, "same", activation="tanh")
    layer = SubpixelTranspose(filters, activation="tanh")
    plain.build(x.shape), layer.build(x.shape)
    plain.bias.assign(GENERATOR.normal(size=filters))
    layer.set_weights(plain.get_weights())
    gradients = []
    for one in (plain, layer):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.square(one(x)))
        gradients.append(tape.gradient(loss, [x, *one.weights]))
    np.testing.assert_allclose(layer(x), plain(x), atol=1e-5)
    for a, b in zip(*gradients, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)
    assert layer.compute_output_shape(x.shape) == plain.compute_output_shape(x.shape)
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(copy) is SubpixelTranspose and copy.filters == filters
