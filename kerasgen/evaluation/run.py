"""Evaluating an entry: samples under fixed seeds, every measure that fits, real data beside them."""

import dataclasses
import time

import numpy as np
from scipy.special import log_softmax
from sklearn.metrics import precision_recall_fscore_support
from tqdm import tqdm

from kerasgen import data, pictures, registry
from kerasgen.errors import InvalidDataError
from kerasgen.evaluation import held_out
from kerasgen.evaluation.measures import base, measure
from kerasgen.evaluation.yardstick import Yardstick
from kerasgen.metrics import arrays
from kerasgen.metrics import extractor as extractors
from kerasgen.ops import checks, pixels

CLASSES = {"anime_faces": "anime_hair"}  # sets with captions -> the same examples with classes
UNSHOWN = ("anime_faces",)  # sets whose artists were not asked: no card repeats their pictures


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Attributes:
        figures: {figure: {"value", "spread", "floor"}}: mean over the seeds, standard
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


def evaluate(name, model=None, num=10_000, seeds=(0, 1, 2), source=None, extractor=None, progress=False):
    """Every measure that fits an entry, over several seeds, with the floor of real data.

    Args:
        name: An entry of the zoo.
        model: Its model; default the pretrained one.
        num: Samples a seed.
        seeds: Seeds of the samples, different from each other.
        source: Name of the data to compare with; default the recipe's.
        extractor: `metrics.extractor.Extractor`; default the recipe's evaluator.
        progress: Whether to show a bar.

    Returns:
        `Evaluation`.

    Raises:
        InvalidDataError: If `num` is too small for a measure; says what would do.
        ValueError: If `seeds` are none or not all different.
    """
    recipe = registry.get_recipe(name)
    model = model or registry.load(name)
    if recipe.family == "classifier":
        return classify(model, source or recipe.data)
    checks.integer("num", num, 2, model.max_rows)
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"`seeds` must be different ints, one or more. Received: seeds={seeds}.")
    source = source or recipe.data
    started = time.monotonic()
    yardstick = yardstick_of(source, extractor or evaluator(recipe, source))
    floors = [yardstick.floor(num, seed) for seed in seeds]
    rounds, first = _rounds(model, yardstick, source, num, seeds, progress)
    figures = held_out.figures(model, recipe, source, progress) | _summary(rounds, floors)
    made, variants = _pictures(model, yardstick, first, source not in UNSHOWN), {}
    for variant, arguments in recipe.variants.items():
        rounds, first = _rounds(model, yardstick, source, num, seeds, progress, **arguments)
        variants[variant] = _summary(rounds, floors)
        made[variant] = pictures.sheet(first[:100])
    settings = {
        "nats": held_out.how(recipe),
        "dtype": model.layers[0].dtype_policy.name,
        "num": num,
        "seeds": list(seeds),
        "real": _extent(source, yardstick.test, yardstick.train),
        "evaluator": yardstick.space.strip("_") or None,
        "evaluator_sha256": _hash(recipe.evaluator) if extractor is None else None,
        "minutes": round((time.monotonic() - started) / 60, 1),
    }
    return Evaluation(figures, settings, variants, made)


def classify(model, source):
    """`Evaluation` of a classifier: its answers on the test split, and accuracy on the training split.

    Raises:
        InvalidDataError: If the data has no labels.
    """
    images, labels = data.arrays(source, "test")
    if labels is None:
        raise InvalidDataError(f"`source` must be data with labels. Received: {source!r}, which has none.")
    read = extractors.of_classifier(model.name, model)
    logits = read(images).logits
    answers = logits.argmax(1)
    precision, recall, *_ = precision_recall_fscore_support(labels, answers, average="macro", zero_division=0)
    train_images, train_labels = data.arrays(source, "train")
    figures = {
        "accuracy": (answers == labels).mean(),
        "macro_precision": precision,
        "macro_recall": recall,
        "cross_entropy": -log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean(),
        "train_accuracy": (read(train_images).logits.argmax(1) == train_labels).mean(),
    }
    figures = {name: {"value": float(v), "spread": None, "floor": None} for name, v in figures.items()}
    return Evaluation(figures, {"real": _extent(source, images, train_images)})


def yardstick_of(source, extractor=None):
    """The `Yardstick` of a named data set."""
    (train, _), (test, _) = data.arrays(source, "train"), data.arrays(source, "test")
    return Yardstick(train, test, extractor, classes(source, "test"), held_out.MIXTURES.get(source))


def evaluator(recipe, source=None):
    """The extractor of the classifier that a recipe names, or None; by channel for stacked images."""
    if recipe.evaluator is None:
        return None
    version = registry.get_recipe(recipe.evaluator).version
    extractor = extractors.of_classifier(f"{recipe.evaluator}_v{version}", registry.load(recipe.evaluator))
    return extractors.stacked(extractor) if source == "stacked_mnist" else extractor


def differences(record, evaluation):
    """What left the tolerance of `--check`: [(figure, value of the Record, present value)].

    Equal seeds give equal samples but for the rounding of the kernels, so a figure may move by 1 %,
    by its spread between seeds, or by half a unit of the last digit printed, whichever is most.
    Speed is not compared; a figure of the Record that is no longer there is reported with None,
    another evaluator by its sha256; figures that the Record does not have yet are left out.

    Args:
        record: `Record` with figures.
        evaluation: `Evaluation` of the same entry.
    """
    judges = [side.get("evaluator_sha256") for side in (record.evaluation, evaluation.settings)]
    found = [("evaluator", *judges)] if judges[0] != judges[1] else []
    for figure, entry in record.metrics.items():
        new = evaluation.figures.get(figure, {}).get("value")
        if base(figure) == "samples_per_second":
            continue
        if new is None or not abs(new - entry["value"]) <= _tolerance(figure, entry):
            found.append((figure, entry["value"], new))
    return found


def _tolerance(figure, entry):
    return max(0.01 * abs(entry["value"]), entry["spread"] or 0, 0.5 * 10.0 ** -measure(figure).digits)


def classes(source, split):
    """What a classifier should read in the examples of a split: int64 (num,), or None."""
    return data.arrays(CLASSES.get(source, source), split)[1]


def asked(model, source, num, seed):
    """({"label": what to ask for}, the classes to be read): those of random training examples."""
    if model.condition is None:
        return {}, None
    _, labels = data.arrays(source, "train")
    chosen = np.random.default_rng(seed).integers(len(labels), size=num)
    return {"label": labels[chosen]}, classes(source, "train")[chosen]


def _rounds(model, yardstick, source, num, seeds, progress, **arguments):
    """Figures of the samples under each seed, their rate among them, and the first samples."""
    rounds, first = [], None
    model.sample(2 * model.chunk, seed=0, **arguments)  # traced before it is timed
    for seed in tqdm(seeds, model.name, unit="seed", disable=not progress):
        condition, wanted = asked(model, source, num, seed)
        begun = time.perf_counter()
        samples = model.sample(num, seed=seed, progress=progress, **condition, **arguments)
        rate = num / (time.perf_counter() - begun)
        samples = comparable(samples, model.value_range)
        rounds.append(yardstick.figures(samples, seed, wanted) | {"samples_per_second": rate})
        first = samples if first is None else first
    return rounds, first


def _extent(source, test, train):
    return f"{source}: test {len(test):,}, train {len(train):,} examples"


def drawn(model, num, seed, progress=False, **way):
    """Samples of a model as a `Yardstick` takes them; `way` goes to `sample`."""
    return comparable(model.sample(num, seed=seed, progress=progress, **way), model.value_range)


def comparable(samples, value_range):
    """Samples as any saved picture has them, in 256 grey levels; points as they are."""
    arrays.array("samples", samples)  # NaN would become a grey level like any other
    return samples if value_range is None else pixels.to_uint8(samples, value_range)


def _summary(rounds, floors):
    """Mean and spread of each figure over the rounds, mean of the floors; of a rate the median."""
    figures = {}
    for figure in rounds[0]:
        values = [one[figure] for one in rounds]
        spread = float(np.std(values, ddof=1)) if len(values) > 1 else None
        if figure == "samples_per_second":
            figures[figure] = {"value": float(np.median(values)), "spread": None, "floor": None}
        else:
            floor = float(np.mean([one[figure] for one in floors]))
            figures[figure] = {"value": float(np.mean(values)), "spread": spread, "floor": floor}
    return figures


def _hash(name):
    return registry.get_record(name).sha256 if name else None


def _pictures(model, yardstick, samples, show_training):
    """Samples beside their nearest training images (where these may be shown), by class, along paths."""
    if yardstick.extractor is None:
        return {"density": pictures.scatter(samples[:2500], yardstick.test)}
    made = {}
    if show_training:
        made["nearest"] = pictures.pairs(samples[:50], yardstick.nearest(samples[:50]))
    labels = yardstick.classes(samples[:2000])
    if labels is not None:
        made["classes"] = pictures.by_class(samples[:2000], labels)
    if hasattr(model, "interpolate"):
        paths = pixels.to_uint8(model.interpolate(8, 10, seed=0), model.value_range)
        made["paths"] = pictures.sheet(paths.reshape(-1, *paths.shape[2:]), columns=10)
    return made
