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

    A density of pixels is taken at dequantised ones, where it bounds the probability of the levels.
    """
    if recipe.likelihood not in ("exact", "bound"):
        return {}
    images, x, condition = _test_set(model, source)
    grey = model.value_range is not None and model.support != "bits"
    if grey and model.support == "reals":
        x = pixels.dequantised(images, model.value_range)
    draws = {} if recipe.draws is None else {"num_samples": recipe.draws}
    nats = float(np.mean(model.log_prob(x, **condition, **draws, progress=progress), dtype="float64"))
    if not grey:
        return {"nats": nats}
    low, high = model.value_range
    bin_width = (high - low) / 256 if model.support == "reals" else 1
    return {"nats": nats, "bits_per_dim": float(likelihood.bits_per_dim(nats, x[0].size, bin_width))}


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
