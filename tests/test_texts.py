"""Texts: what they are read from, n-grams to compare with, measures, commands."""

import itertools
import json
import types

import numpy as np
import pytest
from helpers import refusals

import kerasgen as kg
from kerasgen import cli, media, spaces
from kerasgen.commands import own_data
from kerasgen.data import texts
from kerasgen.errors import InvalidDataError, MissingDataError
from kerasgen.evaluation import texts as evaluation
from kerasgen.evaluation.by_space import evaluation_of
from kerasgen.metrics import ngrams, rhyme

RANDOM = np.random.default_rng(0)
TEXTS = [RANDOM.integers(3, size=size) for size in (4, 7, 9)]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_smoothed_ngrams_are_distributions(n):
    """Of every history: those that are known, and those that are not."""
    model = ngrams.WittenBell(TEXTS, 5, n)
    for history in itertools.product(range(5), repeat=n - 1):
        each = [model.log_prob([np.array([*history, w])])[-1] for w in range(5)]
        assert np.exp(each).sum() == pytest.approx(1)


def test_witten_bell_is_its_formula():
    """Of "aab": c(a) = 2, c(b) = 1, T() = 2; behind a: one a, one b, T(a) = 2."""
    model = ngrams.WittenBell([np.array([0, 0, 1])], 2, 2)
    unigram = np.array([(2 + 2 / 2) / 5, (1 + 2 / 2) / 5])
    found = np.exp(model.log_prob([np.array([0, 1, 1])]))
    first = (1 + 1 * unigram[0]) / 2  # behind the start: an a, T = 1
    np.testing.assert_allclose(found, [first, (1 + 2 * unigram[1]) / 4, unigram[1]])


def test_bleu_is_its_formula():
    reference = [np.array([1, 2, 3, 1]), np.array([2, 3])]
    assert ngrams.bleu([np.array([1, 2, 3, 1])], reference) == pytest.approx(1)
    # 1 2 1 1: of 4 unigrams 3 are clipped ones (1 twice at most), of 3 bigrams 1.
    assert ngrams.bleu([np.array([1, 2, 1, 1])], reference) == pytest.approx((3 / 4 * 1 / 3) ** 0.5)
    # One token shorter than the nearest reference of length 2: exp(1 - 2 / 1), no bigram.
    assert ngrams.bleu([np.array([3])], reference, n=1) == pytest.approx(np.exp(-1))


def test_copied_passages_and_lines():
    training = [np.arange(8)]
    assert ngrams.copied([np.array([2, 3, 4, 9])], training, 2) == pytest.approx(2 / 3)
    assert ngrams.copied([np.array([1, 2, 2, 3])], training, 2, stride=2) == 0.5  # 1 2 is no line
    assert ngrams.copied([np.array([1])], training, 2) == 0


def test_rhymes_are_learned_from_poems():
    training = [np.array([0, 1, 0, 2, 0, 3, 0, 4]), np.array([0, 0, 0, 5, 0, 0, 0, 6])]
    poem = lambda a, b: np.array([9, 9, 9, a, 9, 9, 9, b])
    assert rhyme.rhyme_rate([poem(2, 4), poem(6, 5), poem(2, 5), poem(4, 4)], training, 2) == 0.5


# Reading.


def test_passages_and_symbols():
    assert texts.passages("abcdefg", 3, 2).tolist() == ["abc", "cde", "efg"]
    assert evaluation.apart(texts.passages("abcdefghij", 4, 2)).tolist() == ["abcd", "efgh"]
    assert texts.symbols_of(["bab", "c"]) == "bac"
    for name, num in (("tang_poems", 5778), ("tiny_shakespeare", 65)):
        assert len(set(texts.symbols(name))) == len(texts.symbols(name)) == num


def test_a_text_of_ones_own_is_read_by_lines_or_by_passages(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffone\r\n\n two \n".encode())
    assert kg.data.read(path).x.tolist() == ["one", "two"]
    path.write_text("abcdefghij" * 10)
    found = kg.data.read(path, passage=8)
    train, apart = found.split()
    assert train.x[:2].tolist() == ["abcdefgh", "cdefghij"] and apart.x.tolist() == ["abcdefgh"]
    assert not set("".join(apart.x)) - set("abcdefghij") and len(train) == (90 - 8) // 2 + 1


@pytest.mark.long
def test_a_command_trains_on_a_text_and_writes_like_it(tmp_path, capsys, monkeypatch):
    path, run = tmp_path / "a.txt", str(tmp_path / "run")
    path.write_text("to be or not to be, " * 40)
    entry = kg.registry.get_recipe("shakespeare_lstm")
    build = lambda symbols=None, length=8, decay_steps=9, seed=0: entry.build(
        **entry.tiny | {"symbols": symbols, "length": length, "seed": seed}
    )
    recipe = types.SimpleNamespace(**vars(entry) | {"build": build, "epochs": 1})
    recipe.generates, recipe.labels = True, False
    monkeypatch.setattr(kg.registry, "get_recipe", lambda name: recipe)
    assert own_data.begin(types.SimpleNamespace(), "shakespeare_lstm", str(path)).passage == 8
    arguments = ["--data", str(path), "--folder", run, "--epochs", "1", "--batch-size", "100", "--json"]
    assert cli.main(cli.parse(["kerasgen", "train", "shakespeare_lstm", *arguments])) == 0
    capsys.readouterr()
    out = str(tmp_path / "s.txt")
    options = ["--prompt", "to ", "--temperature", "0.5", "--num", "3", "--out", out]
    assert not cli.main(cli.parse(["kerasgen", "sample", "shakespeare_lstm", "--run", run, *options]))
    assert capsys.readouterr().out.count("to ") >= 3
    with open(out, encoding="utf-8") as file:
        assert all(
            len(text) == 8 and text.startswith("to ") for text in file.read().split("\n\n") if text.strip()
        )
    args = ["evaluate", "shakespeare_lstm", "--run", run, "--num", "4", "--seeds", "0", "--json"]
    assert not cli.main(cli.parse(["kerasgen", *args]))
    assert json.loads(capsys.readouterr().out)["figures"]["bleu2"]["value"] >= 0
    assert "token_nats" in (tmp_path / "run" / "health.csv").read_text()


# Shown.

POEM = "床前明月光\uff0c光月明前床。"


def test_texts_are_shown_and_written_as_texts(tmp_path):
    space = spaces.Verses("床前明月光", 10, (10,))
    samples = space.check(["床前明月光光月明前床"], "x")
    assert media.texts(samples, space) == [POEM]
    assert media.sheet(samples, space).width == 700 and media.usual_ending(space) == ".txt"
    media.save(str(tmp_path / "a.txt"), samples, space)
    assert (tmp_path / "a.txt").read_text() == f"{POEM}\n\n"


# Evaluated.


def test_texts_are_evaluated_by_their_space(monkeypatch):
    recipe = kg.registry.get_recipe("poetry_lstm")
    model = recipe.build(**recipe.tiny | {"symbols": "abcde"})
    poems = np.array(["".join(RANDOM.choice(list("abcde"), size)) for size in (20, 40) * 8], object)
    forms = np.array([0, 1] * 8)
    monkeypatch.setattr(kg.data, "arrays", lambda *_: (poems, forms))
    assert evaluation_of(spaces.Box((2,))) is None
    found = evaluation_of(model.event)(model, recipe, "poems", 4, [0, 1])
    values = {name: figure["value"] for name, figure in found.figures.items()}
    nats = model.log_prob(poems, condition=forms)
    assert values["nats_per_token"] == pytest.approx(-nats.sum() / (8 * 60), rel=1e-5)
    assert values["perplexity"] == pytest.approx(2 ** values["bits_per_token"])
    assert set(values) >= {"bits_per_token_bigram", "bleu2", "copied", "rhyme", "samples_per_second"}
    assert found.figures["copied"]["floor"] == 1 and found.figures["rhyme"]["floor"] == 1
    assert found.settings["nats_of"] == "tokens"


ONE = [np.array([1])]
test_wrong_texts_are_refused = refusals(
    {
        "no text": (lambda: ngrams.bleu([], ONE), InvalidDataError, "samples"),
        "an empty one": (lambda: ngrams.bleu([np.array([], int)], ONE), InvalidDataError, "samples"),
        "other tokens": (lambda: ngrams.WittenBell(ONE, 1), InvalidDataError, "texts"),
        "long n-grams": (lambda: ngrams.WittenBell(ONE, 10**6, 4), "n"),
        "a short text": (lambda: texts.passages("ab", 3, 1), InvalidDataError, "text"),
        "no file": (lambda: texts.read("no-such-text.txt"), MissingDataError, "path"),
        "an unknown set": (lambda: texts.symbols("moons"), "name"),
        "no poems": (lambda: texts.poems("train", "/nowhere"), MissingDataError, "tang_poems"),
    }
)
