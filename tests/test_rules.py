"""What a discriminator is shown and told: packing, lazy penalties, conditions, augmentation."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import noise, refusals, toy

import kerasgen as kg
from kerasgen.layers.augmentation import KINDS, Augmentation
from kerasgen.models.adversarial import conditions
from kerasgen.models.adversarial.rules import Rules
from kerasgen.objectives import adversarial, penalties
from kerasgen.ops import rng

KEY = rng.key(0)


def linear(weights):
    """A judge of flat examples: logits x w."""
    return lambda x, condition: [tf.matmul(x, weights)]


# Pairs.


def test_a_relativistic_game_looks_at_differences_alone():
    real, fake = (tf.constant(noise(5, (1,)) * scale) for scale in (1, 2))
    game = adversarial.relativistic
    for loss in (game.d, lambda a, b: game.g(b, a)):
        np.testing.assert_allclose(loss(real + 3, fake + 3), loss(real, fake), rtol=1e-5)
        np.testing.assert_allclose(loss(real, real), np.full((5, 1), np.log(2)), rtol=1e-6)
    np.testing.assert_allclose(game.d(real, fake), np.log1p(np.exp(fake - real)), rtol=1e-5)


def test_both_penalties_of_a_linear_critic_are_its_squared_weights():
    weights = tf.constant([[1.0], [2.0]])
    found = penalties.r1_r2(lambda x: tf.matmul(x, weights), tf.zeros((3, 2)), tf.ones((3, 2)), KEY)
    np.testing.assert_allclose(found, np.full(3, 5.0), rtol=1e-6)


# Lazy penalties.


def test_a_lazy_penalty_weighs_as_much_in_all_and_is_taken_now_and_then():
    x, judge = tf.constant(noise(4, (2,))), linear(tf.constant([[1.0], [2.0]]))
    often, seldom = (Rules(penalty="r1", penalty_weight=3.0, penalty_every=every) for every in (1, 4))
    taken = [
        float(seldom.d_loss(judge, x, x, None, KEY, tf.constant(step), True)[1]["penalty"])
        for step in range(8)
    ]
    np.testing.assert_allclose(taken, [10, 0, 0, 0, 10, 0, 0, 0], rtol=1e-6)
    loss, logs, *_ = often.d_loss(judge, x, x, None, KEY, tf.constant(1), True)
    game = often.d_loss(judge, x, x, None, KEY, 0)[0] - 3.0 * logs["penalty"]
    np.testing.assert_allclose(loss - game, 3.0 * np.mean(taken), rtol=1e-5)


def test_the_weight_of_a_penalty_follows_a_schedule():
    x, judge = tf.constant(noise(4, (2,))), linear(tf.constant([[1.0], [2.0]]))
    falling = keras.optimizers.schedules.PolynomialDecay(1.0, 10, 0.0)
    rules = Rules(penalty="r1", penalty_weight=falling)
    losses = [float(rules.d_loss(judge, x, x, None, KEY, tf.constant(step))[0]) for step in (0, 5, 10)]
    np.testing.assert_allclose(np.diff(losses), [-1.25, -1.25], rtol=1e-4)


# Packing.


def test_examples_are_packed_side_by_side():
    x = tf.constant(noise(7, (3, 2, 2)))
    packed = Rules(packing=3).pack(x)
    assert packed.shape == (2, 3, 2, 6)  # the seventh is left out
    for group in range(2):
        for at in range(3):
            np.testing.assert_array_equal(packed[group, ..., 2 * at : 2 * at + 2], x[3 * group + at])
    np.testing.assert_array_equal(Rules(packing=3).pack(x[:2])[0, ..., 4:], x[0])  # lent in turn
    np.testing.assert_array_equal(
        Rules(packing=2).pack(tf.constant([[1.0, 2.0], [3.0, 4.0]])), [[1, 2, 3, 4]]
    )
    assert Rules().pack(x) is x


def test_packing_tells_a_collapsed_distribution_from_the_data_more_easily():
    """Two coins, one that is fair and one that has collapsed: the total variation of pairs is larger.

    Of m tosses it is 1 - 2^-m for the constant coin, where one toss has 1/2.
    """
    fair, constant = np.array([0.5, 0.5]), np.array([1.0, 0.0])
    variation = lambda p, q: np.abs(p - q).sum() / 2
    pairs = variation(np.outer(fair, fair), np.outer(constant, constant))
    assert variation(fair, constant) == 0.5 and pairs == 0.75


@pytest.mark.usefixtures("eagerly")
def test_a_game_of_packs_trains():
    networks = kg.networks.mlp.generator((2,), 2, 8), kg.networks.mlp.discriminator((4,), 4)
    model = kg.GAN(*networks, packing=2, value_range=None, seed=0)
    model.compile(jit_compile=False)
    logs = model.fit(noise(10, (2,)), batch_size=5, verbose=0).history
    assert np.isfinite(logs["d_loss"]).all()


# Conditions.


def test_a_mismatched_condition_differs_and_is_any_of_those_that_do():
    condition = tf.constant([[0, 1], [0, 1], [2, 2], [3, 0]])
    seen = set()
    for seed in range(60):
        wrong, differs = conditions.mismatched(condition, rng.key(seed))
        assert differs.numpy().all() and not (wrong == condition).numpy().all(axis=1).any()
        seen.add(tuple(wrong[0].numpy()))
    assert seen == {(2, 2), (3, 0)}
    assert not conditions.mismatched(tf.constant([1, 1]), KEY)[1].numpy().any()


def test_the_loss_of_wrong_pairs_is_that_of_the_paper():
    """-log D(x, c) - (log(1 - D(x, c')) + log(1 - D(G, c))) / 2 of arXiv:1605.05396, Algorithm 1."""
    real, fake = tf.constant(noise(2, (1,))), tf.constant(noise(2, (1,)) - 1)
    condition = tf.constant([0.0, 2.0])  # the other row's is the only one that differs
    judge = lambda x, c: [x + c[:, None]]
    loss, *_ = Rules(mismatch_weight=0.5).d_loss(judge, real, fake, condition, KEY, 0)
    softplus = lambda x: np.log1p(np.exp(np.asarray(x, "float64")))
    c, wrong = np.array([[0.0], [2.0]]), np.array([[2.0], [0.0]])
    expected = softplus(-(real + c)) + (softplus(real + wrong) + softplus(fake + c)) / 2
    np.testing.assert_allclose(loss, expected.mean(), rtol=1e-5)


def labeled(**options):
    """A GAN of labels on images of 8x8 pixels."""
    kinds = {"condition": options.pop("reads", "projection")}
    join = options.pop("join", "concatenation")
    dcgan = kg.networks.dcgan
    networks = (
        dcgan.generator((8, 8, 1), 4, 4, num_classes=3, join=join),
        dcgan.discriminator((8, 8, 1), 4, num_classes=3, **kinds),
    )
    model = kg.GAN(*networks, condition=3, seed=0, **options)
    model.compile(jit_compile=False)
    return model


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize(
    "options",
    [
        {"reads": "projection", "join": "addition"},
        {"reads": "concatenation", "mismatch_weight": 0.5},
        {"reads": "classes", "auxiliary_weight": 0.5},
    ],
    ids=lambda options: options["reads"],
)
def test_a_game_of_labels_trains_draws_and_tells_labels_apart(options):
    model = labeled(**options)
    logs = model.fit(noise(12), np.arange(12) % 3, batch_size=6, verbose=0).history
    assert all(np.isfinite(values).all() for values in logs.values())
    asked = [model.sample(2, seed=7, condition=label) for label in (0, 1)]
    assert not np.array_equal(*asked)
    assert model.interpolate(1, 3, condition=2).shape == (1, 3, 8, 8, 1)


def test_the_projection_is_linear_in_the_features():
    """D(x, y) - D(x, y') = <e_y - e_y', mean features>: arXiv:1802.05637, equation 4."""
    network = kg.networks.dcgan.discriminator((8, 8, 1), 4, norm=None, num_classes=3)
    embedding = next(layer for layer in network.layers if isinstance(layer, keras.layers.Embedding))
    last = [layer for layer in network.layers if isinstance(layer, keras.layers.LeakyReLU)][-1]
    features = keras.Model(network.inputs[0], last.output)
    x = noise(5)
    difference = network([x, np.zeros(5, "int32")]) - network([x, np.ones(5, "int32")])
    table = np.array(embedding.embeddings)
    mean = np.mean(features(x), axis=(1, 2))
    np.testing.assert_allclose(np.ravel(difference), mean @ (table[0] - table[1]), atol=1e-5)


def test_the_class_loss_of_both_players_is_that_of_the_paper():
    model = labeled(reads="classes", auxiliary_weight=2.0)
    real, fake, labels = tf.constant(noise(6)), tf.constant(-noise(6)), tf.constant([0, 1, 2, 0, 1, 2])
    plain = lambda x: list(model.discriminator(x))
    cross = lambda x: np.mean(
        keras.losses.sparse_categorical_crossentropy(labels, plain(x)[1], from_logits=True)
    )
    d_loss, logs = model.d_loss(model.discriminator, real, fake, labels, KEY)
    game = model.rules.d_loss(model.judge(model.discriminator), real, fake, labels, KEY, 0)[0]
    np.testing.assert_allclose(d_loss - game, 2.0 * (cross(real) + cross(fake)), rtol=1e-5)
    g_loss = model.g_loss(model.discriminator, real, fake, labels, KEY)
    game = model.rules.g_loss(model.judge(model.discriminator), real, fake, labels, KEY)[0]
    np.testing.assert_allclose(g_loss - game, 2.0 * cross(fake), rtol=1e-5)
    right = np.argmax(plain(fake)[1], axis=1) == labels.numpy()
    np.testing.assert_array_equal(logs["label_accuracy"], right)


# Augmentation.

IMAGES = tf.constant(noise(64, (16, 16, 3)))


@pytest.mark.parametrize("kind", KINDS)
def test_an_augmentation_is_random_differentiable_and_nothing_at_probability_0(kind):
    layer = Augmentation((kind,))
    with tf.GradientTape() as tape:
        tape.watch(IMAGES)
        changed = layer(IMAGES, KEY)
        loss = tf.reduce_sum(changed**2)
    gradient = tape.gradient(loss, IMAGES)
    assert gradient is not None and np.isfinite(gradient).all() and np.abs(gradient).max() > 0
    assert not np.allclose(changed, IMAGES) and not np.allclose(changed, layer(IMAGES, rng.key(1)))
    np.testing.assert_array_equal(layer(IMAGES, KEY), changed)
    np.testing.assert_array_equal(Augmentation((kind,), probability=0.0)(IMAGES, KEY), IMAGES)


def test_a_translation_moves_by_whole_pixels_and_lets_zeros_in():
    marked = np.zeros((200, 16, 16, 1), "float32")
    marked[:, 8, 8] = 1
    moved = KINDS["translation"](tf.constant(marked), KEY).numpy()
    assert (moved.reshape(200, -1).sum(1) == 1).all() and set(np.unique(moved)) == {0, 1}
    rows, columns = np.unravel_index(moved.reshape(200, -1).argmax(1), (16, 16))
    assert set(rows) == set(columns) == set(range(6, 11))  # an eighth of 16 in both directions


def test_a_cutout_is_a_square_of_half_the_sides():
    ones = tf.ones((300, 16, 16, 1))
    holes = 256 - tf.reduce_sum(KINDS["cutout"](ones, KEY), axis=(1, 2, 3)).numpy()
    assert holes.max() == 64 and holes.min() >= 16  # less at the edges


def test_colors_change_as_the_paper_says():
    shifted = KINDS["brightness"](IMAGES, KEY) - IMAGES
    spread = np.ptp(shifted, axis=(1, 2, 3))
    assert spread.max() < 1e-6 and np.abs(shifted).max() <= 0.5
    gray = tf.reduce_mean(IMAGES, axis=-1, keepdims=True)
    np.testing.assert_allclose(
        tf.reduce_mean(KINDS["saturation"](IMAGES, KEY), axis=-1, keepdims=True), gray, atol=1e-5
    )
    mean = tf.reduce_mean(IMAGES, axis=(1, 2, 3))
    np.testing.assert_allclose(
        tf.reduce_mean(KINDS["contrast"](IMAGES, KEY), axis=(1, 2, 3)), mean, atol=1e-5
    )


def test_the_probability_follows_how_certain_the_discriminator_is():
    layer = Augmentation(("flip",), probability=0.5, target=0.6, ramp=100)
    layer.adapt(tf.ones((10, 1)))
    np.testing.assert_allclose(layer.probability, 0.6, rtol=1e-5)
    layer.adapt(-tf.ones((30, 1)))
    np.testing.assert_allclose(layer.probability, 0.3, rtol=1e-5)
    layer.adapt(-tf.ones((100, 1)))
    assert float(layer.probability) == 0
    changed = tf.reduce_any(layer(IMAGES, KEY) != IMAGES)
    assert not changed


def test_half_of_the_images_are_flipped_at_probability_1():
    flipped = np.any(Augmentation(("flip",))(IMAGES, KEY) != IMAGES, axis=(1, 2, 3))
    assert abs(flipped.mean() - 0.5) < 4 * 0.5 / 64**0.5


@pytest.mark.usefixtures("eagerly")
def test_a_game_with_augmentation_keeps_its_probability_in_files(tmp_path):
    model = toy(augmentation=Augmentation(("translation",), probability=0.0, target=0.6, ramp=10))
    model.augmentation.probability.assign(0.25)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert float(again.augmentation.probability) == 0.25 and again.augmentation.target == 0.6


labels = lambda **options: kg.networks.dcgan.discriminator((8, 8, 1), 2, num_classes=3, **options)
test_what_does_not_go_together_is_refused = refusals(
    {
        "mismatch without a condition": (lambda: toy(mismatch_weight=0.5), "mismatch_weight"),
        "mismatch of a named class": (
            lambda: labeled(reads="classes", auxiliary_weight=1.0, mismatch_weight=0.5), "mismatch_weight",
        ),
        "mismatch of pairs": (lambda: labeled(mismatch_weight=0.5, game="relativistic"), "mismatch_weight"),
        "classes without labels": (lambda: toy(auxiliary_weight=1.0), "auxiliary_weight"),
        "packs of conditions": (lambda: labeled(packing=2), "packing"),
        "packs for a discriminator of one": (lambda: toy(packing=2), "discriminator"),
        "a condition that the discriminator does not read": (
            lambda: kg.GAN(labeled().generator, toy().discriminator, condition=3), "discriminator",
        ),
        "augmentation": (lambda: toy(augmentation=keras.layers.Identity()), TypeError, "augmentation"),
        "smoothing of pairs": (lambda: toy(game="relativistic", label_smoothing=0.1), "label_smoothing"),
        "classes of no number": (
            lambda: kg.networks.dcgan.discriminator((8, 8, 1), 2, condition="classes"), "num_classes",
        ),
    }
)  # fmt: skip
