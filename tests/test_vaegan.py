"""The VAE/GAN's three losses by hand, who moves on which, its codes and its doors."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import computing_in, equal, noise, refusals, state

import kerasgen as kg
from kerasgen.errors import InvalidDataError
from kerasgen.objectives.adversarial import GAMES
from kerasgen.ops import rng

vae, dcgan = kg.networks.vae, kg.networks.dcgan
SHAPE = (8, 8, 1)
X = noise(12)
PLAYERS = ("encoder", "decoder", "discriminator")


def toy(jit_compile=False, optimizers=None, norm="batch", **arguments):
    """A small VAE/GAN for images of 8x8 pixels and codes of 3 numbers, compiled."""
    model = kg.VAEGAN(
        vae.conv_encoder(SHAPE, 3, 2, hidden=4),
        dcgan.generator(SHAPE, 3, 2),
        dcgan.discriminator(SHAPE, 2, norm=norm),
        **{"seed": 0} | arguments,
    )
    optimizers = optimizers or [kg.training.FusedAdam(1e-3) for _ in PLAYERS]
    model.compile(*optimizers, jit_compile=jit_compile)
    return model


def dense(inputs, *kernels, activation=None):
    """A chain of dense layers with given kernels and no bias; only the first is activated."""
    model = keras.Sequential([keras.Input((inputs,))])
    for index, kernel in enumerate(kernels):
        kernel = np.float32(kernel)
        layer = keras.layers.Dense(kernel.shape[1], activation if index == 0 else None, use_bias=False)
        model.add(layer)
        layer.set_weights([kernel])
    return model


A, B, C, W = [[0.5], [-0.3]], [[0.2], [0.1]], [[1.0, -2.0]], [[0.7, -0.4, 0.2], [0.1, 0.9, -0.5]]
V = [[1.5], [-1.0], [0.5]]


def by_hand(**arguments):
    """x of 2 numbers, z of 1, three features tanh(x W), logit f V: everything is a small matrix."""
    x = keras.Input((2,))
    encoder = keras.Model(x, [dense(2, A)(x), dense(2, B)(x)])
    return kg.VAEGAN(
        encoder,
        dense(1, C),
        dense(2, W, V, activation="tanh"),
        **{"value_range": None, "seed": 0} | arguments,
    )


def values(terms):
    return {name: float(value) for name, value in terms.items()}


@pytest.mark.parametrize("game", ["non_saturating", "minimax", "hinge"])
@pytest.mark.parametrize("gamma, beta", [(0.0, 1.0), (0.5, 2.0)])
def test_the_three_losses_are_those_of_algorithm_1(game, gamma, beta):
    x, key = np.float32(np.random.default_rng(0).normal(size=(7, 2))), rng.key(3)
    model = by_hand(reconstruction_weight=gamma, beta=beta, game=game)
    found = values(model.objective(tf.constant(x), key, model.encoder, model.decoder))
    z_key, prior_key = rng.split(key, 2)
    mean, log_std = x @ A, x @ B
    rate = ((np.exp(2 * log_std) + mean**2 - 1) / 2 - log_std).sum(-1).mean()
    rebuilt = (mean + np.exp(log_std) * np.array(rng.normal(z_key, (7, 1)))) @ C
    drawn = np.array(rng.normal(prior_key, (7, 1))) @ C
    f, f_rebuilt, f_drawn = (np.tanh(images @ W) for images in (x, rebuilt, drawn))
    real, rebuilt, drawn = (features @ V for features in (f, f_rebuilt, f_drawn))
    distortion = 0.5 * ((f - f_rebuilt) ** 2).sum(-1).mean()
    log = lambda logit: np.log(1 / (1 + np.exp(-logit)))  # log D
    if game == "hinge":
        d = np.maximum(0, 1 - real) + np.maximum(0, 1 + rebuilt) + np.maximum(0, 1 + drawn)
        g = -rebuilt - drawn
    else:
        d = -log(real) - log(-rebuilt) - log(-drawn)  # 1 - D = sigmoid(-logit)
        g = log(-rebuilt) + log(-drawn) if game == "minimax" else -log(rebuilt) - log(drawn)
    expected = {"rate": rate, "distortion": distortion, "d_real": real.mean(), "d_fake": drawn.mean()}
    expected |= {"e_loss": beta * rate + distortion, "g_loss": gamma * distortion + g.mean()}
    expected |= {"d_loss": d.mean()}
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=1e-5, err_msg=name)


def moved(before, network):
    weights = network.trainable_weights
    return [not np.array_equal(a, b) for a, b in zip(before, weights, strict=True)]


@pytest.mark.parametrize("player", PLAYERS)
def test_each_optimizer_moves_its_own_network_alone(player):
    rates = [0.1 if name == player else 0.0 for name in PLAYERS]
    model = toy(optimizers=[keras.optimizers.SGD(rate) for rate in rates])
    before = {name: [np.array(w) for w in getattr(model, name).trainable_weights] for name in PLAYERS}
    model.train_step(tf.constant(X))
    for name in PLAYERS:
        changes = moved(before[name], getattr(model, name))
        assert all(changes) if name == player else not any(changes)


def gradients(model, key=5):
    """What a step of gradient descent at rate 1 takes from each network's weights."""
    before = {name: [np.array(w) for w in getattr(model, name).trainable_weights] for name in PLAYERS}
    model.compile(*[keras.optimizers.SGD(1.0) for _ in PLAYERS], jit_compile=False)
    model.key = lambda seed=None: rng.key(key)
    model.train_step(tf.constant(X))
    now = {name: getattr(model, name).trainable_weights for name in PLAYERS}
    return {name: [a - np.array(b) for a, b in zip(before[name], now[name], strict=True)] for name in PLAYERS}


def same(left, right):
    return all(np.allclose(a, b, rtol=1e-3, atol=1e-5) for a, b in zip(left, right, strict=True))


def test_players_move_together_each_by_the_gradient_of_its_own_loss():
    """The three steps are taken from one place: none sees what another has done."""
    model, alike = toy(norm=None, reconstruction_weight=0.3), toy(norm=None, reconstruction_weight=0.3)
    alike.set_weights(model.get_weights())
    found = gradients(model)
    for name, loss in zip(PLAYERS, ("e_loss", "g_loss", "d_loss"), strict=True):
        network = getattr(alike, name)
        with tf.GradientTape() as tape:
            terms = alike.objective(tf.constant(X), rng.key(5), alike.encoder, alike.decoder, training=True)
        assert same(found[name], tape.gradient(terms[loss], network.trainable_variables))


def test_gamma_is_heard_by_the_decoder_alone_and_beta_by_the_encoder():
    start = toy(norm=None)
    others = {"base": {}, "gamma": {"reconstruction_weight": 3.0}, "beta": {"beta": 3.0}}
    found = {}
    for name, arguments in others.items():
        model = toy(norm=None, **arguments)
        model.set_weights(start.get_weights())
        found[name] = gradients(model)
    for change, hears in (("gamma", "decoder"), ("beta", "encoder")):
        for player in PLAYERS:
            assert same(found["base"][player], found[change][player]) == (player != hears)


def test_encoder_does_not_play_the_game():
    """Another last layer is another game, on the same features: the encoder's step stays."""
    model, other = toy(norm=None), toy(norm=None)
    other.set_weights(model.get_weights())
    last = other.discriminator.layers[-1]
    last.set_weights([-5 * last.get_weights()[0], last.get_weights()[1] + 1])
    left, right = gradients(model), gradients(other)
    assert same(left["encoder"], right["encoder"])
    assert not same(left["decoder"], right["decoder"])


def test_discriminator_does_not_hear_the_distortion():
    """Its last layer gets no gradient from it, and `d_loss` has no weight that could bring one."""
    model = toy(norm=None)
    with tf.GradientTape() as tape:
        terms = model.objective(tf.constant(X), rng.key(0), model.encoder, model.decoder, training=True)
    last = model.discriminator.layers[-1].trainable_variables
    assert tape.gradient(terms["distortion"], last) == [None, None]


@pytest.mark.parametrize("game", list(GAMES)[:6])  # one of the f-divergences among them
def test_every_game_trains(game):
    logs = toy(game=game, ema=0.9).train_step(tf.constant(X))
    assert np.isfinite([float(value) for value in logs.values()]).all()


@pytest.mark.long
def test_reconstructions_and_samples_find_points_on_a_ring():
    """Eight points of the plane: the errors seen in features are enough to find them again."""
    angle = np.random.default_rng(0).integers(0, 8, 20_000) * math.pi / 4
    x = np.stack([np.cos(angle), np.sin(angle)], 1).astype("float32")
    layer = lambda *sizes: [keras.layers.Dense(size, "relu") for size in sizes]
    point = keras.Input((2,))
    hidden = keras.Sequential(layer(64, 64))(point)
    encoder = keras.Model(point, [keras.layers.Dense(2)(hidden), keras.layers.Dense(2)(hidden)])
    decoder = keras.Sequential([keras.Input((2,)), *layer(64, 64), keras.layers.Dense(2)])
    judge = keras.Sequential([keras.Input((2,)), *layer(64, 64), keras.layers.Dense(1)])
    model = kg.VAEGAN(
        encoder, decoder, judge, reconstruction_weight=1.0, beta=0.01, value_range=None, ema=0.99, seed=0
    )
    model.compile(*(kg.training.FusedAdam(rate, 0.5) for rate in (1e-3, 1e-3, 1e-3)), jit_compile=False)
    model.fit(x, batch_size=100, epochs=4, verbose=0)
    error = np.linalg.norm(model.reconstruct(x[:200]) - x[:200], axis=1)
    assert np.median(error) < 0.15
    samples = model.sample(400, seed=0)
    assert abs(np.median(np.linalg.norm(samples, axis=1)) - 1) < 0.15
    octants = np.round(np.arctan2(samples[:, 1], samples[:, 0]) / (math.pi / 4)) % 8
    assert len(np.unique(octants)) >= 6


# Codes, files, doors.


def test_codes_go_there_and_back():
    model = toy(ema=0.9)
    model.train_step(tf.constant(X))
    mean, std = model.encode(X)
    assert mean.shape == std.shape == (12, 3) and (std > 0).all()
    np.testing.assert_allclose(model.reconstruct(X), model.decode(mean), atol=1e-6)
    np.testing.assert_allclose(model.predict(X, verbose=0), model.decode(mean), atol=1e-6)
    z = rng.by_row(lambda key: rng.normal(key, (3,)), model.row_keys(4, 7))
    np.testing.assert_allclose(model.decode(z), model.sample(4, seed=7), atol=1e-6)
    assert model.interpolate(2, 3).shape == (2, 3, *SHAPE)


def test_served_codes_are_python_s(tmp_path):
    model = toy()
    model.export(tmp_path / "1")
    serve = tf.saved_model.load(tmp_path / "1").signatures
    mean, std = model.encode(X)
    codes = serve["encode"](x=tf.constant(X))
    np.testing.assert_allclose(codes["mean"], mean, atol=1e-5)
    np.testing.assert_allclose(codes["std"], std, atol=1e-5)
    np.testing.assert_allclose(serve["decode"](z=tf.constant(mean))["samples"], model.decode(mean), atol=1e-5)


@pytest.mark.long
def test_config_and_files_keep_every_argument(tmp_path):
    model = toy(reconstruction_weight=0.5, beta=2.0, game="hinge", ema=0.9, value_range=(-2.0, 1.0))
    model.fit(X, batch_size=6, verbose=0)
    model.save(tmp_path / "model.keras")
    other = keras.models.load_model(tmp_path / "model.keras")
    assert equal(state(model), state(other)) and len(other.optimizers) == 3
    left, right = ({k: v for k, v in m.get_config().items() if k not in PLAYERS} for m in (model, other))
    assert left == right
    assert {name: len(part) for name, part in model.components().items()} == {
        "encoder": 2, "decoder": 2, "discriminator": 1,
    }  # fmt: skip


@pytest.mark.long
def test_jit_compiled_steps_agree_with_plain_ones():
    models = by_hand(ema=0.9), by_hand(ema=0.9)
    for model in models:
        model.compile(*[keras.optimizers.SGD(0.01) for _ in PLAYERS], jit_compile=model is models[1])
        model.fit(X[:, 0, :2, 0], batch_size=6, shuffle=False, verbose=0)
    for a, b in zip(models[0].weights, models[1].weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_trains(policy):
    with computing_in(policy):
        model = toy(ema=0.9)
    scaled = [isinstance(o, keras.optimizers.LossScaleOptimizer) for o in model.optimizers]
    assert scaled == [policy == "mixed_float16"] * 3
    for _ in range(2):
        logs = model.train_step(tf.constant(X))
    assert np.isfinite([float(value) for value in logs.values()]).all()
    assert model.sample(2, seed=0).dtype == np.float32


def family(latent=3, encoder=SHAPE, judge=SHAPE):
    return lambda: kg.VAEGAN(
        vae.conv_encoder(encoder, latent, 2, hidden=4),
        dcgan.generator(SHAPE, 3, 2),
        dcgan.discriminator(judge, 2),
    )


CALLS = {  # call -> error, argument
    "gamma": (lambda: toy(reconstruction_weight=-1.0), ValueError, "reconstruction_weight"),
    "gamma NaN": (lambda: toy(reconstruction_weight=math.nan), ValueError, "reconstruction_weight"),
    "beta": (lambda: toy(beta=-1.0), ValueError, "beta"),
    "game": (lambda: toy(game="chess"), ValueError, "game"),
    "encoder of other codes": (family(latent=4), ValueError, "encoder"),
    "encoder of other images": (family(encoder=(9, 8, 1)), ValueError, "encoder"),
    "discriminator of other images": (family(judge=(9, 8, 1)), ValueError, "discriminator"),
    "x of wrong shape": (lambda: toy().encode(X[:, :3]), InvalidDataError, "x"),
    "x of fit out of range": (lambda: toy().fit(X * 3, verbose=0), InvalidDataError, "x"),
    "code of wrong width": (lambda: toy().decode(np.zeros((2, 4), "float32")), InvalidDataError, "z"),
    "code NaN": (lambda: toy().decode(np.full((2, 3), np.nan, "float32")), InvalidDataError, "z"),
    "label without condition": (lambda: toy().sample(2, condition=1), ValueError, "condition"),
}


test_calls_are_refused_by_name = refusals(CALLS)


def test_density_is_not_there():
    with pytest.raises(NotImplementedError):
        toy().log_prob(X)
