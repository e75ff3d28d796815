"""Evaluation of an entry: samples under fixed seeds, every measure that fits, real data beside them."""

import functools
import time

from kerasgen import data, media, registry
from kerasgen.evaluation import classifier, held_out, known
from kerasgen.evaluation.by_space import evaluation_of
from kerasgen.evaluation.reference import ReferenceSet
from kerasgen.evaluation.rounds import (
    Evaluation,
    check_shape,
    checked_seeds,
    draw_rounds,
    dtype_of,
    pictures,
    summary,
)
from kerasgen.evaluation.samples import classes, conditions
from kerasgen.metrics import extractor as extractors
from kerasgen.ops import checks

UNSHOWN = ("anime_faces",)  # sets whose artists were not asked: no card repeats their pictures
STACKED = ("stacked_mnist",)  # sets whose channels are read one by one, and whose classes are equally likely
NUM, NUM_STACKED = 10_000, 26_000  # samples a seed; the latter in PacGAN, arXiv:1712.04086, section 4.2


def evaluate(
    name,
    model=None,
    num=None,
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
        num: Samples a seed; default 10,000, of stacked digits 26,000, of texts 1,000,
            of sounds 512.
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
    seeds = checked_seeds(seeds)
    source = checks.text("source", recipe.data if source is None else source)
    extractor = None if extractor is None else checks.instance("extractor", extractor, extractors.Extractor)
    if model is not None and dtype is not None:
        raise ValueError(
            f"`dtype` is that of the pretrained model, not of `model`. Received: dtype={dtype!r}."
        )
    model = registry.load(name, dtype=dtype) if model is None else model
    if not hasattr(model, "sample"):
        return classify(model, source)
    of_space = evaluation_of(model.event)
    if of_space is not None:
        return of_space(model, recipe, source, num, seeds, progress)
    usual = NUM_STACKED if source in STACKED else NUM
    num = checks.integer("num", usual if num is None else num, 2, model.max_rows)
    started = time.monotonic()
    reference = reference_set(source, extractor or evaluator(recipe, source))
    names = recipe.judges if source == recipe.data else ()
    judges = [judge(name) for name in names]
    check_shape(model, source, reference)
    reference.check_num(num)
    train_labels = None if model.condition is None else classes(source, "train")
    read = {figure: value for each in judges for figure, value in each.read_back().items()}
    floors = [reference.floor(num, seed, train_labels) | read for seed in seeds]
    judged = [registry.get_recipe(name).data for name in names]
    ask = functools.partial(conditions, model, source, judged, num)
    references = [reference, *judges]
    rounds, first = draw_rounds(model, references, ask, num, seeds, progress)
    figures = held_out.figures(model, recipe, source, progress) | summary(rounds, floors)
    made, variants = pictures(model, reference, first, source not in UNSHOWN), {}
    for variant, arguments in recipe.variants.items():
        rounds, first = draw_rounds(model, references, ask, num, seeds, progress, **arguments)
        variants[variant] = summary(rounds, floors)
        made[variant] = media.image_grid(first[:100])
    settings = held_out.settings(model, recipe) | {
        "dtype": dtype_of(model),
        "num": num,
        "seeds": seeds,
        "real": _extent(source, reference.test, reference.train),
        "evaluator": reference.space.strip("_") or None,
        "evaluator_sha256": _hash(recipe.evaluator) if extractor is None else None,
        **({"judges_sha256": {name: _hash(name) for name in names}} if names else {}),
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
    return Evaluation(figures, {"dtype": dtype_of(model), "real": _extent(source, test, train)})


def reference_set(source, extractor=None):
    """The `ReferenceSet` of a named data set.

    Classes of stacks are taken for equally likely, as in the program of PacGAN: 10,000 test examples are too
    few to tell the shares of 1,000 classes.
    """
    (train, _), (test, _) = data.arrays(source, "train"), data.arrays(source, "test")
    labels = None if source in STACKED else classes(source, "test")
    return ReferenceSet(train, test, extractor, labels, known.MIXTURES.get(source))


def judge(name):
    """The `ReferenceSet` of a classifier and the data that it was trained on."""
    return reference_set(registry.get_recipe(name).data, _extractor(name))


def _extractor(name):
    return extractors.of_classifier(f"{name}_v{registry.get_recipe(name).version}", registry.load(name))


def evaluator(recipe, source=None):
    """The extractor of the classifier that a recipe names, or None; by channel for stacked images."""
    if recipe.evaluator is None:
        return None
    extractor = _extractor(recipe.evaluator)
    return extractors.stacked(extractor) if source in STACKED else extractor


def _extent(source, test, train):
    return f"{source}: test {len(test):,}, train {len(train):,} examples"


def _hash(name):
    return registry.get_record(name).sha256 if name else None
