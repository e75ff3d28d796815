"""Evaluation of models of texts: exact likelihood beside n-grams, and what their samples are like."""

import functools
import time

import numpy as np

from kerasgen import data, spaces
from kerasgen.evaluation import answers, held_out
from kerasgen.evaluation.rounds import Evaluation, dtype_of, summary
from kerasgen.evaluation.samples import classes, labels_of_random
from kerasgen.metrics import ngrams, rhyme
from kerasgen.ops import checks

NUM = 1000  # samples a seed
ORDERS = {"unigram": 1, "bigram": 2, "markov": 5}  # n of the models that stand beside
PASSAGE = 20  # tokens of a passage that counts as copied, where there are no lines


def evaluate(model, recipe, source, num, seeds, progress=False):
    """Every measure of texts, over several sampling seeds.

    Args:
        model: `SequenceModel` of texts.
        recipe: Its `Recipe`.
        source: Name of the data to compare with.
        num: Samples a seed, or None for 1,000.
        seeds: Seeds of the samples, different from each other.
        progress: Whether to show a bar.

    Returns:
        `Evaluation`.

    Raises:
        InvalidDataError: If the data are no texts that the model knows.
    """
    parts = [(data.arrays(source, split)[0], _labels(model, source, split)) for split in ("train", "test")]
    found = of_arrays(model, *parts, NUM if num is None else num, seeds, progress)
    real = {"real": f"{source}: test {len(parts[1][0]):,}, train {len(parts[0][0]):,} texts"}
    settings = held_out.settings(model, recipe) | found.settings | real | {"evaluator": None}
    return Evaluation(found.figures, settings, {}, answers.pictures(model, parts[1][1]))


def of_arrays(model, train, test, num, seeds, progress=False):
    """The same of texts of one's own.

    Args:
        model: `SequenceModel` of texts.
        train, test: (texts (num,), their conditions or None).
        num, seeds, progress: As in `evaluate`.
    """
    num, started = checks.integer("num", num, 2, model.max_rows), time.monotonic()
    compare, floor = comparison(model, train, test, num)
    rounds = []
    for seed in seeds:
        given, _ = labels_of_random(model, train[1], [], num, seed)
        begun = time.perf_counter()
        samples = model.sample(num, seed=seed, progress=progress, **given)
        rate = num / (time.perf_counter() - begun)
        rounds.append(compare(samples, **given) | {"samples_per_second": rate})
    known, told = rows_of(model.event, test[0]), train[0] if answers.asked(model) else apart(train[0])
    values = likelihood(model, *test, progress) | of_ngrams(model.event, told, known)
    if answers.asked(model) and not answers.recurring(model, test[1]):
        values |= answers.exact(model, *test)
    alone = {name: {"value": value, "spread": None, "floor": None} for name, value in values.items()}
    minutes = round((time.monotonic() - started) / 60, 1)
    settings = {"dtype": dtype_of(model), "num": num, "seeds": seeds, "minutes": minutes}
    return Evaluation(alone | summary(rounds, [floor]), settings)


def comparison(model, train, test, num):
    """(function of samples, and of their conditions, that gives their figures; those of `num` real texts)."""
    chosen = lambda most: np.random.default_rng(0).choice(most, min(num, most), replace=False)
    if answers.recurring(model, test[1]):
        compare, at = functools.partial(answers.figures, model.event, train), chosen(len(test[0]))
        return compare, compare(*(column[at] for column in test))
    rows, known = rows_of(model.event, train[0]), rows_of(model.event, test[0])
    compare = functools.partial(samples_of(model.event), train=rows, test=known)
    floor = compare([rows[at] for at in chosen(len(rows))]) | {"copied": compare(known)["copied"]}
    return lambda samples, condition=None: compare(trimmed(samples)), floor


def _labels(model, source, split):
    return None if model.condition is None else classes(source, split)


def likelihood(model, test, labels=None, progress=False):
    """{"nats", "nats_error", "bits_per_token", ...} of texts; their ends cost, but do not count."""
    given = {} if labels is None else {"condition": labels}
    nats = model.log_prob(test, **given, progress=progress).astype("float64")
    each = -nats.sum() / sum(map(len, rows_of(model.event, test)))
    return {
        "nats": float(nats.mean()),
        "nats_error": float(nats.std(ddof=1) / len(nats) ** 0.5),
        "bits_per_token": float(each / np.log(2)),
        "nats_per_token": float(each),
        "perplexity": float(np.exp(each)),
    }


def of_ngrams(event, train, test):
    """{"bits_per_token_<name>": those of the test set by a smoothed n-gram model of the training set}."""
    found, train = {}, rows_of(event, train)
    for name, n in ORDERS.items():
        model = ngrams.WittenBell(train, event.vocabulary, n)
        found[f"bits_per_token_{name}"] = float(-model.log_prob(test).mean() / np.log(2))
    return found


def apart(texts):
    """Texts without those that begin within the one before them, as overlapping passages do."""
    kept = [texts[0]]
    for text in texts[1:]:
        if text[: len(text) // 2] not in kept[-1]:
            kept.append(text)
    return np.array(kept, object)


@functools.singledispatch
def samples_of(event):
    """The function of samples, `train` and `test`, lists of rows of numbers, that gives their figures."""
    return functools.partial(figures, length=min(PASSAGE, event.length), stride=1)


@samples_of.register
def _(event: spaces.Verses):
    def of_verses(samples, train, test):
        found = figures(samples, train, test, event.line, event.line)
        return found | {"rhyme": rhyme.rhyme_rate(samples, train, event.line)}

    return of_verses


def figures(samples, train, test, length, stride):
    """{"bleu2", "copied"} of samples."""
    return {
        "bleu2": ngrams.bleu(samples, test),
        "copied": ngrams.copied(samples, train, length, stride),
    }


def rows_of(event, texts):
    """Texts as a list of rows of numbers, without their ends."""
    return trimmed(event.check(texts, "source"))


def trimmed(rows):
    """Rows of numbers up to their ends."""
    return [row[: np.argmin(row > 0)] if (row == 0).any() else row for row in rows]
