"""Autoregressive models: order, exact likelihoods, and drawing with caches."""

import functools
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import refusals

import kerasgen as kg
from kerasgen.distributions.patterns import Patterns
from kerasgen.errors import InvalidDataError
from kerasgen.layers.autoencoding import MADE, NADE
from kerasgen.layers.causal import Position
from kerasgen.layers.diagonal import DiagonalBiLSTM, skew, unskew
from kerasgen.layers.masked import MaskedConv2D
from kerasgen.models.autoregressive.shifts import Shifts
from kerasgen.ops import rng
from kerasgen.samplers import raster

cnn, rnn, dense = kg.networks.pixelcnn, kg.networks.pixelrnn, kg.networks.made
snail = kg.networks.pixelsnail.pixelsnail
SMALL = {"width": 4, "hidden": 24}
LEVELS = {"likelihood": "categorical", "levels": 2}
NETWORKS = {  # of an image shape and the outputs of a pixel
    "gated": lambda *sizes, **more: cnn.gated_pixelcnn(*sizes, blocks=2, **SMALL, **more),
    "attention": lambda *sizes, **more: cnn.gated_pixelcnn(*sizes, blocks=1, attention=(0,), **SMALL, **more),
    "pixelcnn": lambda *sizes, **more: cnn.pixelcnn(*sizes, blocks=2, **SMALL, **more),
    "row": lambda *sizes, **more: rnn.row_lstm(*sizes, units=(4, 2), **SMALL, **more),
    "diagonal": lambda *sizes, **more: rnn.diagonal_bilstm(*sizes, units=(4, 2), **SMALL, **more),
    "grid": lambda *sizes, **more: rnn.grid_lstm(*sizes, units=(2, 4), **SMALL, **more),
    "raster": lambda *sizes, **more: rnn.raster_lstm(*sizes, units=4, context=2, **SMALL, **more),
    "made": lambda *sizes, **more: dense.made(*sizes, hidden=(60, 40), **more),
    "nade": lambda *sizes, **more: dense.nade(*sizes, units=4, **more),
}
BLOCKS = {"likelihood": "bit_patterns", "block": 2}
BLIND = ("pixelcnn", "row")
eagerly = pytest.mark.usefixtures("eagerly")
networks = pytest.mark.parametrize("name", NETWORKS)


def randomized(network, scale=0.5, seed=0):
    """The network with weights that are all at random: none is 0."""
    random = np.random.default_rng(seed)
    network.set_weights([scale * random.normal(size=w.shape) for w in network.get_weights()])
    return network


@functools.cache
def network(name, shape=(3, 3, 1), outputs=1, scale=0.5, **options):
    return randomized(NETWORKS[name](shape, outputs, **options), scale)


def model(network, **options):
    return kg.Autoregressive(network, seed=0, **options)


def images(shape, levels):
    """Every image of these levels, numbers from 0 to 1."""
    values = np.linspace(0, 1, levels, dtype="float32")
    return np.array(list(itertools.product(values, repeat=int(np.prod(shape)))), "float32").reshape(
        -1, *shape
    )


# Order.


IMAGES = 6  # so many that no path is dead in all of them


def sensitivity(network, shape, outputs):
    """|d output_i / d x_j| of components i and j in raster order, summed over images and outputs."""
    height, width, channels = shape
    size = height * width * channels
    random = np.random.default_rng(1)
    x = tf.constant(np.repeat(random.uniform(size=(IMAGES, *shape)), size, axis=0), "float32")
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reshape(network(x), (IMAGES, size, height * width, outputs // channels, channels))
        y = tf.reduce_sum(y * random.normal(size=(outputs // channels, 1)).astype("float32"), axis=3)
        own = tf.linalg.diag_part(tf.reshape(y, (IMAGES, size, size)))
    return np.abs(tape.gradient(own, x).numpy()).reshape(IMAGES, size, size).sum(axis=0)


@eagerly
@networks
def test_a_pixel_follows_from_those_before_it_and_from_all_of_them_where_that_is_claimed(name):
    found = sensitivity(network(name, (5, 5, 1), scale=0.3), (5, 5, 1), 1)
    earlier = np.tri(25, k=-1, dtype=bool)
    assert (found[~earlier] == 0).all()
    assert (found[earlier] > 0).all() == (name not in BLIND)


@eagerly
@networks
def test_channels_follow_one_another_in_order(name):
    found = sensitivity(network(name, (2, 3, 2), 4, scale=0.3), (2, 3, 2), 4)
    assert (found[~np.tri(12, k=-1, dtype=bool)] == 0).all()
    own_pixel = found[1::2, ::2].diagonal()
    assert (own_pixel > 0).all()


@eagerly
def test_the_blind_spot_of_a_pixelcnn_is_where_the_paper_has_it():
    found = sensitivity(network("pixelcnn", (5, 5, 1), scale=0.3), (5, 5, 1), 1).reshape(5, 5, 5, 5)
    assert found[1, 0, 0, 4] == 0 and found[1, 0, 0, 3] > 0  # a row up, beyond the reach of 7x7


# Likelihood.


@eagerly
@networks
def test_probabilities_of_all_images_add_up_to_one(name):
    nats = np.asarray(model(network(name)).log_density(tf.constant(images((3, 3, 1), 2))), "float64")
    assert np.exp(nats).sum() == pytest.approx(1, abs=1e-5) and nats.std() > 0.1


@eagerly
@pytest.mark.parametrize("name", ["gated", "diagonal", "made", "nade"])
def test_probabilities_of_all_colors_add_up_to_one(name):
    colored = model(network(name, (2, 2, 2), 4), **LEVELS)
    nats = np.asarray(colored.log_density(tf.constant(images((2, 2, 2), 2))), "float64")
    assert np.exp(nats).sum() == pytest.approx(1, abs=1e-5)


@eagerly
@pytest.mark.parametrize("scale", [0.5, 30.0])
@pytest.mark.parametrize("shape", [(2, 2, 1), (1, 1, 3), (1, 2, 2)], ids=str)
def test_mixtures_of_logistics_add_up_to_one_at_any_scale(shape, scale):
    """With 30 some scales are far below a level, some far beyond the range."""
    outputs = 2 * kg.distributions.logistic_mixture.parameters(shape[2])
    net = network("gated", shape, outputs, scale=1.0, joint=True)
    plain = net.get_weights()
    net.set_weights([*plain[:-2], scale * plain[-2], scale * plain[-1]])
    gray = model(net, likelihood="logistic_mixture", levels=4)
    nats = np.asarray(gray.log_density(tf.constant(images(shape, 4))), "float64")
    net.set_weights(plain)
    assert np.exp(nats).sum() == pytest.approx(1, abs=2e-5) and np.isfinite(nats).all()


@eagerly
def test_log_prob_is_that_of_the_condition_and_the_loss_minus_its_weighted_mean():
    labelled = model(network("gated", num_classes=3), condition=3)
    labelled.compile("sgd", jit_compile=False)
    x, y = images((3, 3, 1), 2)[::5], np.arange(103) % 3
    nats = labelled.log_prob(x, condition=y)
    for label in range(3):
        np.testing.assert_allclose(nats[y == label], labelled.log_prob(x[y == label], label), atol=1e-5)
    assert np.exp(labelled.log_prob(images((3, 3, 1), 2), 2).astype("float64")).sum() == pytest.approx(
        1, abs=1e-5
    )
    weight = np.random.default_rng(0).uniform(size=103).astype("float32")
    assert labelled.evaluate(x, y, verbose=0, return_dict=True)["loss"] == pytest.approx(
        -nats.mean(), rel=1e-5
    )
    labelled.reset_metrics()
    loss = labelled.train_step((tf.constant(x), tf.constant(y), tf.constant(weight)))["loss"]
    assert float(loss) == pytest.approx(-(weight * nats).mean(), rel=1e-5)


def test_a_pattern_has_the_probability_of_its_number():
    random = np.random.default_rng(0)
    logits = random.normal(size=(2, 8)).astype("float32")
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    bits = np.arange(8)[:, None] // [1, 2, 4] % 2
    every = Patterns(np.repeat(logits[:, None], 8, axis=1), 3)
    np.testing.assert_allclose(np.exp(every.log_prob(np.float32([bits, bits]))), p, rtol=1e-5)
    law = Patterns(logits[:, None], 3)
    np.testing.assert_allclose(law.mean()[:, 0], p @ bits, rtol=1e-5)
    u = (np.arange(8000, dtype="float32") + 0.5) / 8000  # of which each pattern has its share
    drawn = np.asarray(law.from_uniform(np.tile(u[:, None], (2, 1, 1)))) @ [1, 2, 4]
    shares = np.stack([np.bincount(row.astype(int), minlength=8) for row in drawn]) / 8000
    np.testing.assert_allclose(shares, p, atol=2 / 8000)


def in_blocks(shape=(1, 2, 4), **options):
    """A network of blocks of 2x2 bits, with weights at random."""
    sizes = {"width": 3, "blocks": 1, "convolutions": 1, "heads": 2, "hidden": 24}
    return randomized(snail(shape, 2 ** shape[2], **sizes, **options))


@eagerly
def test_probabilities_of_blocks_add_up_to_one_and_blocks_follow_one_another():
    made = model(in_blocks(), **BLOCKS)
    x = images((2, 4, 1), 2)
    nats = np.asarray(made.log_density(tf.constant(x)), "float64")
    assert np.exp(nats).sum() == pytest.approx(1, abs=1e-5) and nats.std() > 0.1
    first = np.exp(nats).reshape(2, 2, 2, 2, 2, 2, 2, 2).sum(axis=(2, 3, 6, 7)).ravel()
    logits = made.network(tf.zeros((1, 1, 2, 4)))[0, 0, 0]
    bits = np.array(list(itertools.product([0, 1], repeat=4)))
    np.testing.assert_allclose(first, tf.nn.softmax(logits).numpy()[bits @ [1, 2, 4, 8]], atol=1e-6)


@eagerly
def test_attention_and_convolutions_of_a_pixelsnail_see_all_earlier_positions():
    sizes = {"width": 4, "blocks": 1, "convolutions": 1, "heads": 2, "hidden": 24}
    found = sensitivity(randomized(snail((5, 5, 1), 1, **sizes), 0.3), (5, 5, 1), 1)
    assert np.array_equal(found > 0, np.tri(25, k=-1, dtype=bool))


@eagerly
def test_shifts_move_examples_and_tell_the_network_by_how_many():
    moves = Shifts(1)
    x = np.zeros((300, 5, 5, 1), "float32")
    x[:, 2, 2] = 1
    moved, shift = moves.draw(tf.constant(x), rng.key(0))
    row, column = np.asarray(moved).reshape(300, 5, 5).nonzero()[1:]
    assert np.array_equal(shift, (row - 1) * 3 + column - 1)
    counts = np.bincount(shift, minlength=9)
    p = np.full(9, 1 / 18) + (np.arange(9) == 4) / 2
    assert (np.abs(counts - 300 * p) < 4 * np.sqrt(300 * p * (1 - p))).all() and counts.all()
    assert np.array_equal(moves.none(2), [4, 4])
    network = in_blocks(num_classes=9)
    made = model(network, **BLOCKS, shifts=1)
    y = tf.constant(images((2, 4, 1), 2)[::50])
    told = made.log_density(y, tf.fill([len(y)], 4))
    np.testing.assert_allclose(made.log_prob(y), told, atol=1e-6)
    assert not np.allclose(told, made.log_density(y, tf.fill([len(y)], 5)))
    total = np.exp(np.asarray(made.log_density(tf.constant(images((2, 4, 1), 2))), "float64")).sum()
    assert total == pytest.approx(1, abs=1e-5)


# Layers.


def test_unskewed_is_what_was_skewed():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype("float32")
    assert np.array_equal(unskew(skew(x)), x)
    moved = np.asarray(skew(x))
    assert (
        moved.shape == (2, 3, 6, 5)
        and np.array_equal(moved[:, 2, 2:6], x[:, 2])
        and not moved[:, 2, :2].any()
    )


def test_the_scan_from_the_right_is_that_from_the_left_of_the_mirrored_image():
    layer = DiagonalBiLSTM(3)
    layer.build((None, 4, 5, 2))
    for weight in layer.weights:
        weight.assign(np.random.default_rng(0).normal(size=weight.shape))
    layer.recurrent.assign(np.repeat(layer.recurrent[:1], 2, axis=0))
    given = tf.constant(np.random.default_rng(1).normal(size=(1, 2, 4, 5, 12)), "float32")
    left, right = tf.unstack(layer.scan(tf.concat([given, given[:, :, :, ::-1]], axis=0)))
    again, plain = tf.unstack(layer.scan(tf.concat([given[:, :, :, ::-1], given], axis=0)))
    np.testing.assert_allclose(right, again, atol=1e-6)
    np.testing.assert_allclose(left, plain, atol=1e-6)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_nade_by_a_cumulative_sum_is_nade_by_a_loop():
    layer, random = NADE(2, 4), np.random.default_rng(0)
    layer.build((None, 2, 3, 1))
    weights, c, v, b = (random.normal(size=w.shape) for w in layer.weights)
    layer.set_weights([weights, c, v, b])
    x = random.normal(size=(5, 6))
    expected = np.zeros((5, 6, 2))
    for i in range(6):
        sums = c + sum(x[:, j, None] * weights[j] for j in range(i))
        expected[:, i] = b[i] + sigmoid(sums) @ v[i]
    found = layer(x.reshape(5, 2, 3, 1).astype("float32"))
    np.testing.assert_allclose(found, expected.reshape(5, 2, 3, 2), atol=1e-5)


def test_every_hidden_unit_of_made_is_read_by_a_later_component():
    layer = MADE(1, (30, 7), direct=False)
    layer.build((None, 2, 3, 1))
    read = np.eye(6)
    for k in range(3):
        mask = np.asarray(layer.mask(*layer.degrees[k : k + 2]))
        assert mask.any(axis=1)[: -1 if k == 0 else None].all()  # nothing reads the last component
        read = read @ mask
    assert np.array_equal(read > 0, np.tri(6, k=-1).T > 0)


def test_a_masked_convolution_is_a_convolution_with_zeros_in_its_kernel():
    for mask, channels, size in (("A", 1, 3), ("B", 1, 5), ("A", 2, 3), ("B", 2, 3)):
        layer = MaskedConv2D(4, size, mask, channels)
        layer.build((None, 5, 6, 2))
        whole = np.zeros((size * size, 2, 4), "float32")
        taps = np.asarray(layer.kernel)
        whole[: len(taps)] = taps
        if len(taps) == size * size // 2 + 1 and channels > 1:  # the middle, where channels are told apart
            source, target = np.arange(2)[:, None] % 2, np.arange(4)[None] % 2
            whole[size * size // 2] *= source < target if mask == "A" else source <= target
        x = np.random.default_rng(0).normal(size=(2, 5, 6, 2)).astype("float32")
        expected = tf.nn.conv2d(x, whole.reshape(size, size, 2, 4), 1, "SAME")
        np.testing.assert_allclose(layer(x), expected, atol=1e-5)


# Drawing.


def stepwise(made, x, conditions=()):
    """The network's output of x (batch, h, w, c), by its stages, each component told its predecessors."""
    stages, (batch, height, width, channels) = made.factors.stages, x.shape
    caches, once = stages.start(batch), stages.once(conditions)
    rows = []
    for i in range(height):
        values, caches = stages.row(once, caches, Position(tf.constant(i)))
        for j in range(width):
            found = []
            for c in range(channels):
                position = Position(tf.constant(i), tf.constant(j), c)
                known = tf.where(tf.range(channels) <= c, x[:, i, j], 0)
                now, caches = stages.pixel(values, caches, position)
                found.append(stages.parameters(now, position)[:, c::channels])
                caches = stages.observe(now, caches, position, known)
            rows.append(tf.stack(found, axis=-1))
    return np.stack(rows, axis=1)  # (batch, pixels, any, channels)


STEPPED = {
    "gray": ((4, 3, 1), 1, {}, {}),
    "colors": ((3, 2, 2), 4, {}, LEVELS),
    "labels": ((2, 3, 1), 1, {"num_classes": 3}, {"condition": 3}),
}


QUICK = {"gray": NETWORKS, "colors": ("gated", "row", "grid", "made"), "labels": ("diagonal", "nade")}
steps = [
    pytest.param(name, kind, marks=[pytest.mark.long] * (name not in QUICK[kind]))
    for name, kind in itertools.product(NETWORKS, STEPPED)
]


@eagerly
@pytest.mark.parametrize("name, kind", steps)
def test_a_step_with_a_cache_is_the_whole_pass(name, kind):
    shape, outputs, of_network, options = STEPPED[kind]
    made = model(network(name, shape, outputs, **of_network), **options)
    x = tf.constant(made.event.examples(3, np.random.default_rng(0)).round().astype("float32"))
    given = (tf.constant([0, 2, 1]),) if "condition" in options else ()
    whole = np.asarray(made.network(raster.inputs(made.network, x, given)))
    found = stepwise(made, x, given)
    np.testing.assert_allclose(found.reshape(whole.shape), whole, atol=2e-5 * max(1, np.abs(whole).max()))


DRAWN = {
    "attention": lambda: model(network("attention", (4, 3, 1))),
    "colors": lambda: model(network("pixelcnn", (2, 3, 2), 6), likelihood="categorical", levels=3),
    "mixture": lambda: model(network("gated", (2, 2, 3), 20, joint=True), likelihood="logistic_mixture"),
    "blocks": lambda: model(in_blocks((2, 3, 4), num_classes=9), **BLOCKS, shifts=1),
    "codes": lambda: model(
        network("gated", (3, 3), 5, vocabulary=5), likelihood="categorical", levels=5, value_range=None
    ),
}


@eagerly
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] * (name in ("colors", "codes"))) for name in DRAWN]
)
def test_cached_drawing_is_naive_drawing(name):
    made = DRAWN[name]()
    uniform = rng.by_row(made.factors.uniform, made.row_keys(20, seed=7))
    given = made._given(None, 20)
    assert made.factors.stages is not None
    naive = raster.naive(made.average, made.pixels, uniform, given, joint=made.pixels.joint)
    expected = made.pixels.examples(naive)
    found = made.sample(20, seed=7)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert len(np.unique(found)) > 1


@pytest.mark.long
def test_images_are_drawn_as_often_as_they_are_probable():
    made = model(network("diagonal", (2, 2, 1)))
    every = images((2, 2, 1), 2)
    p = np.exp(made.log_prob(every))
    drawn = made.sample(4000, seed=3).reshape(-1, 4) @ [8, 4, 2, 1]
    counts = np.bincount(drawn.astype(int), minlength=16)
    assert (np.abs(counts - 4000 * p) < 4 * np.sqrt(4000 * p * (1 - p)) + 1).all()


@eagerly
def test_other_networks_are_drawn_from_by_whole_passes():
    x = keras.Input((2, 2, 1))
    h = MaskedConv2D(1, 3, "A")(x)
    made = model(keras.Model(x, keras.layers.Reshape((2, 2, 1))(h)))
    assert made.factors.stages is None and model(keras.Model(x, h)).factors.stages is not None
    assert np.array_equal(made.sample(5, seed=1), model(keras.Model(x, h)).sample(5, seed=1))


# Completion.


@eagerly
def test_what_goes_on_from_the_head_of_a_sample_is_the_sample():
    """Every component has its number from the same key, whether those before it are given or drawn."""
    made = model(network("gated", (3, 3, 1)))
    x = made.sample(9, seed=7)
    counts = np.arange(9)[:, None]
    mask = (np.arange(9) < counts).reshape(9, 3, 3, 1)
    hidden = np.where(mask, x, 1 - x)
    assert np.array_equal(made.inpaint(hidden, mask, seed=7), x)
    other = made.inpaint(hidden, mask, seed=8)
    assert np.array_equal(other[mask], x[mask]) and not np.array_equal(other, x)
    films = made.trajectory(4, steps=9, seed=7)
    assert films.shape == (4, 10, 3, 3, 1) and np.array_equal(films[:, -1], x[:4]) and not films[:, 0].any()
    assert all(
        np.array_equal(films[:, t].reshape(4, 9)[:, :t], x[:4].reshape(4, 9)[:, :t]) for t in range(10)
    )


@eagerly
def test_blocks_are_known_and_shown_in_their_own_order():
    made = model(in_blocks(), **BLOCKS)
    x = made.sample(5, seed=7)
    mask = np.float32([1, 1, 0, 0])[None, :, None]  # the first block
    assert np.array_equal(made.inpaint(np.where(mask == 1, x, 1 - x), mask, seed=7), x)
    film = made.trajectory(5, steps=2, seed=7)
    assert np.array_equal(film[:, 1], x * mask) and np.array_equal(film[:, 2], x)


def plain_dense():
    x = keras.Input((2, 2, 1))
    h = keras.layers.Dense(4)(keras.layers.Flatten()(x))
    return keras.Model(x, keras.layers.Reshape((2, 2, 1))(h))


def pointwise():
    x = keras.Input((2, 2, 1))
    return keras.Model(x, keras.layers.Dense(1)(x))


def gray(**options):
    return kg.Autoregressive(network("gated"), **options)


MASK, X = np.ones((3, 3, 1)), np.zeros((2, 3, 3, 1), "float32")
COLORS = np.zeros((1, 2, 2, 3), "float32")
test_what_does_not_go_together_is_refused = refusals(
    {
        "a network of all pixels": (lambda: kg.Autoregressive(plain_dense()), "network"),
        "a network of the pixel itself": (lambda: kg.Autoregressive(pointwise()), "network"),
        "outputs": (lambda: gray(likelihood="categorical", levels=2), "network"),
        "bits of another range": (lambda: gray(value_range=(-1, 1)), "value_range"),
        "levels without a range": (
            lambda: gray(likelihood="logistic_mixture", value_range=None), "value_range"
        ),
        "no condition": (lambda: gray(condition=3), "network"),
        "blocks of levels": (lambda: gray(block=2), "block"),
        "blocks of another size": (lambda: kg.Autoregressive(in_blocks(), "bit_patterns", block=3), "block"),
        "no shift": (lambda: gray(shifts=1), "network"),
        "shift and condition": (lambda: gray(shifts=1, condition=3), "shifts"),
        "part of a block": (
            lambda: model(in_blocks(), **BLOCKS).inpaint(X[:1, :2, [0] * 4], np.eye(4)[:1, :, None]), "mask"
        ),
        "a hole": (lambda: gray().inpaint(X, MASK - np.eye(3)[..., None]), "mask"),
        "gray mask": (lambda: gray().inpaint(X, 0.5 * MASK), InvalidDataError, "mask"),
        "part of a pixel": (
            lambda: DRAWN["mixture"]().inpaint(COLORS, [1, 0, 0] * np.eye(2)[:1, :, None]),
            "mask",
        ),
    }
)  # fmt: skip
