"""Evaluation of models of waveforms: exact bits a sample beside counts, and what a classifier hears."""

import time

import numpy as np

from kerasgen import data, registry
from kerasgen.evaluation import held_out
from kerasgen.evaluation.rounds import Evaluation, dtype_of, summary
from kerasgen.evaluation.samples import classes, conditions
from kerasgen.metrics import extractor, fidelity, ngrams
from kerasgen.ops import checks

NUM = 512  # samples a seed: two chunks, so that one graph is compiled
ORDERS = {"unigram": 1, "order1": 2, "order2": 3}  # n of the models that stand beside


def evaluate(model, recipe, source, num, seeds, progress=False):
    """Every measure of waveforms, over several sampling seeds.

    Args:
        model: `SequenceModel` of waveforms.
        recipe: Its `Recipe`.
        source: Name of the data to compare with.
        num: Samples a seed, or None for 512.
        seeds: Seeds of the samples, different from each other.
        progress: Whether to show a bar.

    Returns:
        `Evaluation`.
    """
    num, started = checks.integer("num", NUM if num is None else num, 2, model.max_rows), time.monotonic()
    judge = _judge(recipe)
    test, heard = data.arrays(source, "test")[0], classes(source, "test")
    train = data.arrays(source, "train")[0]
    model.sample(min(num, model.chunk), seed=0)  # compiled before it is timed
    rounds = []
    for seed in seeds:
        given, (wanted, *_) = conditions(model, source, [], num, seed)
        begun = time.perf_counter()
        samples = model.sample(num, seed=seed, progress=progress, **given)
        rate = num * model.event.shape[0] / model.event.rate / (time.perf_counter() - begun)
        rounds.append(of_samples(judge, samples, wanted, test) | {"seconds_per_second": rate})
    others = np.random.default_rng(0).choice(len(train), min(num, len(train)), replace=False)
    floor = of_samples(judge, train[others], real=test) | of_samples(judge, test, heard)
    values = likelihood(model, source, test, progress) | of_counts(model, train, test)
    alone = {name: {"value": value, "spread": None, "floor": None} for name, value in values.items()}
    settings = held_out.settings(model, recipe) | {
        "dtype": dtype_of(model),
        "num": num,
        "seeds": seeds,
        "real": f"{source}: test {len(test):,}, train {len(train):,} sounds",
        "evaluator": judge and judge.name,
        "evaluator_sha256": judge and registry.get_record(recipe.evaluator).sha256,
        "minutes": round((time.monotonic() - started) / 60, 1),
    }
    return Evaluation(alone | summary(rounds, [floor]), settings)


def likelihood(model, source, test, progress=False):
    """{"nats", "nats_error", "bits_per_sample"} of the test set; ends cost, but are no samples."""
    given = {} if model.condition is None else {"condition": data.arrays(source, "test")[1]}
    nats = model.log_prob(test, **given, progress=progress).astype("float64")
    return {
        "nats": float(nats.mean()),
        "nats_error": float(nats.std(ddof=1) / len(nats) ** 0.5),
        "bits_per_sample": float(-nats.sum() / sum(map(len, _levels(model, test))) / np.log(2)),
    }


def of_counts(model, train, test):
    """{"bits_per_sample_<name>": those of the test set by smoothed counts of the training set, no ends}."""
    size = model.symbols.size - 1
    train, test = _levels(model, train), _levels(model, test)
    chains = {name: ngrams.WittenBell(train, size, n) for name, n in ORDERS.items()}
    return {
        f"bits_per_sample_{name}": float(-one.log_prob(test).mean() / np.log(2))
        for name, one in chains.items()
    }


def of_samples(judge, samples, wanted=None, real=None):
    """Figures of what a classifier hears in sounds, against real ones and what was wanted; {} without one."""
    if judge is None:
        return {}
    read, found = judge(samples), {}
    if real is not None:
        found["fid"] = fidelity.fid(read.features, judge(real).features)
    if wanted is not None:
        found["label_accuracy"] = float((read.logits.argmax(1) == wanted).mean())
    return {f"{figure}_{judge.name}": value for figure, value in found.items()}


def _judge(recipe):
    """The extractor of the recipe's evaluator, or None where there is none, or none with weights."""
    name = recipe.evaluator
    if name is None or registry.get_record(name) is None:
        return None
    return extractor.of_classifier(f"{name}_v{registry.get_recipe(name).version}", registry.load(name))


def _levels(model, x):
    """The levels of waveforms up to their ends, a list of arrays."""
    tokens = np.asarray(model.symbols.tokens(x))
    return [row[row > 0] - 1 for row in tokens]
