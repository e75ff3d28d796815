"""From one sequence to another: attention, sources of any length, answers that are all of the right ones."""

import functools
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import refusals

import kerasgen as kg
from kerasgen import media, spaces
from kerasgen.data import answers as known
from kerasgen.errors import InvalidDataError
from kerasgen.evaluation import answers as evaluation, texts
from kerasgen.layers.reversal import Reversal
from kerasgen.layers.source_attention import SourceAttention
from kerasgen.metrics import answers
from kerasgen.ops import rng

eagerly = pytest.mark.usefixtures("eagerly")
EVENT, SOURCE = spaces.Characters("abc", 4), spaces.Characters("xyz", 5)
ASKED = ["x", "zyx", "xxyyz"]


@functools.cache
def network(cell="gru", shared=False):
    """One whose weights are all at random: none is 0."""
    sizes = {"source_vocabulary": None if shared else 4, "width": 4, "units": 5, "cell": cell}
    made, random = kg.networks.seq2seq.attentive(4, 4, 5, **sizes), np.random.default_rng(0)
    made.set_weights([random.normal(size=w.shape) for w in made.get_weights()])
    return made


def model(cell="gru", event=EVENT, shared=False):
    return kg.SequenceModel(network(cell, shared), event, SOURCE, seed=0)


# Layers.


def test_rows_are_turned_around_up_to_their_ends():
    x = np.arange(1, 9, dtype="float32").reshape(2, 4, 1)
    turned = Reversal()(x, np.int32([3, 4]))[..., 0]
    assert turned.numpy().tolist() == [[3, 2, 1, 4], [8, 7, 6, 5]]


def test_attention_is_its_formula_and_leaves_out_what_is_padding():
    random = np.random.default_rng(0)
    x, memory, lengths = random.normal(size=(2, 3, 4)), random.normal(size=(2, 5, 6)), np.int32([5, 2])
    layer = SourceAttention()
    given = [tf.constant(part, "float32") for part in (x, memory)]
    context, weights = layer(*given, lengths), layer.alignment(*given, lengths).numpy()
    for row, length in enumerate(lengths):
        scores = np.exp(x[row] @ (memory[row, :length] @ layer.kernel.numpy()).T)
        expected = scores / scores.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(weights[row, :, :length], expected, atol=1e-5)
        np.testing.assert_allclose(context[row], expected @ memory[row, :length], atol=1e-5)
        assert (weights[row, :, length:] == 0).all()


# Alignments.


@eagerly
def test_alignments_add_up_to_one_and_are_zero_behind_the_source():
    made = model()
    found = made.alignment(["abc", "c", "ba"], ASKED)
    assert found.shape == (3, 4, 5) and found.dtype == "float32" and made.attends
    np.testing.assert_allclose(found.sum(axis=2), 1, atol=1e-6)
    for row, text in zip(found, ASKED, strict=True):
        assert (row[:, len(text) :] == 0).all() and (row[:, : len(text)] > 0).all()
    assert found[1].std(axis=0).max() > 0.01  # every token has its own
    np.testing.assert_allclose(made.alignment(["c"], "zyx")[0], made.alignment(["c"], ["zyx"])[0])


@eagerly
def test_what_stands_behind_a_source_changes_nothing():
    """A network for longer sources with the same weights says the same."""
    made = kg.networks.seq2seq.attentive(4, 4, 8, 4, width=4, units=5)
    weights = network().get_weights()
    odd = [w.shape for w in weights].index((5, 4))  # vectors of the places in a source
    longer = np.concatenate([weights[odd], np.full((3, 4), 9.0)])
    made.set_weights([longer if at == odd else w for at, w in enumerate(weights)])
    other = kg.SequenceModel(made, EVENT, spaces.Characters("xyz", 8), seed=0)
    x = ["abc", "c", "ba"]
    np.testing.assert_allclose(other.log_prob(x, ASKED), model().log_prob(x, ASKED), atol=1e-5)
    np.testing.assert_allclose(other.alignment(x, ASKED)[..., :5], model().alignment(x, ASKED), atol=1e-6)


@eagerly
def test_all_of_a_source_is_read():
    """By differentiation with respect to its vectors; nothing of what is behind it."""
    net = network()
    vectors = next(one for one in net.layers if isinstance(one, keras.layers.Embedding))
    tail = keras.Model([net.inputs[0], net.inputs[1], vectors.output], net.outputs[0])
    source = SOURCE.check(ASKED, "x")
    x = tf.constant(vectors(source))
    with tf.GradientTape() as tape:
        tape.watch(x)
        inputs = tf.zeros((3, 4), "int32"), tf.constant(source), x
        y = tf.reduce_sum(tail(list(inputs)) * [1.0, -2.0, 3.0, 0.5])
    found = np.abs(tape.gradient(y, x)).sum(axis=-1)
    assert np.array_equal(found > 0, source > 0)


# Probabilities and drawing.


@eagerly
@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("shared", [False, True], ids=("two vocabularies", "one"))
def test_a_step_with_a_cache_is_the_whole_pass(cell, shared):
    made = model(cell, shared=shared)
    tokens, source = np.int32([[4, 1, 2, 3], [4, 0, 0, 0], [4, 3, 3, 1]]), SOURCE.check(ASKED, "x")
    steps = made.stepped
    once = steps.once([tf.constant(source)])
    caches, found = steps.start(3, once), []
    for at in range(4):
        logits, caches = steps.step(tf.constant(tokens[:, at]), tf.constant(at), once, caches)
        found.append(logits)
    np.testing.assert_allclose(np.stack(found, axis=1), made.network([tokens, source]), atol=1e-5)


@eagerly
def test_probabilities_of_all_texts_add_up_to_one_for_each_source():
    made = model()
    every = ["".join(row) for count in range(1, 5) for row in itertools.product("abc", repeat=count)]
    nats = np.stack([made.log_prob(every, one).astype("float64") for one in ASKED])
    np.testing.assert_allclose(np.exp(nats).sum(axis=1), 1, atol=1e-5)
    assert np.abs(nats[0] - nats[1]).max() > 0.1
    best, of_best = made.beam_search(4**3, condition=ASKED)
    assert made.event.texts(best) == [every[at] for at in nats.argmax(axis=1)]
    np.testing.assert_allclose(of_best, nats.max(axis=1), atol=1e-4)


@eagerly
def test_a_token_is_predicted_from_those_before_it_and_the_whole_source():
    made = model()
    first, other = np.int32([[4, 1, 2, 3]]), np.int32([[4, 1, 3, 1]])
    source = SOURCE.check(["zyx"], "x")
    logits = [made.network([x, source]).numpy()[0] for x in (first, other)]
    np.testing.assert_allclose(logits[0][:2], logits[1][:2], atol=1e-6)
    assert (np.abs(logits[0] - logits[1])[2:].max(axis=1) > 1e-3).all()


@eagerly
def test_cached_drawing_is_drawing_by_whole_passes():
    made = model("lstm")
    expected = made.sample(12, seed=7, condition=ASKED * 4)
    made.stepped = None
    assert np.array_equal(made.sample(12, seed=7, condition=ASKED * 4), expected)
    assert len(np.unique(expected, axis=0)) > 4


@pytest.mark.long
def test_texts_come_back_from_texts_as_in_python(tmp_path):
    made = model()
    made.export(tmp_path / "1", max_rows=8)
    serve = tf.saved_model.load(tmp_path / "1").signatures
    asked, seed = tf.constant(ASKED), rng.row_seeds(7, 3)
    strings = lambda answer: [text.decode() for text in answer["text"].numpy()]
    expected = made.sample(3, seed=7, condition=ASKED)
    answer = serve["serving_default"](seed=seed, text=asked)
    assert np.array_equal(answer["samples"], expected) and strings(answer) == made.event.texts(expected)
    best, nats = made.beam_search(8, condition=ASKED)
    answer = serve["most_probable"](text=asked)
    assert strings(answer) == made.event.texts(best)
    np.testing.assert_allclose(answer["log_prob"], nats, atol=1e-5)
    with pytest.raises(tf.errors.InvalidArgumentError, match="text"):
        serve["most_probable"](text=tf.constant(["xa"]))


test_wrong_sources_are_refused_by_name = refusals(
    {
        "unknown characters": (
            lambda: model().sample(1, condition="xa"), InvalidDataError, "condition"
        ),
        "too long": (lambda: model().log_prob(["a"], "xxxxxx"), InvalidDataError, "condition"),
        "empty": (lambda: model().beam_search(2, condition=[""]), InvalidDataError, "condition"),
        "none": (lambda: model().alignment(["a"], None), "condition"),
        "of another number": (lambda: model().alignment(["a"], ["x", "y"]), InvalidDataError, "condition"),
        "a label": (lambda: model().sample(1, condition=3), InvalidDataError, "condition"),
        "another length": (
            lambda: kg.SequenceModel(network(), EVENT, spaces.Characters("xyz", 6)), "network"
        ),
        "no attention": (
            lambda: kg.SequenceModel(
                kg.networks.language.recurrent(4, 4, width=4, units=4, num_classes=2), EVENT, 2
            ).alignment(["a"], 1),
            "network",
        ),
    }
)  # fmt: skip


def test_unknown_characters_of_a_source_are_named():
    with pytest.raises(InvalidDataError, match="'a', '床'"):
        model().sample(1, condition="xa床")


# Data.


def test_sums_are_right_and_those_of_the_test_are_new():
    found = {}
    for split in ("train", "test"):
        told, asked = kg.data.arrays("sums", split)
        assert [sum(map(int, one.split("+"))) for one in asked] == list(map(int, told))
        found[split] = {tuple(sorted(map(int, one.split("+")))) for one in asked}
    assert [len(pairs) for pairs in found.values()] == [50_000, 5_000] and not found["train"] & found["test"]
    recipe = kg.registry.get_recipe("seq2seq_sums")
    made = recipe.build(**recipe.tiny)
    made.event.check(told, "told"), made.condition.check(asked, "asked")


def test_couplets_are_the_lines_of_poems(monkeypatch):
    poems = np.array(["床前看月光\uff0c疑是地上霜。举头望山月\uff0c低头思故乡。"], object)
    monkeypatch.setattr(kg.data.texts, "poems", lambda *_: (poems, np.zeros(1)))
    second, first = kg.data.texts.couplets("train", None)
    assert first.tolist() == ["床前看月光", "举头望山月"] and second.tolist() == ["疑是地上霜", "低头思故乡"]


@pytest.mark.data
def test_no_couplet_of_the_test_is_of_a_training_poem():
    for split, num in (("train", 58_240), ("test", 6_566)):
        second, first = kg.data.arrays("tang_couplets", split)
        poems = "".join(kg.data.arrays("tang_poems", split)[0])
        assert len(second) == len(first) == num and {len(one) for one in (*first, *second)} == {5}
        couplets = zip(first[:50], second[:50], strict=True)
        assert all(f"{one}\uff0c{other}。" in poems for one, other in couplets)


# The mean answer.


def mean_answers(told, asked, space):
    """{question: what least squares makes of it}: the most probable symbol at each place of the mean.

    With one-hot questions, the least-squares fit of one-hot answers is the mean of a question's answers.
    """
    one_hot = np.eye(space.vocabulary)[space.check(told, "told")].reshape(len(told), -1)
    questions = sorted(set(asked))
    of_question = np.eye(len(questions))[[questions.index(one) for one in asked]]
    fitted, *_ = np.linalg.lstsq(of_question, one_hot, rcond=None)
    read = fitted.reshape(len(questions), *space.shape, -1).argmax(axis=-1)
    return dict(zip(questions, space.texts(read), strict=True)), fitted, of_question.T @ one_hot


def test_the_mean_of_right_answers_is_none_of_them():
    told, asked = kg.data.arrays("answers")
    space = kg.registry.build("answers_lstm", width=2, units=2).event
    means, fitted, sums = mean_answers(told, asked, space)
    counts = np.array([(asked == question).sum() for question in means])
    np.testing.assert_allclose(fitted, sums / counts[:, None], atol=1e-8)
    for question, mean in means.items():
        assert (mean in known.RIGHT[question]) == (len(known.RIGHT[question]) == 1)


def test_known_probabilities_of_answers():
    told, asked = known.draw(3000, 1)
    entropy = -known.log_prob(told, asked).mean()
    assert entropy == pytest.approx(np.mean([np.log(len(right)) for right in known.RIGHT.values()]), abs=0.05)
    assert known.log_prob(["no"], ["roll a die"]) == -np.inf


@pytest.mark.long
def test_samples_are_all_of_the_right_answers():
    """A minute of training: each answer as often as it should be, up to 4 standard errors and 2 %."""
    recipe = kg.registry.get_recipe("answers_lstm")
    made = recipe.build()
    told, asked = kg.data.arrays("answers")
    data = kg.data.from_array(told, asked, batch_size=recipe.batch_size, value_range=None)
    made.fit(data, epochs=recipe.epochs, verbose=0)
    for question, right in known.RIGHT.items():
        found = made.event.texts(made.sample(1000, seed=0, condition=question))
        p = 1 / len(right)
        shares = np.array([found.count(answer) / 1000 for answer in right])
        assert shares.sum() > 0.99 and np.abs(shares - p).max() < 4 * (p * (1 - p) / 1000) ** 0.5 + 0.02
    nats = made.log_prob(*kg.data.arrays("answers", "test"))
    assert -nats.mean() == pytest.approx(1.5434, abs=0.05)


# Measures.


def test_measures_of_answers():
    assert answers.exact_match(["a", "b", "b"], ["a", "b", "c"]) == pytest.approx(2 / 3)
    pairs = (["a", "b", "c"], ["x", "x", "y"])
    assert answers.right_answers(["b", "c", "a", "c"], ["x", "x", "x", "y"], pairs) == 0.75
    assert answers.answer_entropy(["a", "b", "c", "c"], ["x", "x", "y", "y"]) == pytest.approx(np.log(2) / 2)
    assert answers.answer_entropy(["a"] * 3, ["x", "y", "z"]) == pytest.approx(0)


def evaluated(name, monkeypatch, num, **arguments):
    """Figures and pictures of an untrained entry, of the first `num` examples of its data."""
    recipe = kg.registry.get_recipe(name)
    made = recipe.build(**recipe.tiny | arguments)
    told, asked = kg.data.arrays(recipe.data, "test")
    monkeypatch.setattr(kg.data, "arrays", lambda *_: (told[:num], asked[:num]))
    found = texts.evaluate(made, recipe, recipe.data, 4, [0])
    return made, {key: one["value"] for key, one in found.figures.items()}, found


@eagerly
def test_answers_are_evaluated_by_whether_questions_come_back(monkeypatch):
    made, figures, found = evaluated("seq2seq_sums", monkeypatch, 12)
    assert figures["exact_match"] == 0 and "answer_entropy" not in figures
    assert found.pictures["attention"].width > 100
    assert [line.partition(" -> ")[0] for line in evaluation.lines(made, "sums", 2)] == ["45+764", "145+314"]


@eagerly
def test_answers_to_questions_that_come_back_are_a_distribution(monkeypatch):
    _, figures, found = evaluated("answers_lstm", monkeypatch, 200)
    assert figures["right_answers"] == 0 and "exact_match" not in figures
    assert found.figures["right_answers"]["floor"] == 1


def test_alignments_are_drawn():
    weights = np.eye(3)[None].repeat(2, axis=0)
    picture = media.alignments(weights, ["abc", ["a", "long", "word"]], ["xyz", "x"])
    cells = np.asarray(picture.convert("L"))
    assert (cells == 0).sum() > 100 and picture.width > picture.height


W = np.ones((1, 2, 2))
test_wrong_alignments_and_answers_are_refused = refusals(
    {
        "too many symbols": (lambda: media.alignments(W, ["abc"], ["ab"]), "sources"),
        "no symbols": (lambda: media.alignments(W, ["ab"], [""]), "targets"),
        "too few": (lambda: media.alignments(W, ["ab"], []), "targets"),
        "numbers": (lambda: media.alignments(W, [[1]], ["a"]), "sources"),
        "no answers": (lambda: answers.exact_match([], []), "answers"),
        "other answers": (lambda: answers.exact_match(["a"], [1]), "wanted"),
        "fewer": (lambda: answers.answer_entropy(["a", "b"], ["a"]), "asked"),
        "a string": (lambda: answers.exact_match("a", "a"), TypeError, "answers"),
    }
)
