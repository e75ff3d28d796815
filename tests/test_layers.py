"""Layers against the slower ones that they stand for."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasgen.layers import normalization
from kerasgen.layers.normalization import GroupNormSiLU
from kerasgen.layers.upsampling import SubpixelTranspose, UpsampledConv2D
from kerasgen.models.core import saved_model
from kerasgen.spaces import Box, Endpoint

GENERATOR = np.random.default_rng(0)


def upsampled(filters, **arguments):
    return keras.Sequential(
        [keras.layers.UpSampling2D(), keras.layers.Conv2D(filters, 3, padding="same", **arguments)]
    )


def transposed(filters, **arguments):
    return keras.layers.Conv2DTranspose(filters, 4, 2, "same", **arguments)


@pytest.mark.parametrize("filters, shape", [(1, (14, 14, 8)), (3, (4, 7, 5))])
@pytest.mark.parametrize("kind, reference", [(SubpixelTranspose, transposed), (UpsampledConv2D, upsampled)])
def test_fast_ways_up_are_the_plain_ones(kind, reference, filters, shape):
    x = tf.constant(GENERATOR.normal(size=(3, *shape)).astype("float32"))
    plain, layer = reference(filters, activation="tanh"), kind(filters, activation="tanh")
    plain.build(x.shape), layer.build(x.shape)
    weights = [GENERATOR.normal(size=w.shape) / 4 for w in layer.weights]
    plain.set_weights(weights), layer.set_weights(weights)
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
    assert type(copy) is kind and copy.filters == filters


def plain_group_norm(groups, x, shift, gamma, beta, epsilon=1e-5):
    x = x + shift[:, None, None]
    batch, height, width, channels = x.shape
    grouped = tf.reshape(x, (batch, height * width, groups, channels // groups))
    mean, variance = tf.nn.moments(grouped, (1, 3), keepdims=True)
    normal = tf.reshape((grouped - mean) * tf.math.rsqrt(variance + epsilon), x.shape)
    return tf.nn.silu(gamma * normal + beta)


@pytest.mark.parametrize("groups, channels, width", [(1, 6, 5), (3, 6, 5), (6, 6, 5), (8, 32, 350)])
def test_group_norm_and_its_gradient_are_those_of_the_formula(groups, channels, width):
    """As it is, and by XLA where an example has enough numbers."""
    draw = lambda *shape: tf.constant(GENERATOR.normal(0.5, 2, size=shape).astype("float32"))
    x, shift, gamma, beta = draw(3, 4, width, channels), draw(3, channels), draw(channels), draw(channels)
    layer = GroupNormSiLU(groups)
    layer.build(x.shape)
    layer.gamma.assign(gamma), layer.beta.assign(beta)
    weight, found = draw(*x.shape), []
    with tf.GradientTape() as tape:
        tape.watch([x, shift])
        y = layer(x, shift)
        loss = tf.reduce_sum(weight * y)
    found = tape.gradient(loss, [x, shift, layer.gamma.value, layer.beta.value])
    with tf.GradientTape() as tape:
        tape.watch([x, shift, gamma, beta])
        expected = plain_group_norm(groups, x, shift, gamma, beta)
        loss = tf.reduce_sum(weight * expected)
    np.testing.assert_allclose(y, expected, atol=1e-5)
    for a, b in zip(found, tape.gradient(loss, [x, shift, gamma, beta]), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=2e-4)
    theirs = keras.layers.GroupNormalization(groups, epsilon=1e-5)
    theirs.build(x.shape)
    np.testing.assert_allclose(GroupNormSiLU(groups, activate=False)(x), theirs(x), atol=1e-5)
    np.testing.assert_allclose(GroupNormSiLU(groups)(x), tf.nn.silu(theirs(x)), atol=1e-5)


def test_group_norm_keeps_its_statistics_in_float32():
    x = tf.constant(GENERATOR.normal(3, 1, size=(2, 16, 16, 8)).astype("float32"))
    layer = GroupNormSiLU(4, dtype="mixed_bfloat16")
    y = layer(x)
    assert y.dtype == tf.bfloat16 and layer.gamma.dtype == "float32"
    exact = GroupNormSiLU(4)(tf.cast(tf.cast(x, "bfloat16"), "float32"))
    assert np.abs(tf.cast(y, "float32") - exact).max() < 2**-6 * np.abs(exact).max()


def test_bfloat16_by_its_bits_is_the_cast():
    x = tf.constant(GENERATOR.normal(0, 10, size=100_000).astype("float32"))
    bits, half = normalization._rounded(x, tf.uint16), tf.cast(x, "bfloat16")
    np.testing.assert_array_equal(bits, normalization._bits(half))
    np.testing.assert_array_equal(normalization._float32(bits), tf.cast(half, "float32"))


def test_group_norm_s_gradient_in_bfloat16_is_near_that_in_float32():
    x = tf.constant(GENERATOR.normal(1, 2, size=(4, 16, 16, 16)).astype("float32"))
    found = []
    for dtype in ("float32", "mixed_bfloat16"):
        layer = GroupNormSiLU(4, dtype=dtype)
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.cast(tf.square(layer(x)), "float32"))
        found.append(np.asarray(tape.gradient(loss, x)))
    assert np.abs(found[0] - found[1]).max() < 0.03 * np.abs(found[0]).max()


@pytest.mark.parametrize("dtype", ["float32", pytest.param("mixed_bfloat16", marks=pytest.mark.long)])
@pytest.mark.long
def test_group_norm_joins_the_gradient_of_a_skip_connection_with_its_own(dtype):
    x, found = tf.constant(GENERATOR.normal(1, 2, size=(4, 64, 64, 8)).astype("float32")), []
    x = tf.cast(x, keras.DTypePolicy(dtype).compute_dtype)
    for carry in (False, True):
        layer = GroupNormSiLU(4, carry=carry, dtype=dtype)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y, skip = layer(x) if carry else (layer(x), x)
            np.testing.assert_array_equal(skip, x)
            loss = tf.reduce_sum(tf.cast(tf.square(y) + 3 * tf.sin(skip), "float32"))
        found.append(np.asarray(tf.cast(tape.gradient(loss, x), "float32")))
    tolerance = 1e-5 if dtype == "float32" else 0.02
    np.testing.assert_allclose(found[1], found[0], rtol=tolerance, atol=tolerance)


def test_group_norm_is_compiled_here_and_left_plain_in_a_graph_that_leaves(tmp_path):
    """A server may have no compiler; what it computes is the same."""
    layer, x = GroupNormSiLU(4), tf.constant(GENERATOR.normal(size=(16, 32, 32, 8)).astype("float32"))
    layer.build(x.shape)
    marks = b"_XlaMustCompile\x12\x02(\x01"
    trace = lambda: tf.function(lambda x: layer(x), autograph=False).get_concrete_function(x).graph
    assert marks in trace().as_graph_def().SerializeToString()
    space = Box(x.shape[1:])
    large = lambda rows: layer(tf.ensure_shape(rows, x.shape))  # known to be large enough to be compiled
    endpoint = Endpoint(lambda rows: {"y": large(rows)}, {"x": space}, {"y": space})
    saved_model.write(tmp_path / "1", {"serve": endpoint})
    assert marks not in (tmp_path / "1" / "saved_model.pb").read_bytes()
    served = tf.saved_model.load(tmp_path / "1").signatures["serve"](x)["y"]
    np.testing.assert_allclose(served, layer(x), atol=1e-5)


def test_group_norm_refuses_groups_that_do_not_divide():
    with pytest.raises(ValueError, match="`groups`"):
        GroupNormSiLU(4)(tf.zeros((1, 2, 2, 6)))
    with pytest.raises(ValueError, match="`epsilon`"):
        GroupNormSiLU(4, epsilon=0.0)
