"""Models of sequences: causality, exact probabilities, drawing with caches, prompts."""

import functools
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import refusals

import kerasgen as kg
from kerasgen import spaces
from kerasgen.errors import InvalidDataError
from kerasgen.ops import rng
from kerasgen.samplers.truncation import truncated

language = kg.networks.language
eagerly = pytest.mark.usefixtures("eagerly")
NETWORKS = {  # of V and a length
    "lstm": functools.partial(language.recurrent, width=4, units=5, depth=2),
    "gru": functools.partial(language.recurrent, width=4, units=5, cell="gru"),
    "transformer": functools.partial(language.transformer, width=8, depth=2, heads=2),
}
networks = pytest.mark.parametrize("name", NETWORKS)
ABC = spaces.Characters("abc", 5)


@functools.cache
def network(name, size=4, length=5, **options):
    """A network whose weights are all at random: none is 0."""
    made, random = NETWORKS[name](size, length, **options), np.random.default_rng(0)
    made.set_weights([0.7 * random.normal(size=w.shape) for w in made.get_weights()])
    return made


def model(name="gru", event=ABC, condition=None, **options):
    made = network(name, event.vocabulary, event.shape[0], **options)
    return kg.SequenceModel(made, event, condition, seed=0)


def every(size, length):
    """All sequences of `length` tokens below `size`."""
    return np.array(list(itertools.product(range(size), repeat=length)), "int32")


# Probabilities.


@eagerly
@networks
def test_probabilities_of_all_sequences_add_up_to_one(name):
    made = model(name, spaces.Tokens(5, 4))
    nats = made.log_prob(every(4, 5)).astype("float64")
    assert np.exp(nats).sum() == pytest.approx(1, abs=1e-5) and nats.std() > 0.1


@eagerly
@pytest.mark.parametrize("lengths", [None, (2, 5), (5,)], ids=str)
def test_probabilities_of_all_texts_of_their_lengths_add_up_to_one(lengths):
    made = model(event=spaces.Characters("abc", 5, lengths))
    counts = made.event.counts
    texts = ["".join(row) for count in counts for row in itertools.product("abc", repeat=count)]
    assert np.exp(made.log_prob(texts).astype("float64")).sum() == pytest.approx(1, abs=1e-5)


@eagerly
def test_log_prob_adds_up_what_every_token_has_and_the_loss_is_minus_its_weighted_mean():
    made = model()
    made.compile("sgd", jit_compile=False)
    x = np.array(["a", "bca", "ccccc"])
    each = made.token_log_prob(x)
    assert (each[0, 2:] == 0).all() and (each[0, :2] < 0).all() and (each[2] < 0).all()
    np.testing.assert_allclose(each.sum(axis=1), made.log_prob(x), rtol=1e-6)
    weight = np.array([0.5, 2, 1], "float32")
    loss = made.train_step((tf.constant(made.event.check(x, "x")), None, tf.constant(weight)))["loss"]
    assert float(loss) == pytest.approx(-(weight * each.sum(axis=1)).mean(), rel=1e-5)


# Causality.


@eagerly
@networks
def test_logits_follow_from_the_tokens_before_them_and_from_all_of_them(name):
    """By differentiation with respect to the vectors of the tokens."""
    net = network(name, 4, 6)
    h = next(one for one in net.layers if isinstance(one, kg.layers.stepwise.PositionEmbedding)).output
    tail = keras.Model(h, net.outputs[0])
    x = tf.random.stateless_normal((6, 6, h.shape[-1]), (0, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(tail(x) * [1.0, -2.0, 3.0, 0.5], axis=-1)
        own = tf.linalg.diag_part(y)  # output i of row i
    found = np.abs(tape.gradient(own, x).numpy()).sum(axis=-1)
    earlier = np.tri(6, dtype=bool)
    assert (found[~earlier] == 0).all() and (found[earlier] > 0).all()


def of_all_tokens():
    x = keras.Input((5,), dtype="int32")
    h = keras.layers.Embedding(5, 3)(x)
    return keras.Model(x, keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True))(h)[..., 4:])


# Drawing.


def stepwise(made, tokens, conditions=()):
    """Logits of tokens (batch, time), told one by one."""
    steps = made.stepped
    once = steps.once(conditions)
    caches, found = steps.start(len(tokens), once), []
    for at in range(tokens.shape[1]):
        logits, caches = steps.step(tf.constant(tokens[:, at]), tf.constant(at), once, caches)
        found.append(logits)
    return np.stack(found, axis=1)


@eagerly
@networks
@pytest.mark.parametrize("labels", [False, True], ids=("plain", "labels"))
def test_a_step_with_a_cache_is_the_whole_pass(name, labels):
    made = model(name, condition=3, num_classes=3) if labels else model(name)
    tokens = np.random.default_rng(0).integers(5, size=(3, 5)).astype("int32")
    given = (tf.constant([0, 3, 1]),) if labels else ()
    whole = made.network([tf.constant(tokens), *given] if labels else tokens)
    np.testing.assert_allclose(stepwise(made, tokens, given), whole, atol=1e-5)


@eagerly
@pytest.mark.long
def test_keys_are_kept_beyond_those_of_the_last_steps():
    made = model("transformer", spaces.Tokens(70, 4))
    tokens = np.random.default_rng(0).integers(5, size=(2, 70)).astype("int32")
    np.testing.assert_allclose(stepwise(made, tokens), made.network(tf.constant(tokens)), atol=2e-5)


@eagerly
def test_cached_drawing_is_drawing_by_whole_passes():
    made = model("transformer", spaces.Characters("abc", 5, (1, 2, 3, 5)))
    expected = made.sample(20, seed=7)
    made.stepped = None
    found = made.sample(20, seed=7)
    assert np.array_equal(found, expected) and len(np.unique(found, axis=0)) > 5
    counts = set((found > 0).sum(axis=1))
    assert counts <= {1, 2, 3, 5} and len(counts) > 1


def test_texts_are_drawn_as_often_as_they_are_probable():
    made = model(event=spaces.Characters("ab", 3))
    texts = ["".join(row) for count in (1, 2, 3) for row in itertools.product("ab", repeat=count)]
    p = np.exp(made.log_prob(texts))
    drawn = made.event.texts(made.sample(4000, seed=3))
    counts = np.array([drawn.count(text) for text in texts])
    assert counts.sum() == 4000
    assert (np.abs(counts - 4000 * p) < 4 * np.sqrt(4000 * p * (1 - p)) + 1).all()


def test_prompts_are_kept_and_what_goes_on_from_the_head_of_a_sample_is_the_sample():
    made = model()
    texts = made.event.texts(made.sample(6, seed=7))
    heads = [text[: 1 + row % 3] if len(text) > 3 else text[:1] for row, text in enumerate(texts)]
    assert made.event.texts(made.complete(heads, seed=7)) == texts
    asked = made.event.texts(made.sample(6, seed=7, prompt="ca"))
    assert all(text.startswith("ca") for text in asked) and len(set(asked)) > 1
    assert asked == made.event.texts(made.complete(["ca"] * 6, seed=7))


# Narrower distributions.


@eagerly
def test_top_k_and_top_p_keep_the_most_probable_tokens_and_temperature_divides():
    p = np.array([[0.1, 0.4, 0.2, 0.3]])
    kept = lambda **options: np.asarray(
        tf.nn.softmax(truncated(tf.constant(np.log(p), "float32"), **options))
    )
    np.testing.assert_allclose(kept(top_k=2), [[0, 4 / 7, 0, 3 / 7]], atol=1e-6)
    np.testing.assert_allclose(kept(top_p=0.7), [[0, 4 / 7, 0, 3 / 7]], atol=1e-6)
    np.testing.assert_allclose(kept(top_p=0.71), [[0, 4 / 9, 2 / 9, 3 / 9]], atol=1e-6)
    np.testing.assert_allclose(kept(top_p=0.001), [[0, 1, 0, 0]], atol=1e-6)
    np.testing.assert_allclose(kept(top_k=3, top_p=0.5), [[0, 4 / 7, 0, 3 / 7]], atol=1e-6)  # 4/9 < 1/2
    np.testing.assert_allclose(kept(temperature=0.5), p**2 / (p**2).sum(), atol=1e-6)
    np.testing.assert_allclose(kept(top_k=tf.constant([4]), top_p=tf.constant([1.0])), p, atol=1e-6)


def test_no_option_leaves_what_the_others_draw():
    made = model()
    plain = made.sample(8, seed=7)
    assert np.array_equal(made.sample(8, seed=7, top_k=4, top_p=1.0, temperature=1), plain)
    assert len(np.unique(made.sample(8, seed=7, top_k=1), axis=0)) == 1


# Served.


def test_texts_come_back_from_prompts_as_in_python(tmp_path):
    made = model(condition=3, num_classes=3)
    made.export(tmp_path / "1", max_rows=8)
    serve = tf.saved_model.load(tmp_path / "1").signatures["complete"]
    prompts, label = ["a", "cb", "bbca"], np.array([0, 2, 1], "int32")
    given = {"temperature": np.float32([0.5] * 3), "top_k": np.int32([3] * 3), "top_p": np.float32([0.9] * 3)}
    rows = {"seed": rng.row_seeds(7, 3), "prompt": tf.constant(prompts), "label": label} | given
    answer = serve(**{name: tf.constant(value) for name, value in rows.items()})
    options = {"temperature": 0.5, "top_k": 3, "top_p": 0.9}
    expected = made.complete(prompts, seed=7, condition=label, **options)
    assert np.array_equal(answer["samples"], expected)
    assert [text.decode() for text in answer["text"].numpy()] == made.event.texts(expected)
    alone = serve(**{name: tf.constant(value[1:2]) for name, value in rows.items()})
    assert np.array_equal(alone["samples"], expected[1:2])
    with pytest.raises(tf.errors.InvalidArgumentError, match="prompt"):
        serve(
            **{name: tf.constant(value) for name, value in rows.items()} | {"prompt": tf.constant(["x"] * 3)}
        )


def plain(event, condition=None):
    return kg.SequenceModel(network("gru"), event, condition)


TOKENS = spaces.Tokens(5, 4)
test_what_does_not_go_together_is_refused = refusals(
    {
        "a network of all tokens": (lambda: kg.SequenceModel(of_all_tokens(), TOKENS), "network"),
        "another number of tokens": (lambda: plain(spaces.Tokens(5, 3)), "network"),
        "another length": (lambda: plain(spaces.Tokens(6, 4)), "network"),
        "no condition": (lambda: plain(TOKENS, 3), "network"),
        "images": (lambda: plain(spaces.Box((5,))), TypeError, "event"),
        "unknown characters": (lambda: model().sample(1, prompt="ax"), InvalidDataError, "prompt"),
        "no prompt": (lambda: model().sample(1, prompt=""), InvalidDataError, "prompt"),
        "a long prompt": (lambda: model().sample(1, prompt="aaaaa"), InvalidDataError, "prompt"),
        "no tokens": (lambda: model(event=TOKENS).sample(1, prompt=[]), "prompt"),
        "many tokens": (lambda: model(event=TOKENS).sample(1, prompt=[1] * 5), "prompt"),
        "prompts": (lambda: model().complete(["a", "ax"]), InvalidDataError, "prompts"),
        "cold": (lambda: model().sample(1, temperature=0), "temperature"),
        "no probability": (lambda: model().sample(1, top_p=0), "top_p"),
        "too much": (lambda: model().sample(1, top_p=1.01), "top_p"),
        "none of them": (lambda: model().sample(1, top_k=0), "top_k"),
    }
)  # fmt: skip


def test_unknown_characters_are_named():
    with pytest.raises(InvalidDataError, match="'x', '床'"):
        model().log_prob(["axb床"])


# Beam search.


def brute(made, condition=None):
    """The most probable of all sequences, and its nats."""
    x = every(4, 4)
    nats = made.log_prob(x, condition)
    return x[nats.argmax()], nats.max()


SHORT = spaces.Tokens(4, 4)


@eagerly
def test_the_widest_beam_finds_the_most_probable_sequence_and_the_narrowest_is_greedy():
    made = model("lstm", SHORT, 3, num_classes=3)
    for label in range(3):
        best, nats = brute(made, label)
        found, of_found = made.beam_search(4**3, condition=[label])
        assert np.array_equal(found[0], best) and of_found[0] == pytest.approx(nats, abs=1e-4)
    found, of_found = made.beam_search(1, condition=[0, 1, 2])
    for label in range(3):
        greedy = made.sample(1, seed=0, condition=label, top_k=1)
        assert np.array_equal(found[label : label + 1], greedy)
    np.testing.assert_allclose(of_found, made.log_prob(found, [0, 1, 2]), atol=1e-4)


@eagerly
def test_no_beam_falls_below_the_greedy_path():
    """A plain beam does on some of so many random models."""
    random = np.random.default_rng(0)
    made = model("gru", SHORT, 40, num_classes=40)
    made.network.set_weights([1.5 * random.normal(size=w.shape) for w in made.network.get_weights()])
    labels = np.arange(40)
    _, floor = made.beam_search(1, condition=labels)
    for width in (2, 3):
        assert (made.beam_search(width, condition=labels)[1] >= floor - 1e-5).all()


@eagerly
def test_a_beam_keeps_prompts_and_the_forms_of_texts():
    made = model("transformer", spaces.Characters("abc", 5, (2, 5)))
    found, nats = made.beam_search(200, ["c", "ba", "abca"])
    assert [text[:at] for text, at in zip(made.event.texts(found), (1, 2, 4), strict=True)] == [
        "c",
        "ba",
        "abca",
    ]
    np.testing.assert_allclose(nats, made.log_prob(found), atol=1e-4)
    texts = ["".join(row) for count in (2, 5) for row in itertools.product("abc", repeat=count)]
    every_nats = made.log_prob(texts)
    for prompt, best in zip(("c", "ba", "abca"), nats, strict=True):
        begun = [one for text, one in zip(texts, every_nats, strict=True) if text.startswith(prompt)]
        assert best == pytest.approx(max(begun), abs=1e-4)


def test_a_beam_for_a_single_prompt_is_one_graph():
    """Whose number of rows is known when it is made."""
    made = model("lstm")
    found, nats = made.beam_search(1, ["a"])
    assert made.event.texts(found)[0].startswith("a")
    np.testing.assert_allclose(nats, made.log_prob(found), atol=1e-5)


# Scheduled sampling.

forcing = kg.objectives.teacher_forcing


def test_schedules_are_those_of_the_paper():
    assert [float(forcing.Linear(0.1, 0.25)(i)) for i in (0, 5, 9)] == pytest.approx([1, 0.5, 0.25])
    assert [float(forcing.Exponential(0.9)(i)) for i in (0, 2)] == pytest.approx([1, 0.81])
    sigmoid = forcing.InverseSigmoid(10)
    assert [float(sigmoid(i)) for i in (0, 20)] == pytest.approx([10 / 11, 10 / (10 + np.exp(2))])
    assert float(sigmoid(10**6)) == 0


def pairs(schedule):
    """A model of pairs whose network is a table of logits, trained on x2 = x1 in nine of ten."""
    x = keras.Input((2,), dtype="int32")
    network = keras.Model(x, keras.layers.Embedding(3, 2, embeddings_initializer="zeros")(x))
    made = kg.SequenceModel(network, spaces.Tokens(2, 2), schedule=schedule, seed=0)
    made.compile(kg.training.decaying_adam(0.2, 150), jit_compile=False)
    first = np.arange(400) % 2
    x = np.stack([first, np.where(np.arange(400) % 20 < 18, first, 1 - first)], axis=1).astype("int32")
    made.fit(kg.data.from_arrays(x, batch_size=400), epochs=150, verbose=0)
    return np.exp(made.token_log_prob(np.int32([[0, 0], [1, 0]])))[:, 1]


@pytest.mark.long
def test_without_true_tokens_a_network_learns_the_marginal_and_not_what_follows():
    """Its optimum does not know x1, which is drawn anew: p(x2 = 0) = 1/2, not 0.9 and 0.1."""
    np.testing.assert_allclose(pairs(None), [0.9, 0.1], atol=0.01)
    np.testing.assert_allclose(pairs(forcing.Exponential(1.0)), [0.9, 0.1], atol=0.01)
    np.testing.assert_allclose(pairs(forcing.Exponential(0.0)), [0.5, 0.5], atol=0.05)
