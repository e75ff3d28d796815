"""What evaluations of entries and of one's own models share: rounds of samples, figures, pictures."""

import dataclasses
import time

import numpy as np
from tqdm import tqdm

from kerasgen import media
from kerasgen.errors import InvalidDataError
from kerasgen.evaluation.samples import quantize
from kerasgen.ops import checks, pixels


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


def draw_rounds(model, references, ask, num, seeds, progress, **arguments):
    """Figures of the samples under each seed, their rate among them, and the first samples.

    Args:
        model: The model.
        references: [`ReferenceSet`, further ones that only read classes back].
        ask: Function of a seed: (arguments of `sample`, [classes that each of `references` should read]).
        num: Samples a seed.
        seeds: Their seeds.
        progress: Whether to show a bar.
        **arguments: Further ones of `sample`.
    """
    reference, *judges = references
    rounds, first = [], None
    model.sample(2 * model.chunk, seed=0, **arguments)  # traced before it is timed
    for seed in tqdm(seeds, model.name, unit="seed", disable=not progress):
        condition, (wanted, *others) = ask(seed)
        begun = time.perf_counter()
        samples = model.sample(num, seed=seed, progress=progress, **condition, **arguments)
        rate = num / (time.perf_counter() - begun)
        samples = quantize(samples, model.event.range)
        figures = reference.figures(samples, seed, wanted)
        for judge, classes in zip(judges, others, strict=True):
            figures |= judge.read_back(samples, classes)
        rounds.append(figures | {"samples_per_second": rate})
        first = samples if first is None else first
    return rounds, first


def summary(rounds, floors):
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


def checked_seeds(seeds):
    found = checks.members("seeds", seeds, "a list of ints")
    seeds = [checks.integer("seeds", seed, 0, 2**32 - 1) for seed in found]
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"`seeds` must be different ints, one or more. Received: seeds={seeds}.")
    return seeds


def check_shape(model, source, reference, name="source"):
    if tuple(model.event.shape) != reference.test.shape[1:]:
        raise InvalidDataError(
            f"`{name}` must be data of shape {tuple(model.event.shape)}, as the model's examples are. "
            f"Received: {source!r}, of shape {reference.test.shape[1:]}."
        )


def dtype_of(model):
    return model.layers[0].dtype_policy.name


def pictures(model, reference, samples, show_training):
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
