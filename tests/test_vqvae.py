"""The codebook against brute force and k-means; the VQ-VAE's losses, codes and doors."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import computing_in, equal, noise, refusals, state

import kerasgen as kg
from kerasgen import weights
from kerasgen.errors import InvalidDataError
from kerasgen.layers import codebook
from kerasgen.layers.codebook import Codebook
from kerasgen.ops import rng

networks = kg.networks.vqvae
SHAPE = (8, 8, 1)
X = noise(12)
KEY = rng.key(0)


def toy(jit_compile=False, optimizer=None, width=4, **arguments):
    """A small VQ-VAE for images of 8x8 pixels, codes of 2x2, compiled."""
    model = kg.VQVAE(
        networks.encoder(SHAPE, 2, width, blocks=1),
        networks.decoder(SHAPE, 2, width, blocks=1),
        **{"num_embeddings": 5, "seed": 0} | arguments,
    )
    model.compile(optimizer or kg.training.FusedAdam(1e-3), jit_compile=jit_compile)
    return model


def plain(vectors, **arguments):
    """A VQ-VAE whose networks hand through grids of 2x2 vectors, with a book that is given."""
    grid = (2, 2, len(vectors[0]))
    identity = lambda: keras.Sequential([keras.Input(grid), keras.layers.Identity()])
    model = kg.VQVAE(
        identity(), identity(), num_embeddings=len(vectors), value_range=None, seed=0, **arguments
    )
    model.codebook.layers[-1].vectors.assign(vectors)
    return model


def book_of(vectors, grid=(1,), shares=None, **arguments):
    """A built `Codebook` with the given vectors, all used alike."""
    vectors = np.asarray(vectors, "float32")
    book = Codebook(len(vectors), **arguments)
    book.build((None, *grid, vectors.shape[1]))
    book.vectors.assign(vectors)
    book.shares.assign(np.full(len(vectors), 1 / len(vectors)) if shares is None else shares)
    return book


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


# The codebook.


def test_nearest_code_is_that_of_brute_force():
    vectors, z = normal(37, 4), 2 * normal(6, 3, 5, 4, seed=1)
    squares = ((z[..., None, :] - vectors) ** 2).sum(-1)
    codes = book_of(vectors, grid=(3, 5))(z)
    np.testing.assert_array_equal(codes, squares.argmin(-1))
    assert codes.dtype == "int32" and codes.shape == (6, 3, 5)


def test_gradient_passes_straight_through():
    """The gradient at z of anything after the rounding is its gradient at e; none reaches the book."""
    z, vectors = tf.constant(normal(6, 2)), tf.Variable(normal(6, 2, seed=1))
    after = lambda e: tf.reduce_sum(tf.sin(e) * e[:, ::-1] ** 2)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(z)
        e = tf.identity(vectors)
        rounded = codebook.straight_through(z, e)
        through, at_e = after(rounded), after(e)
    np.testing.assert_allclose(rounded, e, atol=1e-6)
    np.testing.assert_allclose(tape.gradient(through, z), tape.gradient(at_e, e), rtol=1e-5)
    assert tape.gradient(through, vectors) is None


def test_a_step_of_the_book_is_that_of_the_appendix():
    vectors, shares, decay = np.float32([[0, 0], [4, 4]]), np.float32([0.75, 0.25]), 0.8
    z = np.float32([[1, 0], [0, 1], [1, 1], [5, 3]])
    book = book_of(vectors, shares=shares, decay=decay)
    codes = book(z[:, None])
    np.testing.assert_array_equal(codes, [[0], [0], [0], [1]])
    book.update(z[:, None], codes, KEY)
    counts = decay * shares + 0.2 * np.array([3, 1]) / 4
    sums = decay * shares[:, None] * vectors + 0.2 * np.array([[2, 2], [5, 3]]) / 4
    np.testing.assert_allclose(book.shares, counts, rtol=1e-6)
    np.testing.assert_allclose(book.vectors, sums / counts[:, None], rtol=1e-4)  # smoothing: 1e-5
    np.testing.assert_allclose(book.cells, decay / 2 + 0.2 * np.array([[3, 1]]) / 4, rtol=1e-6)


def test_book_finds_the_means_of_separate_clusters():
    """As Lloyd's algorithm does from the same start: the mean of each cluster is a fixed point."""
    centres = np.float32([[0, 0], [10, 0], [0, 10], [-10, -10]])
    label = np.random.default_rng(2).choice(4, 400, p=[0.1, 0.2, 0.3, 0.4])
    z = (centres[label] + normal(400, 2))[:, None]
    book = book_of(centres + 2, decay=0.9)
    follow = tf.function(lambda: book.update(tf.constant(z), book(z), KEY))
    for _ in range(150):
        follow()
    means = np.stack([z[label == k, 0].mean(0) for k in range(4)])
    np.testing.assert_allclose(book.vectors, means, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(book.shares, np.bincount(label) / 400, atol=1e-5)
    np.testing.assert_allclose(book.cells[0], book.shares, atol=1e-5)


def test_book_follows_fresh_draws_to_within_their_noise():
    """An average of decay 0.95 over batches of 100 points has the variance 0.05 / 1.95 / 100."""
    centres = np.float32([[-5, 0], [5, 0]])
    book = book_of(centres * 1.3, decay=0.95)
    follow = tf.function(lambda z: book.update(z, book(z), KEY))
    for step in range(200):
        follow(tf.constant((np.repeat(centres, 100, axis=0) + normal(200, 2, seed=step))[:, None]))
    assert np.abs(book.vectors - centres).max() < 4 * math.sqrt(0.05 / 1.95 / 100)


def test_dead_codes_start_again_at_points_of_the_batch():
    z = normal(50, 1, 2)
    book = book_of([[0, 0], [100, 100], [200, 200]], decay=0.5, restart=0.3)
    follow = lambda: book.update(z, tf.zeros((50, 1), "int32"), KEY)
    follow()
    np.testing.assert_allclose(book.shares, [2 / 3, 1 / 6, 1 / 6], rtol=1e-5)
    np.testing.assert_allclose(book.vectors[1:], [[100, 100], [200, 200]], rtol=1e-3)
    follow()  # shares of 1/12 < 0.3 / 3: restarted with 1/3, and 5/6 for the first
    np.testing.assert_allclose(book.shares, np.array([5 / 6, 1 / 3, 1 / 3]) / 1.5, rtol=1e-5)
    assert all((z[:, 0] == vector).all(-1).any() for vector in np.array(book.vectors)[1:])
    np.testing.assert_allclose(book.vectors[0], z.mean((0, 1)) * 0.9, atol=1e-4)  # 3/4 of it after two


def test_first_batch_makes_the_book():
    model = toy(num_embeddings=20)
    before = np.array(model.codebook.layers[-1].vectors)
    z = np.array(model.encoder(X)).reshape(-1, 2)
    model.train_step(tf.constant(X))
    book = model.codebook.layers[-1]
    after = np.array(book.vectors)
    assert not (before == after).all(-1).any()
    assert (after >= z.min(0) - 1e-4).all() and (after <= z.max(0) + 1e-4).all()
    np.testing.assert_allclose(np.sum(book.shares), 1, rtol=1e-5)


def test_perplexity_counts_the_codes_in_use():
    for used in (1, 3, 8):
        codes = np.arange(240).reshape(10, 24) % used
        np.testing.assert_allclose(codebook.perplexity(codes, 8), used, rtol=1e-5)
    uneven = codebook.perplexity(np.minimum(np.arange(12), 3).reshape(3, 4), 8)
    p = np.array([1, 1, 1, 9]) / 12
    np.testing.assert_allclose(uneven, np.exp(-(p * np.log(p)).sum()), rtol=1e-5)


def test_cells_draw_their_own_codes_as_often_as_they_had_them():
    law = np.float32([[0.2, 0, 0.8, 0], [0, 0, 0, 3], [0, 0.5, 0, 0.5]])  # any scale
    model = plain(normal(4, 2))
    book = model.codebook.layers[-1]
    book.cells.assign(law[[0, 1, 2, 0]].reshape(2, 2, 4))
    draw = tf.function(model.draw_prior)
    codes = np.array(draw(model.row_keys(4000, 0))).reshape(4000, 4)
    for cell, p in enumerate((law / law.sum(1, keepdims=True))[[0, 1, 2, 0]]):
        frequency = np.bincount(codes[:, cell], minlength=4) / 4000
        assert (frequency[p == 0] == 0).all()
        assert (np.abs(frequency - p) <= 4 * np.sqrt(p * (1 - p) / 4000)).all()
    together = ((codes[:, 0] == 0) & (codes[:, 3] == 0)).mean()  # independent
    assert abs(together - 0.04) < 4 * math.sqrt(0.04 * 0.96 / 4000)


# The prior.


def with_prior(spread=0.7, **arguments):
    """A VQ-VAE of 2x2 cells and 3 codes with a causal network over them, its weights at random if spread."""
    prior = kg.networks.pixelcnn.gated_pixelcnn((2, 2), 3, width=8, blocks=1, hidden=16, vocabulary=3)
    random = np.random.default_rng(0)
    if spread:
        prior.set_weights([spread * random.normal(size=w.shape) for w in prior.get_weights()])
    vectors = np.float32([[0, 0], [4, 0], [0, 4]])
    return plain(vectors, prior=prior, **arguments)


ALL_CODES = np.stack(np.meshgrid(*[range(3)] * 4, indexing="ij"), -1).reshape(-1, 2, 2).astype("int32")


def test_the_prior_is_a_distribution_from_which_samples_are_drawn():
    model = with_prior()
    p = np.exp(model.log_prob_of_codes(ALL_CODES).astype("float64"))
    assert p.sum() == pytest.approx(1, abs=1e-5)
    draw = tf.function(model.draw_prior, autograph=False)
    codes = np.array(draw(model.row_keys(4000, 0))).reshape(4000, 4) @ [27, 9, 3, 1]
    frequency = np.bincount(codes, minlength=81) / 4000
    assert (np.abs(frequency - p) < 4 * np.sqrt(p * (1 - p) / 4000) + 1 / 4000).all()
    np.testing.assert_array_equal(model.sample(3, seed=7), model.decode(draw(model.row_keys(3, 7)).numpy()))


def test_factorized_nats_are_those_of_the_cells():
    model = plain(np.float32([[0, 0], [4, 0], [0, 4]]))
    cells = np.random.default_rng(0).uniform(size=(2, 2, 3)).astype("float32")
    model.codebook.layers[-1].cells.assign(cells)
    p = cells / cells.sum(-1, keepdims=True)
    expected = [sum(np.log(p[i, j, z[i, j]]) for i in range(2) for j in range(2)) for z in ALL_CODES]
    np.testing.assert_allclose(model.log_prob_of_codes(ALL_CODES), expected, rtol=1e-5)


def test_the_prior_learns_and_the_autoencoder_stands_still():
    """Two patterns of codes: ln 2 nats, where cells by themselves cost 4 ln 2."""
    model = with_prior(spread=0, ema=0.9)
    grids = np.int32([[[0, 1], [1, 2]], [[1, 0], [2, 1]]])[np.arange(200) % 2]
    x = np.array(model.codebook.layers[-1].lookup(grids))
    for network in model.components()["codebook"]:
        cells = np.stack([(grids == k).mean(0) for k in range(3)], -1)
        network.layers[-1].cells.assign(cells)
    model.compile(kg.training.decaying_adam(2e-2, 200), jit_compile=False)
    before = [np.array(w) for player in players(model) for w in player.weights]
    step = tf.function(model.train_step, autograph=False)
    for _ in range(200):
        step(tf.constant(x[:20]))
    found = model.evaluate(x, verbose=0, return_dict=True)
    assert found["loss"] == pytest.approx(np.log(2), abs=0.05)
    assert found["factorized"] == pytest.approx(4 * np.log(2), abs=0.01)
    assert equal(before, [np.array(w) for player in players(model) for w in player.weights])


# The model.


def players(model):
    return model.encoder, model.codebook, model.decoder


def test_loss_is_equation_3():
    vectors = np.float32([[0, 0, 0], [1, 1, 1]])
    x = np.float32(np.random.default_rng(0).uniform(-1, 2, (6, 2, 2, 3)))
    e = vectors[(x.sum(-1) > 1.5).astype(int)]  # the plane half-way
    squares = ((x - e) ** 2).sum((1, 2, 3)).mean()
    for beta in (0.0, 0.25, 2.0):
        model = plain(vectors, commitment=beta)
        terms = {k: float(v) for k, v in model.objective(x, *players(model))[0].items()}
        np.testing.assert_allclose(terms["distortion"], squares, rtol=1e-5)
        np.testing.assert_allclose(terms["commitment"], squares, rtol=1e-5)
        np.testing.assert_allclose(terms["loss"], (1 + beta) * squares, rtol=1e-5)
        assert 1 <= terms["perplexity"] <= 2


def test_encoder_learns_by_the_gradient_at_the_code():
    """d loss / d z = d distortion / d e + 2 beta (z - e), with the distortion's taken at e."""
    model, x = toy(commitment=0.5), tf.constant(X)
    model.train_step(x)  # makes the book
    z = model.encoder(x)
    e = model.codebook.layers[-1].lookup(model.codebook(z))
    with tf.GradientTape() as tape:
        tape.watch(e)
        distortion = tf.reduce_sum((x - model.decoder(e)) ** 2) / len(X)
    at_e = tape.gradient(distortion, e) + 2 * 0.5 * (z - e) / len(X)
    with tf.GradientTape() as tape:
        z = model.encoder(x)
    expected = tape.gradient(z, model.encoder.trainable_variables, output_gradients=at_e)
    with tf.GradientTape() as tape:
        terms, *_ = model.objective(x, *players(model))
    found = tape.gradient(terms["loss"], model.encoder.trainable_variables)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


@pytest.mark.long
def test_patterns_are_told_apart_and_made_again():
    """Images whose four quarters are each one of three patterns: three codes are enough."""
    patterns = np.random.default_rng(0).choice([-0.8, 0.8], (3, 4, 4)).astype("float32")
    which = np.random.default_rng(1).integers(0, 3, (6000, 2, 2))
    x = patterns[which].transpose(0, 1, 3, 2, 4).reshape(-1, 8, 8, 1)
    encoder = keras.Sequential([keras.Input(SHAPE), keras.layers.Conv2D(3, 4, 4)])
    decoder = keras.Sequential([keras.Input((2, 2, 3)), keras.layers.Conv2DTranspose(1, 4, 4)])
    model = kg.VQVAE(encoder, decoder, num_embeddings=6, seed=0, ema=0.9)
    model.compile(kg.training.FusedAdam(1e-2), jit_compile=False)
    before = model.evaluate(x[:500], verbose=0, return_dict=True)
    model.fit(x, batch_size=50, epochs=6, verbose=0)
    after = model.evaluate(x[:500], verbose=0, return_dict=True)
    assert after["distortion"] < 0.05 * before["distortion"]
    assert 2.5 < after["perplexity"] <= 6
    cells = model.encode(x[:500])
    for code in np.unique(cells):  # one pattern each
        assert len(np.unique(which[:500][cells == code])) == 1
    quarters = model.sample(50, seed=0).reshape(50, 2, 4, 2, 4).transpose(0, 1, 3, 2, 4).reshape(-1, 1, 16)
    nearest = np.abs(quarters - patterns.reshape(1, 3, 16)).max(-1).min(-1)
    assert np.median(nearest) < 0.3


def test_codes_go_there_and_back():
    model = toy(value_range=(-0.1, 0.1))
    x = X / 10
    model.train_step(tf.constant(x))
    z = model.encode(x)
    assert z.shape == (12, 2, 2) and z.dtype == np.int32 and 0 <= z.min() <= z.max() < 5
    np.testing.assert_allclose(model.reconstruct(x), model.decode(z), atol=1e-6)
    np.testing.assert_allclose(model.predict(x, verbose=0), model.decode(z), atol=1e-6)
    np.testing.assert_allclose(model.decode(z.astype("int64")[:1]), model.decode(z)[:1], atol=1e-6)
    assert np.abs(model.decode(z)).max() <= np.float32(0.1)
    drawn = model.draw_prior(model.row_keys(4, 7))
    np.testing.assert_allclose(model.decode(np.array(drawn)), model.sample(4, seed=7), atol=1e-6)


def test_paths_step_from_vector_to_nearest_vector():
    model = plain(np.float32([[0, 0], [1, 0.1], [2, 0], [9, 9]]))
    start, end = np.zeros((3, 2, 2), "int32"), np.full((3, 2, 2), 2, "int32")
    path = np.array(model.path(start, end, 5))
    assert path.shape == (3, 5, 2, 2)
    np.testing.assert_array_equal(path[:, 0], start)
    np.testing.assert_array_equal(path[:, 2], np.ones((3, 2, 2)))
    np.testing.assert_array_equal(path[:, -1], end)


@pytest.mark.long
def test_served_codes_are_python_s(tmp_path):
    model = toy()
    model.train_step(tf.constant(X))
    model.export(tmp_path / "1")
    serve = tf.saved_model.load(tmp_path / "1").signatures
    z = model.encode(X)
    answer = serve["encode"](x=tf.constant(X))["codes"]
    assert answer.dtype == tf.int32
    np.testing.assert_array_equal(answer, z)
    np.testing.assert_allclose(serve["decode"](z=tf.constant(z))["samples"], model.decode(z), atol=1e-5)
    np.testing.assert_allclose(
        serve["reconstruct"](x=tf.constant(X))["samples"], model.reconstruct(X), atol=1e-5
    )
    for wrong in (z - 5, z + 5):
        with pytest.raises(tf.errors.InvalidArgumentError, match="`z` must be from 0 to 4"):
            serve["decode"](z=tf.constant(wrong))


def test_averages_follow_networks_and_book():
    model = toy(ema=0.5)
    start = [np.array(w) for w in model.average_codebook.weights]
    model.fit(X, batch_size=12, verbose=0)
    decay = np.float32(min(0.5, 2 / 11))
    for old, new, now in zip(start, model.codebook.weights, model.average_codebook.weights, strict=True):
        np.testing.assert_allclose(now, new + decay * (old - new), atol=1e-6)
    assert [len(networks) for networks in model.components().values()] == [2, 2, 2]


@pytest.mark.parametrize("ema", [None, 0.9])
def test_weights_ship_with_the_book_and_its_counts(ema, tmp_path):
    path = str(tmp_path / "toy.weights.h5")
    model, other = toy(ema=ema), toy(ema=ema)
    model.train_step(tf.constant(X))
    fields = dict.fromkeys(("command", "data", "machine", "date"), "") | {"parameters": {}, "versions": {}}
    fields |= dict.fromkeys(("seed", "epochs", "steps", "minutes"), 0)
    record = kg.Record(name="toy", **fields, **weights.save(model, path, half=False))
    weights.load(other, path, record)
    assert equal(model.average_codebook.get_weights(), other.codebook.get_weights())
    np.testing.assert_array_equal(model.encode(X), other.encode(X))
    np.testing.assert_array_equal(model.sample(5, seed=0), other.sample(5, seed=0))


@pytest.mark.long
def test_config_and_files_keep_every_argument(tmp_path):
    model = toy(num_embeddings=7, commitment=0.5, decay=0.9, restart=0.1, ema=0.9, value_range=(-2.0, 1.0))
    model.fit(X, batch_size=6, verbose=0)
    model.save(tmp_path / "model.keras")
    other = keras.models.load_model(tmp_path / "model.keras")
    assert equal(state(model), state(other))
    skip = ("encoder", "decoder")
    left, right = ({k: v for k, v in m.get_config().items() if k not in skip} for m in (model, other))
    assert left == right
    assert (other.codebook.layers[-1].decay, other.codebook.layers[-1].restart) == (0.9, 0.1)


@pytest.mark.long
def test_jit_compiled_steps_agree_with_plain_ones():
    models = [toy(jit, keras.optimizers.SGD(1e-3)) for jit in (False, True)]
    models[1].set_weights(models[0].get_weights())
    for model in models:
        model.fit(X, batch_size=6, epochs=2, shuffle=False, verbose=0)
    for a, b in zip(models[0].weights, models[1].weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_trains(policy):
    with computing_in(policy):
        model = toy(ema=0.9)
    scaled = isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert scaled == (policy == "mixed_float16")
    for _ in range(2):
        logs = model.train_step(tf.constant(X))
    assert np.isfinite(float(logs["loss"])) and model.sample(2, seed=0).dtype == np.float32


@pytest.mark.parametrize("shape", [(28, 28, 1), (9, 6, 3)])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_networks_take_and_give_images_of_any_size(shape, depth):
    grid = tuple(-(-side // 2**depth) for side in shape[:2])
    encoder, decoder = (make(shape, 3, 2, depth, 1) for make in (networks.encoder, networks.decoder))
    assert encoder.output_shape == (None, *grid, 3) == decoder.input_shape
    assert decoder.output_shape == (None, *shape)


# The doors.

Z = np.zeros((2, 2, 2), "int32")
CALLS = {  # call -> error, argument
    "commitment": (lambda: toy(commitment=-0.1), ValueError, "commitment"),
    "commitment NaN": (lambda: toy(commitment=math.nan), ValueError, "commitment"),
    "codes = 0": (lambda: toy(num_embeddings=0), ValueError, "num_embeddings"),
    "codes a float": (lambda: toy(num_embeddings=8.0), TypeError, "num_embeddings"),
    "decay = 1": (lambda: toy(decay=1.0), ValueError, "decay"),
    "decay < 0": (lambda: toy(decay=-0.1), ValueError, "decay"),
    "restart = 0": (lambda: toy(restart=0.0), ValueError, "restart"),
    "decoder of other codes": (
        lambda: kg.VQVAE(networks.encoder(SHAPE, 2, 4), networks.decoder(SHAPE, 3, 4)),
        ValueError,
        "decoder",
    ),
    "decoder of other images": (
        lambda: kg.VQVAE(networks.encoder(SHAPE, 2, 4), networks.decoder((8, 7, 1), 2, 4)),
        ValueError,
        "decoder",
    ),
    "encoder without a grid": (
        lambda: kg.VQVAE(kg.networks.lenet.classifier(SHAPE, 3, 2, 4), networks.decoder(SHAPE, 2, 4)),
        ValueError,
        "encoder",
    ),
    "a prior of other codes": (lambda: toy(prior=with_prior().prior), ValueError, "prior"),
    "a prior that is none": (lambda: toy(prior=3), TypeError, "prior"),
    "x of wrong shape": (lambda: toy().encode(X[:, :3]), InvalidDataError, "x"),
    "x out of range": (lambda: toy().encode(X * 3), InvalidDataError, "x"),
    "code of wrong shape": (lambda: toy().decode(Z[:, :1]), InvalidDataError, "z"),
    "code of wrong rank": (lambda: toy().decode(Z[0]), InvalidDataError, "z"),
    "code of floats": (lambda: toy().decode(Z.astype("float32")), InvalidDataError, "z"),
    "code of booleans": (lambda: toy().decode(Z.astype(bool)), InvalidDataError, "z"),
    "code too high": (lambda: toy().decode(Z + 5), InvalidDataError, "z"),
    "code negative": (lambda: toy().decode(Z - 1), InvalidDataError, "z"),
    "no code": (lambda: toy().decode(Z[:0]), InvalidDataError, "z"),
    "steps of a path": (lambda: toy().interpolate(2, 1), ValueError, "steps"),
    "label without condition": (lambda: toy().decode(Z, 1), ValueError, "condition"),
}


test_calls_are_refused_by_name = refusals(CALLS)


def test_density_is_not_there():
    with pytest.raises(NotImplementedError):
        toy().log_prob(X)
