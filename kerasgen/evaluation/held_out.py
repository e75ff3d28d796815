"""What a model makes of the test set itself: figures that need no samples."""

import numpy as np

from kerasgen import data
from kerasgen.data import laboratory
from kerasgen.metrics import likelihood
from kerasgen.ops import pixels

MIXTURES = {"ring": laboratory.RING, "grid": laboratory.GRID, "mixture_1d": laboratory.MIXTURE_1D}


def figures(model, recipe, source, progress=False):
    """{figure: {"value", "spread", "floor"}}; the floor of a likelihood is that of a law that is known.

    Args:
        model: Of the entry.
        recipe: Its `Recipe`.
        source: Name of the data.
        progress: Whether to show a bar.
    """
    found = _likelihood(model, recipe, source, progress) | _reconstruction(model, source)
    values = {name: {"value": value, "spread": None, "floor": None} for name, value in found.items()}
    if "nats" in values and source in MIXTURES:
        points, _ = data.arrays(source, "test")
        values["nats"]["floor"] = float(np.mean(MIXTURES[source].log_prob(points)))
    return values


def _likelihood(model, recipe, source, progress):
    """{"nats"}: mean log-likelihood of the test set, where the entry has one; bits a pixel of grey images.

    A density of pixels is taken at dequantised ones, where it bounds the probability of the levels; the
    variational bound of a diffusion is of the levels themselves.
    """
    if recipe.likelihood not in ("exact", "bound"):
        return {}
    images, x, condition = _test_set(model, source)
    grey = model.value_range is not None and model.support != "bits"
    density = grey and model.support == "reals" and not _stepwise(recipe)
    if density:
        x = pixels.dequantised(images, model.value_range)
    draws = {} if recipe.draws is None else {"num_samples": recipe.draws}
    measure = model.elbo if _stepwise(recipe) else model.log_prob
    nats = float(np.mean(measure(x, **condition, **draws, progress=progress), dtype="float64"))
    if not grey:
        return {"nats": nats}
    low, high = model.value_range
    bin_width = (high - low) / 256 if density else 1
    return {"nats": nats, "bits_per_dim": float(likelihood.bits_per_dim(nats, x[0].size, bin_width))}


def how(recipe):
    """What stands behind the entry's `nats`, in words, where that needs any."""
    if _stepwise(recipe):
        return "the variational bound of ancestral sampling in 1,000 steps"
    return recipe.draws and f"the importance-weighted bound of {recipe.draws:,} draws an example"


def _stepwise(recipe):
    """Whether the bound is that of a chain of denoising steps."""
    return recipe.family == "diffusion" and recipe.likelihood == "bound"


def _reconstruction(model, source):
    """{"mse"}: mean squared error of a pixel of the test set, where the model reconstructs."""
    if not hasattr(model, "reconstruct"):
        return {}
    _, x, condition = _test_set(model, source)
    low, high = model.value_range or (0, 1)
    error = (model.reconstruct(x, **condition) - x) / (high - low)
    return {"mse": float(np.mean(np.square(error), dtype="float64"))}


def _test_set(model, source):
    """(examples of the test split as stored, the same in the range of the model, {"label"} if it asks)."""
    stored, labels = data.arrays(source, "test")
    x = stored if model.value_range is None else pixels.from_uint8(stored, model.value_range)
    return stored, x, {} if model.condition is None else {"label": labels}
