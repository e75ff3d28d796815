"""The adversarial train step: who moves, on what, and that it learns."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import computing_in, equal, noise, state, toy

import kerasgen as kg
from kerasgen.distributions.priors import PRIORS
from kerasgen.objectives.adversarial import ALL_GAMES
from kerasgen.objectives.penalties import PENALTIES


def arrays(network):
    return [np.array(w) for w in network.weights]


def moved(before, network):
    return any(not np.array_equal(a, b) for a, b in zip(before, arrays(network), strict=True))


def test_each_player_holds_still_while_the_other_moves():
    model, x, key = toy(), tf.constant(noise(8)), kg.ops.rng.key(0)
    theta_g = [np.array(w) for w in model.generator.trainable_weights]
    model.critic_step(x, None, key)
    assert all(np.array_equal(a, b) for a, b in zip(theta_g, model.generator.trainable_weights, strict=True))
    theta_d = [np.array(w) for w in model.discriminator.trainable_weights]
    model.generator_step(x, None, key)
    assert all(
        np.array_equal(a, b) for a, b in zip(theta_d, model.discriminator.trainable_weights, strict=True)
    )
    assert any(
        not np.array_equal(a, b) for a, b in zip(theta_g, model.generator.trainable_weights, strict=True)
    )


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize("critic_steps, generator_steps", [(1, 1), (3, 1), (1, 2)])
def test_players_take_the_steps_they_are_given(critic_steps, generator_steps):
    model = toy(critic_steps=critic_steps, generator_steps=generator_steps)
    model.train_step(tf.constant(noise(6)))
    assert int(model.iterations) == 1
    assert int(model.d_optimizer.iterations) == critic_steps
    assert int(model.g_optimizer.iterations) == generator_steps


def test_each_critic_step_has_examples_of_its_own():
    model, seen = toy(critic_steps=3), []
    model.critic_step = lambda real, condition, key: (seen.append(real.numpy()), {"d_loss": 0.0})[1]
    x = noise(12)
    model.train_step(tf.constant(x))
    np.testing.assert_array_equal(np.concatenate(seen), x)


@pytest.mark.usefixtures("eagerly")
def test_a_last_batch_of_fewer_examples_than_critic_steps_trains():
    model = line(critic_steps=3)
    model.fit(noise(14, (1,)), batch_size=6, verbose=0)  # batches of 6, 6 and 2
    assert int(model.d_optimizer.iterations) == 9
    assert all(np.isfinite(array).all() for array in state(model))


@pytest.mark.parametrize(
    "game, penalty", [*((game, None) for game in ALL_GAMES), *(("wasserstein", name) for name in PENALTIES)]
)
def test_every_game_and_every_penalty_trains(game, penalty):
    model = toy(game=game, penalty=penalty, ema=0.9)
    logs = model.train_step(tf.constant(noise(6)))
    assert np.isfinite([float(value) for value in logs.values()]).all()


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize("prior", PRIORS)
def test_truncation_draws_codes_towards_the_mean_of_their_prior(prior):
    model, keys = toy(prior=prior, truncation=0.5), kg.ops.rng.split(kg.ops.rng.key(7), 3)
    z, drawn = (model.draw_prior(keys, truncation=psi) for psi in (1.0, None))
    mean = model.draw_prior(keys, truncation=0.0)
    np.testing.assert_allclose(mean, np.full(mean.shape, 0.5 if prior == "bernoulli" else 0.0), atol=1e-7)
    np.testing.assert_allclose(drawn, (z + mean) / 2, atol=1e-6)
    samples = [model.sample(3, seed=0, truncation=psi) for psi in (None, 0.5, 1.0)]
    assert np.array_equal(samples[0], samples[1]) and not np.array_equal(samples[1], samples[2])
    assert np.isfinite(samples).all()
    with pytest.raises(ValueError, match="`truncation`"):
        model.sample(1, truncation=-1.0)


@pytest.mark.usefixtures("eagerly")
def test_weights_are_clipped():
    model = toy(game="wasserstein", weight_clip=0.01)
    model.fit(noise(8), batch_size=8, verbose=0)
    assert max(np.abs(w).max() for w in model.discriminator.trainable_weights) <= np.float32(0.01)


def test_smoothing_raises_the_loss_of_a_certain_discriminator():
    model, key = toy(label_smoothing=0.1), kg.ops.rng.key(0)
    x = tf.constant(noise(8))
    hard = toy()
    hard.set_weights(model.get_weights())
    smooth_loss, logs = model.d_loss(model.discriminator, x, x, None, key)
    hard_loss, _ = hard.d_loss(hard.discriminator, x, x, None, key)
    np.testing.assert_allclose(smooth_loss - hard_loss, 0.1 * np.mean(logs["d_real"]), atol=1e-6)


@pytest.mark.usefixtures("eagerly")
def test_average_follows_its_formula_and_is_what_samples():
    model = toy(ema=0.5)
    start = arrays(model.average)
    model.fit(noise(8), batch_size=8, verbose=0)
    decay = np.float32(min(0.5, 2 / 11))  # (1 + t) / (10 + t) at t = 1
    for old, new, now in zip(start, arrays(model.generator), arrays(model.average), strict=True):
        np.testing.assert_allclose(now, new + decay * (old - new), atol=1e-6)
    z = tf.constant(noise(3, (4,)))
    np.testing.assert_array_equal(model(z), model.average(z))


def test_without_average_the_generator_itself_samples():
    model = toy()
    assert model.average is model.generator and len(model.components()["generator"]) == 1


def test_real_data_reaches_no_generator_weight():
    """The generator never sees real data: no gradient path from x."""
    model, x = toy(), tf.constant(noise(8))
    with tf.GradientTape() as tape:
        tape.watch(x)
        key = kg.ops.rng.key(0)
        fake = model.generated(model.generator, None, x, key)
        loss = model.g_loss(model.in_training, x, fake, None, key)
    assert tape.gradient(loss, x) is None


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_trains_both_players_and_samples_float32(policy):
    with computing_in(policy):
        model = toy(ema=0.9)
    scaled = [isinstance(o, keras.optimizers.LossScaleOptimizer) for o in model.optimizers]
    assert scaled == [policy == "mixed_float16"] * 2
    before = arrays(model.generator), arrays(model.discriminator)
    for _ in range(3):
        logs = model.train_step(tf.constant(noise(8)))
    assert np.isfinite([float(value) for value in logs.values()]).all()
    assert moved(before[0], model.generator) and moved(before[1], model.discriminator)
    assert model.sample(2, seed=0).dtype == np.float32


def test_loss_scaling_does_not_change_the_step():
    """Adam without and with a loss scale of 2**15: the same update, to rounding."""
    plain, scaled = toy(), toy()
    scaled.compile(*(keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(1e-3)) for _ in range(2)))
    scaled.set_weights(plain.get_weights())
    for model in (plain, scaled):
        model.train_step(tf.constant(noise(8)))
    for a, b in zip(plain.trainable_weights, scaled.trainable_weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.long
def test_jit_compiled_steps_agree_with_plain_ones():
    """Plain gradient descent, since Adam turns rounding of small gradients into steps."""
    plain, jit = line(), line()
    jit.set_weights(plain.get_weights())
    for model in (plain, jit):
        model.compile(*(keras.optimizers.SGD(0.01) for _ in range(2)), jit_compile=model is jit)
        model.fit(noise(16, (1,)), batch_size=8, shuffle=False, verbose=0)
    for a, b in zip(plain.weights, jit.weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("other", ["no such optimizer", keras.optimizers.Adam(use_ema=True)])
def test_an_optimizer_is_built_after_the_other_is_known(other):
    given = keras.optimizers.Adam()
    with pytest.raises(ValueError, match="`d_optimizer`"):
        toy().compile(given, other)
    assert not given.built


def line(jit_compile=False, rate=5e-3, **arguments):
    """A GAN of one-dimensional examples, small enough for XLA to compile at once."""
    dense = keras.layers.Dense
    generator = keras.Sequential([keras.Input((1,)), dense(1)])
    critic = keras.Sequential([keras.Input((1,)), dense(32, "relu"), dense(32, "relu"), dense(1)])
    model = kg.GAN(generator, critic, value_range=None, ema=0.99, seed=0, **arguments)
    adam = lambda: keras.optimizers.Adam(rate, beta_1=0.5)
    model.compile(adam(), adam(), jit_compile=jit_compile)
    return model


@pytest.mark.long
def test_file_of_a_jit_compiled_model_goes_on_bit_for_bit(tmp_path):
    through, stopped = (line(jit_compile=True) for _ in range(2))
    stopped.set_weights(through.get_weights())
    data = kg.data.from_array(noise(16, (1,)), batch_size=8)
    fit = lambda model: model.fit(data, verbose=0)
    fit(through), fit(through), fit(stopped)
    stopped.save(tmp_path / "model.keras")
    resumed = keras.models.load_model(tmp_path / "model.keras")
    assert resumed.jit_compile
    fit(resumed)
    assert equal(state(through), state(resumed))


def test_spectral_norm_bounds_every_kernel():
    d = kg.networks.dcgan.discriminator((8, 8, 1), width=4, norm=None, spectral=True)
    wrapped = [layer for layer in d.layers if isinstance(layer, keras.layers.SpectralNormalization)]
    assert len(wrapped) == 3  # two convolutions and the last dense layer
    call = tf.function(lambda x: d(x, training=True), autograph=False)
    for _ in range(100):
        call(noise(4))
    for layer in wrapped:
        kernel = np.array(layer.kernel).reshape(-1, layer.kernel.shape[-1])
        assert np.linalg.svd(kernel, compute_uv=False)[0] < 1.02


@pytest.mark.parametrize("shape", [(28, 28, 1), (9, 6, 3), (64, 64, 3)])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_dcgan_makes_and_judges_images_of_any_size(shape, depth):
    g = kg.networks.dcgan.generator(shape, 4, width=2, depth=depth)
    d = kg.networks.dcgan.discriminator(shape, width=2, depth=depth)
    assert g.output_shape == (None, *shape) and d.input_shape == (None, *shape)
    assert d(g(np.zeros((2, 4), "float32"))).shape == (2, 1)


@pytest.mark.long
def test_gan_learns_a_one_dimensional_gaussian():
    """A generator of two numbers finds mean 2 and standard deviation 0.5."""
    model = line(penalty="r1", penalty_weight=0.1)
    x = np.random.default_rng(0).normal(2, 0.5, (256 * 1000, 1)).astype("float32")
    model.fit(x, batch_size=256, epochs=1, verbose=0)
    samples = model.sample(20_000, seed=0)
    assert abs(samples.mean() - 2) < 0.1 and abs(samples.std() - 0.5) < 0.1


def test_config_round_trip_keeps_every_argument():
    model = toy(game="hinge", penalty="r1", penalty_weight=3.0, critic_steps=2, prior="uniform", ema=0.9)
    other = kg.GAN.from_config(model.get_config())
    skip = {"generator", "discriminator"}
    left, right = model.get_config(), other.get_config()
    assert {k: v for k, v in left.items() if k not in skip} == {
        k: v for k, v in right.items() if k not in skip
    }
    assert len(state(other)) == len(other.variables)  # not compiled: no optimizer


@pytest.mark.long
def test_a_gan_on_a_line_learns_the_distribution_and_its_value_falls_to_minus_log_four():
    """Mean and standard deviation within 2 %; the value of the game within 0.01 of -log 4."""
    model, recipe = kg.load("gan_1d", pretrained=False), kg.registry.get_recipe("gan_1d")
    model.fit(kg.data.load(recipe.data, batch_size=recipe.batch_size), epochs=recipe.epochs, verbose=0)
    samples = model.sample(100_000, seed=0)
    assert abs(samples.mean() / 2 - 1) < 0.02 and abs(samples.std() / 2 - 1) < 0.02
    value = -model.evaluate(kg.data.load("gaussian_1d", "test", 1000), verbose=0, return_dict=True)["d_loss"]
    assert abs(value + np.log(4)) < 0.01
