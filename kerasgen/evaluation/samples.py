"""Samples of a model as they are judged: drawn for the classes of real examples, in 256 levels."""

import numpy as np

from kerasgen import data
from kerasgen.metrics import arrays
from kerasgen.ops import pixels

CLASSES = {  # sets with captions, or several labels -> the same examples with classes
    "anime_faces": "anime_hair",
    "spoken_digit_speakers": "spoken_digit",
}


def draw(model, num, seed, progress=False, **arguments):
    """`num` samples of a model, quantized; `arguments` go to its `sample`."""
    return quantize(model.sample(num, seed=seed, progress=progress, **arguments), model.event.range)


def quantize(samples, value_range):
    """Samples as any saved picture has them, in 256 levels; points as they are.

    Raises:
        InvalidDataError: If they are not finite: NaN would become a level like any other.
    """
    arrays.rows("samples", samples, least=1, dtype=None)
    return samples if value_range is None else pixels.to_uint8(samples, value_range)


def conditions(model, source, judged, num, seed):
    """What a conditional model is asked for: the conditions of `num` random training examples.

    Args:
        model: The model.
        source: Name of the data.
        judged: Names of sets of the same examples with other classes, such as "anime_eyes".
        num, seed: How many, and what draws them.

    Returns:
        ({"condition": conditions} for `sample`, [classes of those examples in each set]), or ({}, [None]).
    """
    if model.condition is None:
        return {}, [None]
    kinds = [classes(name, "train") for name in (source, *judged)]
    return labels_of_random(model, data.arrays(source, "train")[1], kinds, num, seed)


def labels_of_random(model, labels, kinds, num, seed):
    """The same, of `labels` and their classes of several kinds, each an array or None."""
    if model.condition is None:
        return {}, [None]
    chosen = np.random.default_rng(seed).integers(len(labels), size=num)
    return {"condition": labels[chosen]}, [None if kind is None else kind[chosen] for kind in kinds]


def classes(source, split):
    """The class that a classifier should read in each example of a split: int64 (num,), or None."""
    return data.arrays(CLASSES.get(source, source), split)[1]
