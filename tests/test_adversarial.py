"""Games and penalties: against theory, and against TF-GAN's functions."""

import importlib
import importlib.util
import sys
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasgen.metrics import divergences
from kerasgen.objectives import penalties
from kerasgen.objectives.adversarial import ALL_GAMES, GAMES
from kerasgen.ops import rng


@pytest.fixture(scope="module")
def tfgan():
    """TF-GAN's losses. `import tensorflow_gan` fails since tf.estimator is gone; its losses do not."""
    root = importlib.util.find_spec("tensorflow_gan").submodule_search_locations[0]
    for name, path in {"tensorflow_gan": root, "tensorflow_gan.python": f"{root}/python"}.items():
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [path]
    yield importlib.import_module("tensorflow_gan.python.losses.losses_impl")
    for name in [name for name in sys.modules if name.startswith("tensorflow_gan")]:
        del sys.modules[name]


def logits():
    normal = np.random.default_rng(0).normal(0, 4, (2, 64, 1)).astype("float32")
    return tf.constant(normal[0]), tf.constant(normal[1])


ORACLES = {  # ours -> TF-GAN's (discriminator loss, generator loss, arguments for hard labels)
    "minimax": ("minimax_discriminator_loss", "minimax_generator_loss", {"label_smoothing": 0.0}),
    "non_saturating": ("modified_discriminator_loss", "modified_generator_loss", {"label_smoothing": 0.0}),
    "least_squares": ("least_squares_discriminator_loss", "least_squares_generator_loss", {}),
    "hinge": ("wasserstein_hinge_discriminator_loss", "wasserstein_hinge_generator_loss", {}),
    "wasserstein": ("wasserstein_discriminator_loss", "wasserstein_generator_loss", {}),
}


@pytest.mark.parametrize("name", ORACLES)
def test_losses_agree_with_tfgan(tfgan, name):
    real, fake = logits()
    d_name, g_name, arguments = ORACLES[name]
    d = tf.reduce_mean(GAMES[name].d(real, fake))
    np.testing.assert_allclose(d, getattr(tfgan, d_name)(real, fake, **arguments), atol=1e-6)
    g = tf.reduce_mean(GAMES[name].g(fake))
    theirs = getattr(tfgan, g_name)(fake)
    if name == "minimax":  # they add the loss of a real logit of 1, which no parameter moves
        theirs += tf.math.softplus(-1.0)
    np.testing.assert_allclose(g, theirs, atol=1e-6)


@pytest.mark.parametrize("name", ORACLES)
def test_gradients_agree_with_tfgan(tfgan, name):
    real, fake = logits()
    for ours, theirs in (
        (lambda: tf.reduce_mean(GAMES[name].g(fake)), lambda: getattr(tfgan, ORACLES[name][1])(fake)),
        (
            lambda: tf.reduce_mean(GAMES[name].d(real, fake)),
            lambda: getattr(tfgan, ORACLES[name][0])(real, fake, **ORACLES[name][2]),
        ),
    ):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([real, fake])
            left, right = ours(), theirs()
        np.testing.assert_allclose(tape.gradient(left, fake), tape.gradient(right, fake), atol=1e-7)


@pytest.mark.parametrize("smoothing", [0.1, 0.3])
def test_one_sided_smoothing_agrees_with_tfgan(tfgan, smoothing):
    real, fake = logits()
    # Theirs moves a label towards 1/2, ours down by `smoothing`: 1 - s = 1 - (2 s) / 2.
    theirs = tfgan.modified_discriminator_loss(real, fake, label_smoothing=2 * smoothing)
    ours = tf.reduce_mean(GAMES["non_saturating"].d(real, fake, smoothing))
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    theirs = tfgan.least_squares_discriminator_loss(real, fake, real_label=1 - smoothing)
    np.testing.assert_allclose(
        tf.reduce_mean(GAMES["least_squares"].d(real, fake, smoothing)), theirs, rtol=1e-6
    )


def test_at_one_half_the_discriminator_loses_two_log_two():
    zero = tf.zeros((5, 1))
    for name in ("minimax", "non_saturating"):
        np.testing.assert_allclose(GAMES[name].d(zero, zero), np.full((5, 1), 2 * np.log(2)), rtol=1e-6)


def test_optimal_discriminator_is_the_density_ratio():
    """D* = p / (p + q) minimises p d(l, .) + q d(., l): proposition 1 of arXiv:1406.2661."""
    p, q = 0.3, 0.9
    grid = tf.constant(np.linspace(-5, 5, 10_001), "float32")
    risk = p * tf.math.softplus(-grid) + q * tf.math.softplus(grid)
    np.testing.assert_allclose(
        p * GAMES["minimax"].d(grid, tf.fill(grid.shape, -100.0))
        + q * GAMES["minimax"].d(tf.fill(grid.shape, 100.0), grid),
        risk,
        atol=1e-4,
    )
    best = tf.sigmoid(grid[tf.argmin(risk)])
    np.testing.assert_allclose(best, p / (p + q), atol=1e-3)


P, Q = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.4, 0.1, 0.3, 0.2])


@pytest.mark.parametrize("q", [Q, P], ids=["two distributions", "one distribution"])
def test_a_trained_discriminator_is_the_density_ratio_and_its_value_tells_the_divergence(q):
    """D of four points, trained: p / (p + q), and V = 2 JS - log 4 (arXiv:1406.2661, theorem 1)."""
    logits = tf.Variable(np.zeros(4))

    def loss():
        real, fake = (tf.constant(law) for law in (P, q))
        game = GAMES["minimax"]
        return tf.reduce_sum(real * game.real(logits, 0.0)) + tf.reduce_sum(fake * game.fake(logits))

    for _ in range(60):
        with tf.GradientTape() as tape:
            value = loss()
        logits.assign_sub(8.0 * tape.gradient(value, logits))  # the loss bends by 0.2 at most
    np.testing.assert_allclose(tf.sigmoid(logits), P / (P + q), atol=1e-3)
    np.testing.assert_allclose(-loss(), 2 * divergences.js(P, q) - np.log(4), atol=1e-6)


def test_a_saturating_loss_has_no_slope_where_the_distributions_are_apart():
    """Under D = p / (p + q) of N(0, s^2) and N(shift, s^2), by quadrature; W1 has slope 1 everywhere.

    The logit is (shift^2 - 2 shift x) / (2 s^2), so that the slopes of log(1 - D) and of -log D along x are
    D shift / s^2 and (1 - D) shift / s^2 (Arjovsky & Bottou, 2017, arXiv:1701.04862, theorem 2.4).
    """
    x, std = np.linspace(-4, 10, 4001), 0.5
    slopes = {"minimax": [], "non_saturating": []}
    for shift in (0.5, 6.0):
        q = np.exp(-((x - shift) ** 2) / (2 * std**2))
        points = tf.constant(x)
        for name, found in slopes.items():
            with tf.GradientTape() as tape:
                tape.watch(points)
                loss = GAMES[name].g((shift**2 - 2 * shift * points) / (2 * std**2))
            found.append(float(q / q.sum() @ tape.gradient(loss, points).numpy()))
    assert slopes["minimax"][0] > 0.5 and slopes["minimax"][1] < 1e-6
    np.testing.assert_allclose(slopes["non_saturating"][1], 6.0 / std**2, rtol=1e-6)


def test_losses_are_elementwise_and_finite_at_large_logits():
    real, fake = tf.fill((3, 7, 7, 1), 1e4), tf.fill((3, 7, 7, 1), -1e4)
    for game in ALL_GAMES.values():
        for loss in (game.d(real, fake), game.d(fake, real), game.g(real, fake), game.g(fake, real)):
            assert loss.shape == (3, 7, 7, 1) and np.isfinite(loss).all()


def linear(weights):
    return lambda x: keras.ops.sum(x * weights, axis=(1, 2, 3), keepdims=True)


def test_gradient_penalty_of_a_linear_critic_is_its_slope_minus_one_squared():
    weights = np.random.default_rng(0).normal(size=(1, 4, 4, 1)).astype("float32")
    x = tf.random.stateless_normal((6, 4, 4, 1), [0, 0])
    penalty = penalties.gradient_penalty(linear(weights), x, -x, rng.key(0))
    np.testing.assert_allclose(penalty, np.full(6, (np.linalg.norm(weights) - 1) ** 2), rtol=1e-5)


def test_r1_of_a_linear_critic_is_half_its_squared_slope():
    weights = np.random.default_rng(0).normal(size=(1, 4, 4, 1)).astype("float32")
    x = tf.random.stateless_normal((6, 4, 4, 1), [0, 0])
    np.testing.assert_allclose(
        penalties.r1(linear(weights), x, x, rng.key(0)), np.full(6, 0.5 * (weights**2).sum()), rtol=1e-5
    )


def test_gradient_penalty_is_taken_between_real_and_fake():
    """The slope of x^2 / 2 is |x|: on the segment from 1 to 3 it lies between, and varies."""
    square = lambda x: keras.ops.sum(x**2, axis=1, keepdims=True) / 2
    real, fake = tf.fill((500, 1), 1.0), tf.fill((500, 1), 3.0)
    slope = np.sqrt(penalties.gradient_penalty(square, real, fake, rng.key(0))) + 1
    assert slope.min() >= 1 and slope.max() <= 3
    assert abs(slope.mean() - 2) < 4 * slope.std() / 500**0.5


def test_penalties_reach_the_critics_weights():
    critic = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(1)])
    x = tf.random.stateless_normal((5, 3), [0, 0])
    for penalty in penalties.PENALTIES.values():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(penalty(critic, x, 2 * x, rng.key(0)))
        assert np.abs(tape.gradient(loss, critic.trainable_variables[0])).max() > 0


def test_gradient_penalty_agrees_with_tfgan(tfgan):
    """With a critic whose slope is the same everywhere, so that both draws of u agree."""
    weights = np.random.default_rng(0).normal(size=(1, 4, 4, 1)).astype("float32")
    real, fake = tf.random.stateless_normal((6, 4, 4, 1), [0, 0]), tf.zeros((6, 4, 4, 1))
    critic = linear(weights)

    @tf.function  # theirs asks for symbolic gradients
    def theirs():
        scope = tf.compat.v1.get_variable_scope()
        judge = lambda x, generator_inputs: critic(x)
        return tfgan.wasserstein_gradient_penalty(real, fake, None, judge, scope, epsilon=1e-12)

    ours = tf.reduce_mean(penalties.gradient_penalty(critic, real, fake, rng.key(0)))
    np.testing.assert_allclose(ours, theirs(), rtol=1e-6)
