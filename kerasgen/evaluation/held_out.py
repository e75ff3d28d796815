"""Figures that a model takes of the test set itself, without samples: likelihood, reconstruction."""

import numpy as np

from kerasgen import data
from kerasgen.evaluation import known
from kerasgen.evaluation.samples import classes
from kerasgen.metrics import likelihood, matching
from kerasgen.ops import pixels

KINDS = {
    "reals": "density",
    "levels": "levels",
    "bits": "bits",
    "tokens": "tokens",
}  # support of x -> what `nats` are of
ESTIMATED = 1000  # first images of which a density is estimated, since each costs hundreds of evaluations
MEASURED = ("exact", "bound", "estimate", "ais")  # likelihoods of recipes that are numbers


def figures(model, recipe, source, progress=False):
    """{figure: {"value", "spread", "floor"}}; the floor of a likelihood is that of a known density.

    Args:
        model: Of the entry.
        recipe: Its `Recipe`.
        source: Name of the data.
        progress: Whether to show a bar.
    """
    found = _likelihood(model, recipe, source, progress) | _reconstruction(model, source)
    found |= _categories(model, source) | _codes(model, source)
    values = {name: {"value": value, "spread": None, "floor": None} for name, value in found.items()}
    if "nats" in values and source in known.LOG_PROBS:
        points, _ = data.arrays(source, "test")
        values["nats"]["floor"] = float(np.mean(known.LOG_PROBS[source](points)))
    return values


def settings(model, recipe):
    """What stands behind the entry's `nats`, for its Record: {"nats", "nats_of", "nats_given"}.

    `nats` tells in words which bound it is, where it is one; `nats_of` whether it is the logarithm of a
    "density", or of the probability of "levels" or "bits"; `nats_given` is the condition, if there is one.
    """
    if recipe.likelihood not in MEASURED:
        return {"nats": None}
    words = recipe.draws and f"the importance-weighted bound of {recipe.draws:,} draws an example"
    if _of_the_first(model, recipe):
        words = f"the estimate by the probability-flow ODE in 100 steps, of the first {ESTIMATED:,} examples"
    if _by_elbo(recipe):
        words = model.bound_words
    if recipe.likelihood == "ais":
        words = "an estimate whose partition function is that of annealed importance sampling"
    given = None if model.condition is None else model.condition.argument
    return {"nats": words, "nats_of": KINDS[_support(model, recipe)], "nats_given": given}


def _likelihood(model, recipe, source, progress):
    """The mean log-likelihood of the test set, where the entry has one, and its standard error; bits a pixel.

    A density of pixels is taken at dequantized ones, where it bounds the probability of the levels; the
    variational bound of a diffusion is of the levels themselves.
    """
    if recipe.likelihood not in MEASURED:
        return {}
    images, x, condition = _test_set(model, source)
    support = _support(model, recipe)
    gray = model.event.range is not None and support != "bits"
    density = gray and support == "reals"
    if density:
        x = pixels.dequantize(images, model.event.range)
    if _of_the_first(model, recipe):
        x, condition = x[:ESTIMATED], {name: y[:ESTIMATED] for name, y in condition.items()}
    draws = {} if recipe.draws is None else {"num_samples": recipe.draws}
    measure = model.elbo if _by_elbo(recipe) else model.log_prob
    values = np.asarray(measure(x, **condition, **draws, progress=progress), "float64")
    nats, error = float(values.mean()), float(values.std(ddof=1) / len(values) ** 0.5)
    if not gray:
        return {"nats": nats, "nats_error": error}
    low, high = model.event.range
    bin_width = (high - low) / 256 if density else 1
    bits = float(likelihood.bits_per_dim(nats, x[0].size, bin_width))
    return {"nats": nats, "nats_error": error, "bits_per_dim": bits}


def _of_the_first(model, recipe):
    """Whether the likelihood is estimated, and on the first images alone."""
    return recipe.likelihood == "estimate" and model.event.range is not None


def _by_elbo(recipe):
    """Whether the bound is the model's `elbo`; one of several draws of a code is its `log_prob`."""
    return recipe.likelihood == "bound" and recipe.draws is None


def _support(model, recipe):
    """What the likelihood is of: "reals", "levels" or "bits".

    `log_prob` is of the model's `support`, `elbo` of its `elbo_support`: with a range of values that of
    a diffusion is of the 256 levels, though its `log_prob` is a density.
    """
    if not _by_elbo(recipe):
        return model.support
    return model.elbo_support


def _reconstruction(model, source):
    """{"mse"}: mean squared error of a pixel of the test set, where the model reconstructs."""
    if not hasattr(model, "reconstruct"):
        return {}
    _, x, condition = _test_set(model, source)
    low, high = model.event.range or (0, 1)
    error = (model.reconstruct(x, **condition) - x) / (high - low)
    return {"mse": float(np.mean(np.square(error), dtype="float64"))}


def _codes(model, source):
    """{"code_bits"}: what the discrete codes of a test example cost by the model's own prior of them."""
    if not hasattr(model, "log_prob_of_codes"):
        return {}
    nats = model.log_prob_of_codes(model.encode(_test_set(model, source)[1]))
    return {"code_bits": float(-np.mean(nats, dtype="float64") / np.log(2))}


def _categories(model, source):
    """How the categories that a model reads in the test set agree with its classes, where it reads any."""
    labels = classes(source, "test")
    if not hasattr(model, "codes") or labels is None:
        return {}
    read = model.encode(_test_set(model, source)[1])
    read = read[0] if isinstance(read, tuple) else read
    found = matching.agreement(read.argmax(axis=1), labels, model.codes.categories, int(labels.max()) + 1)
    return {"category_error": float(found.error), "category_information": found.information}


def _test_set(model, source):
    """(examples of the test split as stored, the same in the range of the model, {"condition"} or {})."""
    stored, labels = data.arrays(source, "test")
    x = stored if model.event.range is None else pixels.from_uint8(stored, model.event.range)
    return stored, x, {} if model.condition is None else {"condition": labels}
