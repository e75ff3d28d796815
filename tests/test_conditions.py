"""Texts as conditions: words to numbers, errors that say which words are known, a model that takes them."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import equal, noise, state

import kerasgen as kg
from kerasgen import spaces
from kerasgen.errors import InvalidDataError

CAPTIONS = ("black hair, blue eyes", "white hair, red eyes")
TEXTS = spaces.Text(CAPTIONS)


def test_words_become_numbers():
    """black blue eyes hair red white are 1 to 6."""
    assert TEXTS.words == ("black", "blue", "eyes", "hair", "red", "white")
    numbers = [[1, 4, 2, 3], [5, 0, 0, 0], [0, 0, 0, 0]]
    assert TEXTS.check(["Black hair, BLUE eyes!", " red ", ""], "y", 3).tolist() == numbers
    assert TEXTS.in_graph(tf.constant(["black-hair; blue eyes", "red", ""]), "y").numpy().tolist() == numbers
    assert TEXTS.check(numbers, "y", 3).tolist() == numbers
    assert TEXTS.null(2).numpy().tolist() == [[0] * 4] * 2


@pytest.mark.parametrize(
    "y, message",
    [
        (["green hair"], "Received: green. Known: black, blue, eyes, hair, red, white"),
        (["black hair blue eyes red"], "up to 4 words"),
        (None, "Received: None"),
        (["red", "red"], "shape \\(1,\\)"),
        ([3], "one text an example"),
        ([[7, 0, 0, 0]], "from 0 to 6"),
    ],
)
def test_texts_are_refused_by_name(y, message):
    with pytest.raises(InvalidDataError, match=f"`y`.*{message}"):
        TEXTS.check(y, "y", 1)


@pytest.mark.parametrize("y", [["green hair"], ["black hair blue eyes red"], [[7, 0, 0, 0]]])
def test_graphs_refuse_them_too(y):
    with pytest.raises(tf.errors.InvalidArgumentError, match="black, blue, eyes, hair, red, white"):
        tf.function(lambda y: TEXTS.in_graph(y, "y"))(tf.constant(y))


@pytest.mark.parametrize("captions", [[], ["red", ""], ["red", 3], ["red", "!"]])
def test_captions_are_refused(captions):
    with pytest.raises(ValueError, match="`captions`"):
        spaces.Text(captions)
    with pytest.raises((TypeError, ValueError), match=r"`condition`|`captions`"):
        spaces.as_condition(captions)


def test_the_encoder_reads_words_and_nothing_behind_them():
    arguments = {"width": 8, "depth": 1, "heads": 2}
    encoder = kg.networks.text.encoder(7, 4, **arguments)
    short = kg.networks.text.encoder(7, 1, **arguments)
    whole = zip(encoder.get_weights(), short.weights, strict=True)
    short.set_weights([ours[tuple(map(slice, theirs.shape))] for ours, theirs in whole])
    words = np.array([[1, 4, 2, 3], [5, 0, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_allclose(short(words[1:, :1]), encoder(words[1:]), rtol=1e-4, atol=1e-5)
    assert np.abs(np.diff(encoder(words), axis=0)).max(1).min() > 0.01


def plotter():
    """A perceptron of points that takes texts."""
    inputs = [keras.Input((2,)), keras.Input(()), keras.Input((TEXTS.length,), dtype="int32")]
    x, time, words = inputs
    words = kg.networks.text.encoder(TEXTS.vocabulary, TEXTS.length, width=8, depth=1, heads=2)(words)
    out = keras.layers.Dense(2)(keras.ops.concatenate([x, time[:, None], words], axis=1))
    arguments = {"sampler": "euler", "num_steps": 2, "guidance": 2.0, "value_range": None, "seed": 0}
    model = kg.Diffusion(keras.Model(inputs, out), condition=CAPTIONS, **arguments)
    model.compile(kg.training.FusedAdam(1e-2), jit_compile=False, run_eagerly=True)
    return model


@pytest.mark.long
def test_a_model_is_trained_asked_saved_and_served_by_texts(tmp_path):
    model, x, y = plotter(), noise(8, (2,)), np.array(CAPTIONS * 4)
    model.fit(x, y, batch_size=4, verbose=0, shuffle=False, validation_data=(x, y))
    data = kg.data.from_array(x, y, batch_size=4, value_range=None)
    model.fit(data, verbose=0, validation_data=data)
    asked = model.sample(2, seed=0, condition=CAPTIONS[0])
    assert np.abs(asked - model.sample(2, seed=0, condition=CAPTIONS[1])).max() > 1e-3
    np.testing.assert_allclose(model.sample(2, seed=0, condition=list(CAPTIONS))[0], asked[0], atol=1e-5)
    assert model.sample(3, seed=0).shape == (3, 2)
    with pytest.raises(InvalidDataError, match=r"`condition` has words.*green.*Known: black, blue"):
        model.sample(2, condition="green hair")
    with pytest.raises(InvalidDataError, match=r"`y` has words.*green"):
        model.fit(x, np.array(["green"] * 8), verbose=0)

    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert equal(state(model), state(again))
    np.testing.assert_array_equal(again.sample(2, seed=0, condition=CAPTIONS[0]), asked)

    model.export(str(tmp_path / "served"))
    served = tf.saved_model.load(str(tmp_path / "served")).signatures["serving_default"]
    answer = served(seed=tf.constant([0], "int64"), text=tf.constant([CAPTIONS[0]]))["samples"]
    np.testing.assert_allclose(answer, asked[:1], atol=1e-5)
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="`text` must be up to 4 of the words black, blue"
    ):
        served(seed=tf.constant([0], "int64"), text=tf.constant(["green hair"]))
