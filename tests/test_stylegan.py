"""StyleGAN2: its layers against what they stand for, its path length against a closed form, its styles."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import noise

import kerasgen as kg
from kerasgen.layers import equalized, styles
from kerasgen.objectives.path_length import path_lengths
from kerasgen.ops import rng

KEY = rng.key(0)
X, W = tf.constant(noise(3, (6, 5, 2))), tf.constant(noise(3, (4,)))


def modulated(**options):
    layer = equalized.ModulatedConv2D(7, **options)
    return layer, layer([X, W])


def scaled(layer, row):
    """The kernel of one example, scaled by hand."""
    return np.array(layer.kernel) * layer.scale * np.array(layer.style(W))[row][None, None, :, None]


def test_a_modulated_convolution_is_one_of_scaled_weights():
    layer, found = modulated()
    for row in range(3):
        kernel = scaled(layer, row)
        kernel /= np.sqrt((kernel**2).sum((0, 1, 2)) + 1e-8)
        np.testing.assert_allclose((kernel**2).sum((0, 1, 2)), np.ones(7), rtol=1e-4)
        expected = tf.nn.conv2d(X[row : row + 1], kernel.astype("float32"), 1, "SAME")
        np.testing.assert_allclose(found[row : row + 1], expected, atol=1e-5)


def test_colors_are_not_demodulated():
    layer, found = modulated(demodulate=False, kernel_size=1)
    for row in range(3):
        expected = tf.nn.conv2d(X[row : row + 1], scaled(layer, row).astype("float32"), 1, "SAME")
        np.testing.assert_allclose(found[row : row + 1], expected, atol=1e-5)


def filtered(images, taps):
    """Images filtered with a separable filter of sum 1, zeros around; sides grow by its length less one."""
    size = len(taps)
    kernel = np.outer(taps, taps) / np.sum(taps) ** 2
    kernel = np.einsum("ij,ck->ijck", kernel, np.eye(images.shape[-1])).astype("float32")
    padded = tf.pad(images, [(0, 0), (size - 1, size - 1), (size - 1, size - 1), (0, 0)])
    return tf.nn.conv2d(padded, kernel, 1, "VALID")


@pytest.mark.parametrize("taps", [(1, 1), (1, 3, 3, 1)])
def test_what_is_folded_into_a_kernel_is_a_filter_before_or_behind_it(taps):
    down = equalized.EqualizedConv2D(4, taps=taps, down=True)
    x = tf.constant(noise(2, (8, 6, 3)))
    found, kernel = down(x), np.array(down.kernel) * down.scale
    # Blur first, then convolve, then leave out every second pixel of the middle.
    blurred = tf.nn.conv2d(filtered(x, taps), kernel, 1, [(0, 0), (2, 2), (2, 2), (0, 0)])
    begin = len(taps) + 1 - len(taps) // 2  # as "same" pads a kernel of len(taps) + 2
    expected = blurred[:, begin : begin + 8 : 2, begin : begin + 6 : 2]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    up = equalized.SmoothUpsampling((1, 1))
    np.testing.assert_allclose(up(x), keras.layers.UpSampling2D()(x), atol=1e-6)


def test_upsampling_keeps_the_mean_of_an_image():
    constant = tf.ones((1, 8, 8, 2)) * 0.7
    grown = equalized.SmoothUpsampling()(constant)
    assert grown.shape == (1, 16, 16, 2)
    np.testing.assert_allclose(grown[:, 2:-2, 2:-2], np.full((1, 12, 12, 2), 0.7), rtol=1e-5)
    layer = equalized.ModulatedConv2D(3, taps=(1, 1), up=True, demodulate=False)
    found = layer([X, W])
    plain = keras.layers.UpSampling2D()(X * layer.style(W)[:, None, None])
    kernel = keras.ops.flip(layer.kernel * layer.scale, (0, 1))
    np.testing.assert_allclose(found, tf.nn.conv2d(plain, kernel, 1, "SAME"), atol=1e-5)


def test_layers_keep_the_size_of_normal_numbers():
    x = tf.random.stateless_normal((4000, 64), [0, 1])
    y = equalized.EqualizedDense(64, activate=True)(x)
    np.testing.assert_allclose(np.mean(np.square(y)), 1.0, atol=0.1)
    slow = equalized.EqualizedDense(64, rate=0.01)
    assert abs(np.std(slow(x)) - 1) < 0.1 and np.std(slow.kernel) > 50


def test_spread_tells_a_batch_of_one_image_from_one_of_many():
    layer = styles.BatchSpread(2)
    one = tf.repeat(tf.constant(noise(1, (4, 4, 3))), 4, axis=0)
    np.testing.assert_allclose(layer(one)[..., 3], np.zeros((4, 4, 4)), atol=2e-4)
    many = tf.constant(noise(4, (4, 4, 3)))
    pairs = [np.std(many.numpy()[[at, at + 2]], axis=0).mean() for at in (0, 1)]
    np.testing.assert_allclose(layer(many)[:, 0, 0, 3], [*pairs, *pairs], rtol=1e-4)
    assert layer(many[:3]).shape == (3, 4, 4, 4)


def test_path_lengths_of_a_linear_synthesis_are_those_of_its_matrix():
    """Images A w per layer: J^T y = A^T y, with y the same normal numbers over the root of the pixels."""
    matrix = np.random.default_rng(0).normal(size=(3, 4, 4 * 5 * 2)).astype("float32")
    styles_ = tf.constant(noise(6, (3, 4)))
    synthesis = lambda w: tf.reshape(tf.einsum("bls,lsp->bp", w, matrix), (-1, 4, 5, 2))
    y = np.reshape(rng.normal(KEY, (6, 4, 5, 2)), (6, -1)) / 20**0.5
    reached = np.einsum("lsp,bp->bls", matrix, y)
    expected = np.sqrt((reached**2).sum(2).mean(1))
    np.testing.assert_allclose(path_lengths(synthesis, styles_, KEY), expected, rtol=1e-5)


def adam():
    return kg.training.FusedAdam(2e-3, beta_1=0.0, beta_2=0.99)


def small(**options):
    networks = kg.networks.stylegan2
    model = kg.StyleGAN(
        networks.mapping(3, 6, 2),
        networks.synthesis((4, 4), 6, 3),
        networks.discriminator((8, 8, 3), (3, 4), group=2),
        **{"seed": 0, "path_every": 2, "penalty_every": 2} | options,
    )
    model.compile(adam(), adam(), jit_compile=False)
    return model


@pytest.mark.parametrize("mixing", [0.0, 1.0])
def test_later_layers_follow_another_code_at_times(mixing):
    w = small().generator.styles(200, KEY, mixing).numpy()
    differs = np.abs(w - w[:, :1]).max(axis=2) > 0  # from the first layer
    assert not differs[:, 0].any() and (differs.any(axis=1) == bool(mixing)).all()
    assert (np.diff(differs.astype(int), axis=1) >= 0).all()  # from one layer on
    if mixing:
        assert {int(row.argmax()) for row in differs} == set(range(1, w.shape[1]))


def test_noise_is_nothing_at_strength_0_and_each_row_s_own_above_it():
    model = small()
    z, keys = tf.repeat(tf.constant(noise(1, (3,))), 2, axis=0), model.row_keys(2, 0)
    silent = model.emitted(z, keys).numpy()
    np.testing.assert_allclose(silent[0], silent[1], atol=1e-6)
    np.testing.assert_allclose(silent, model(z), atol=1e-6)
    for layer in model.average_generator.layers:
        if isinstance(layer, styles.NoiseInjection):
            layer.strength.assign(1.0)
    loud = model.emitted(z, keys).numpy()
    assert np.abs(loud[0] - loud[1]).max() > 1e-3
    np.testing.assert_allclose(model.emitted(z[:1], keys[:1]), loud[:1], atol=1e-5)


@pytest.mark.long
def test_truncation_draws_samples_towards_the_mean():
    model = small()
    mean = model.mapping.layers[-1].mean
    assert not np.any(mean)
    model.generator.styles(64, KEY, 0.0)  # as training does
    assert np.any(mean)
    spread = [np.std(model.sample(8, seed=0, truncation=psi), axis=0).mean() for psi in (0.0, 0.5, 1.0)]
    assert spread[0] < 1e-6 < spread[1] < spread[2]
    np.testing.assert_array_equal(model.sample(4, seed=0), model.sample(4, seed=0, truncation=1.0))
    with pytest.raises(ValueError, match="`truncation`"):
        model.sample(1, truncation=-1.0)


@pytest.mark.usefixtures("eagerly")
def test_the_path_penalty_is_taken_now_and_then_and_draws_its_mean():
    model = small()
    for _ in range(2):
        logs = model.train_step(tf.constant(noise(4, (8, 8, 3))))
    assert float(model.path_mean) > 0 and np.isfinite([float(value) for value in logs.values()]).all()
    model.iterations.assign(1)
    assert float(model.path(4, KEY)[1]) == 0.0


@pytest.mark.long
def test_the_full_configuration_for_1024_builds_and_takes_a_step():
    """Configuration F of Table 1: 30 million weights in the generator, 29 in the discriminator."""
    networks = kg.networks.stylegan2
    model = kg.StyleGAN(
        networks.mapping(), networks.synthesis(), networks.discriminator((1024, 1024, 3), group=1), seed=0
    )
    count = lambda network: sum(int(np.prod(w.shape)) for w in network.trainable_variables)
    assert 29e6 < count(model.mapping) + count(model.synthesis) < 31e6
    assert 28e6 < count(model.discriminator) < 30e6
    model.compile(adam(), adam(), jit_compile=False)
    logs = model.train_step(tf.constant(noise(1, (1024, 1024, 3))))
    assert np.isfinite([float(value) for value in logs.values()]).all()
    assert model.sample(1, seed=0).shape == (1, 1024, 1024, 3)
