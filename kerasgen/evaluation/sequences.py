"""Evaluation of models of tokens: exact likelihood, and what a known source says of their samples.

The likelihood of samples under the source is low in a model that copies, or that writes a few probable
sequences: it is always given beside the likelihood of real sequences under the model, and copied passages.
"""

import time

import numpy as np
import tensorflow as tf

from kerasgen import data
from kerasgen.evaluation import held_out, known
from kerasgen.evaluation.rounds import Evaluation, dtype_of, summary
from kerasgen.evaluation.samples import conditions
from kerasgen.metrics import ngrams
from kerasgen.models.core.rows import by_chunks
from kerasgen.ops import checks

NUM = 10_000  # samples a seed
ORDERS = {"unigram": 1, "bigram": 2}  # n of the models that stand beside
PASSAGE = 5  # tokens of a passage that counts as copied


def evaluate(model, recipe, source, num, seeds, progress=False):
    """Every measure of tokens, over several sampling seeds, also of the recipe's other ways to sample.

    Args:
        model: `SequenceModel` of tokens.
        recipe: Its `Recipe`.
        source: Name of the data to compare with.
        num: Samples a seed, or None for 10,000.
        seeds: Seeds of the samples, different from each other.
        progress: Whether to show a bar.

    Returns:
        `Evaluation`.
    """
    num, started = checks.integer("num", NUM if num is None else num, 2, model.max_rows), time.monotonic()
    train, test = (data.arrays(source, split)[0] for split in ("train", "test"))
    real = np.random.default_rng(0).choice(len(train), min(num, len(train)), replace=False)
    floor = of_samples(train[real], train, test, source) | copied(test, train)

    def drawn(**arguments):
        rounds = []
        for seed in seeds:
            given, _ = conditions(model, source, [], num, seed)
            begun = time.perf_counter()
            samples = model.sample(num, seed=seed, progress=progress, **given, **arguments)
            rate = num / (time.perf_counter() - begun)
            rounds.append(of_samples(samples, train, test, source) | {"samples_per_second": rate})
        return alone(likelihood(model, source, test, **arguments), source, test) | summary(rounds, [floor])

    chains = {f"bits_per_token_{name}": of_chain(train, test, model, n) for name, n in ORDERS.items()}
    figures = held_out.figures(model, recipe, source, progress) | drawn() | alone(chains)
    variants = {name: drawn(**arguments) for name, arguments in recipe.variants.items()}
    settings = held_out.settings(model, recipe) | {
        "dtype": dtype_of(model),
        "num": num,
        "seeds": seeds,
        "real": f"{source}: test {len(test):,}, train {len(train):,} sequences",
        "evaluator": None,
        "minutes": round((time.monotonic() - started) / 60, 1),
    }
    return Evaluation(figures, settings, variants)


def likelihood(model, source, x, temperature=1.0):
    """{"nats_per_token", "bits_per_token", "perplexity"} of sequences by softmax(logits / temperature)."""

    def nats(x, *condition):
        logits, tokens = model(x, *condition) / temperature, model.symbols.tokens(x)
        return -tf.nn.sparse_softmax_cross_entropy_with_logits(tokens, logits)

    given = () if model.condition is None else (data.arrays(source, "test")[1],)
    each = -float(by_chunks(nats, model.example_rows(x, *given), model.chunk).mean(dtype="float64"))
    return {"nats_per_token": each, "bits_per_token": each / np.log(2), "perplexity": float(np.exp(each))}


def of_chain(train, test, model, n):
    """Bits a token of the test set by smoothed n-grams of the training set."""
    chain = ngrams.WittenBell(list(train), model.event.vocabulary, n)
    return float(-chain.log_prob(list(test)).mean() / np.log(2))


def of_samples(samples, train, test, source):
    """{"oracle_nats", "bleu2", "copied_5"} of sequences; the first one where the source is known."""
    found = {}
    if source in known.ORACLES:
        found["oracle_nats"] = float(-known.LOG_PROBS[source](samples).mean() / samples.shape[1])
    found["bleu2"] = ngrams.bleu(list(samples), list(test))
    return found | copied(samples, train)


def copied(samples, train):
    """{"copied_5"} of sequences."""
    return {f"copied_{PASSAGE}": ngrams.copied(list(samples), list(train), PASSAGE)}


def alone(values, source=None, test=None):
    """Figures of no round; the floor of nats a token is that of a known source."""
    found = {name: {"value": value, "spread": None, "floor": None} for name, value in values.items()}
    if source in known.ORACLES:
        found["nats_per_token"]["floor"] = float(-known.LOG_PROBS[source](test).mean() / test.shape[1])
    return found
