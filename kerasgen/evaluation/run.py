"""Evaluation of an entry: samples under fixed seeds, every measure that fits, real data beside them."""

import dataclasses
import time

import numpy as np
from tqdm import tqdm

from kerasgen import data, media, registry
from kerasgen.errors import InvalidDataError
from kerasgen.evaluation import classifier, held_out, known
from kerasgen.evaluation.reference import ReferenceSet
from kerasgen.evaluation.samples import classes, conditions, quantize
from kerasgen.metrics import extractor as extractors
from kerasgen.ops import checks, pixels

UNSHOWN = ("anime_faces",)  # sets whose artists were not asked: no card repeats their pictures


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Attributes:
        figures: {figure: {"value", "spread", "floor"}}: mean over the sampling seeds, standard
            deviation between them (None for a single one), mean of what real examples score
            (None where nothing real is comparable).
        settings: Everything that the figures depend on beside the weights.
        variants: {variant: figures} of the recipe's other ways to draw.
        pictures: {name: PIL image}.
    """

    figures: dict
    settings: dict
    variants: dict = dataclasses.field(default_factory=dict)
    pictures: dict = dataclasses.field(default_factory=dict)


def evaluate(
    name,
    model=None,
    num=10_000,
    seeds=(0, 1, 2),
    source=None,
    extractor=None,
    progress=False,
    dtype=None,
):
    """Every measure that fits an entry, over several sampling seeds, with the floor of real data.

    Everything is checked before a sample is drawn. A model that does not sample, a classifier, is
    measured by its answers.

    Args:
        name: An entry of the zoo.
        model: Its model; default the pretrained one.
        num: Samples a seed.
        seeds: Seeds of the samples, different from each other.
        source: Name of the data to compare with; default the recipe's.
        extractor: `metrics.extractor.Extractor`; default the recipe's evaluator.
        progress: Whether to show a bar.
        dtype: Keras dtype policy in which the pretrained model is built; default the global one.

    Returns:
        `Evaluation`.

    Raises:
        InvalidDataError: If `num` is too small for a measure; says what would do. If the data of
            `source` have another shape than the model's examples.
        ValueError, TypeError: Another argument out of its range; `dtype` beside `model`.
    """
    recipe = registry.get_recipe(name)
    seeds = _checked_seeds(seeds)
    source = checks.text("source", recipe.data if source is None else source)
    extractor = None if extractor is None else checks.instance("extractor", extractor, extractors.Extractor)
    if model is not None and dtype is not None:
        raise ValueError(
            f"`dtype` is that of the pretrained model, not of `model`. Received: dtype={dtype!r}."
        )
    model = registry.load(name, dtype=dtype) if model is None else model
    if not hasattr(model, "sample"):
        return classify(model, source)
    num = checks.integer("num", num, 2, model.max_rows)
    started = time.monotonic()
    reference = reference_set(source, extractor or evaluator(recipe, source))
    _check_shape(model, source, reference)
    reference.check_num(num)
    train_labels = None if model.condition is None else classes(source, "train")
    floors = [reference.floor(num, seed, train_labels) for seed in seeds]
    rounds, first = _rounds(model, reference, source, num, seeds, progress)
    figures = held_out.figures(model, recipe, source, progress) | _summary(rounds, floors)
    made, variants = _pictures(model, reference, first, source not in UNSHOWN), {}
    for variant, arguments in recipe.variants.items():
        rounds, first = _rounds(model, reference, source, num, seeds, progress, **arguments)
        variants[variant] = _summary(rounds, floors)
        made[variant] = media.image_grid(first[:100])
    settings = held_out.settings(model, recipe) | {
        "dtype": _dtype(model),
        "num": num,
        "seeds": seeds,
        "real": _extent(source, reference.test, reference.train),
        "evaluator": reference.space.strip("_") or None,
        "evaluator_sha256": _hash(recipe.evaluator) if extractor is None else None,
        "minutes": round((time.monotonic() - started) / 60, 1),
    }
    return Evaluation(figures, settings, variants, made)


def classify(model, source):
    """`Evaluation` of a classifier: its answers on the test split, and accuracy on the training split.

    Raises:
        InvalidDataError: If the data has no labels.
        TypeError: If the model gives no features and logits.
    """
    if not hasattr(model, "features"):
        raise TypeError(
            f"`model` must be able to `sample` or to classify. Received: {checks.received(model)}."
        )
    found, test, train = classifier.figures(model, source)
    figures = {name: {"value": value, "spread": None, "floor": None} for name, value in found.items()}
    return Evaluation(figures, {"dtype": _dtype(model), "real": _extent(source, test, train)})


def reference_set(source, extractor=None):
    """The `ReferenceSet` of a named data set."""
    (train, _), (test, _) = data.arrays(source, "train"), data.arrays(source, "test")
    return ReferenceSet(train, test, extractor, classes(source, "test"), known.MIXTURES.get(source))


def evaluator(recipe, source=None):
    """The extractor of the classifier that a recipe names, or None; by channel for stacked images."""
    if recipe.evaluator is None:
        return None
    version = registry.get_recipe(recipe.evaluator).version
    extractor = extractors.of_classifier(f"{recipe.evaluator}_v{version}", registry.load(recipe.evaluator))
    return extractors.stacked(extractor) if source == "stacked_mnist" else extractor


def _rounds(model, reference, source, num, seeds, progress, **arguments):
    """Figures of the samples under each seed, their rate among them, and the first samples."""
    rounds, first = [], None
    model.sample(2 * model.chunk, seed=0, **arguments)  # traced before it is timed
    for seed in tqdm(seeds, model.name, unit="seed", disable=not progress):
        condition, wanted = conditions(model, source, num, seed)
        begun = time.perf_counter()
        samples = model.sample(num, seed=seed, progress=progress, **condition, **arguments)
        rate = num / (time.perf_counter() - begun)
        samples = quantize(samples, model.event.range)
        rounds.append(reference.figures(samples, seed, wanted) | {"samples_per_second": rate})
        first = samples if first is None else first
    return rounds, first


def _summary(rounds, floors):
    """Mean and spread of each figure over the rounds, mean of the floors; of a rate the median."""
    figures = {}
    for figure in rounds[0]:
        values = [one[figure] for one in rounds]
        spread = float(np.std(values, ddof=1)) if len(values) > 1 else None
        if figure == "samples_per_second":
            figures[figure] = {"value": float(np.median(values)), "spread": None, "floor": None}
        else:
            real = [one[figure] for one in floors if figure in one]
            floor = float(np.mean(real)) if real else None
            figures[figure] = {"value": float(np.mean(values)), "spread": spread, "floor": floor}
    return figures


def _checked_seeds(seeds):
    found = checks.members("seeds", seeds, "a list of ints")
    seeds = [checks.integer("seeds", seed, 0, 2**32 - 1) for seed in found]
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"`seeds` must be different ints, one or more. Received: seeds={seeds}.")
    return seeds


def _check_shape(model, source, reference):
    if tuple(model.event.shape) != reference.test.shape[1:]:
        raise InvalidDataError(
            f"`source` must be data of shape {tuple(model.event.shape)}, as the model's examples are. "
            f"Received: {source!r}, of shape {reference.test.shape[1:]}."
        )


def _dtype(model):
    return model.layers[0].dtype_policy.name


def _extent(source, test, train):
    return f"{source}: test {len(test):,}, train {len(train):,} examples"


def _hash(name):
    return registry.get_record(name).sha256 if name else None


def _pictures(model, reference, samples, show_training):
    """Samples beside their nearest training images (where these may be shown), by class, along paths."""
    if reference.extractor is None:
        return {"density": media.points(samples[:2500], reference.test)}
    made = {}
    if show_training:
        made["nearest"] = media.pairs(samples[:50], reference.nearest(samples[:50]))
    labels = reference.classes(samples[:2000])
    if labels is not None:
        made["classes"] = media.by_class(samples[:2000], labels)
    if hasattr(model, "interpolate"):
        paths = pixels.to_uint8(model.interpolate(8, 10, seed=0), model.event.range)
        made["paths"] = media.image_grid(paths.reshape(-1, *paths.shape[2:]), columns=10)
    return made
