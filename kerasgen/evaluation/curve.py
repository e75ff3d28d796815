"""One figure of an entry's samples as a function of how they are drawn: evaluations, guidance."""

import dataclasses
import sys
import time

from tqdm import tqdm

from kerasgen import media, registry
from kerasgen.evaluation import run
from kerasgen.evaluation.samples import conditions, draw
from kerasgen.models import ZooModel
from kerasgen.ops import checks


@dataclasses.dataclass(frozen=True)
class CurveResult:
    """What was measured.

    Attributes:
        lines: {line: [[x, value], ...]}.
        floor: What real examples score (`ReferenceSet.floor_of`), or None.
        settings: Samples a point, evaluator, minutes.
        picture: PIL image.
    """

    lines: dict
    floor: float | None
    settings: dict
    picture: object


def curve(name, model=None, num=None, source=None, progress=False, lines=None):
    """The points of the recipe's `Curve`, each from samples of seed 0.

    Args:
        name: An entry whose recipe has a curve.
        model: Its model; default the pretrained one.
        num: Samples a point; default the curve's.
        source: Name of the data to compare with; default the recipe's.
        progress: Whether to show bars, and the points as they come.
        lines: Names of the lines to measure, beside which the others of the Record are kept; default all.

    Raises:
        ValueError: If the recipe has no curve or no such line, or if the lines of the Record were
            measured otherwise.
        TypeError: If `model` is none of this library, or `lines` are no texts.
    """
    recipe = registry.get_recipe(name)
    plan = recipe.curve
    if plan is None:
        raise ValueError(f"`curve` is not planned in the recipe of {name}. Received: curve=None.")
    source = checks.text("source", recipe.data if source is None else source)
    asked = tuple(plan.lines) if lines is None else checks.texts("lines", lines)
    measured = [checks.choice("lines", line, tuple(plan.lines)) for line in asked]
    begun = time.monotonic()
    model = None if model is None else checks.instance("model", model, ZooModel)
    num = checks.integer("num", plan.num if num is None else num, 2, 2**20)
    model = model or registry.load(name)
    reference = run.reference_set(source, run.evaluator(recipe, source))
    settings = {
        "x": plan.x,
        "figure": f"{plan.figure}{reference.space}",
        "num": num,
        "real": f"{source}: test {len(reference.test):,} examples",
    }
    reference.check_num(num, plan.figure)
    kept = _kept(registry.get_record(name), settings) if lines else {}
    condition, (classes,) = conditions(model, source, [], num, seed=0)
    points = [(line, x, arguments) for line in measured for x, arguments in plan.lines[line].items()]
    found = kept.get("lines", {}) | {line: [] for line in measured}
    for line, x, arguments in tqdm(points, name, unit="point", disable=not progress):
        samples = draw(model, num, 0, progress, **condition, **arguments)
        value = reference.figure(plan.figure, samples, classes)
        found[line].append([x, value])
        if progress:  # an hour's points are worth having before the last
            tqdm.write(f"{line}, {x:g}: {value:.4g}", file=sys.stderr)
    found = {line: found[line] for line in plan.lines if line in found}
    floor = reference.floor_of(plan.figure, num)
    minutes = (time.monotonic() - begun) / 60 + kept.get("minutes", 0)
    drawn = media.line_chart(found, plan.x, settings["figure"], floor)
    return CurveResult(found, floor, settings | {"minutes": round(minutes, 1)}, drawn)


def _kept(record, settings):
    """The curve of a Record, if there is one, which must be of these settings."""
    kept = record.curve if record else {}
    other = [f"{key}={kept[key]!r}" for key in settings if kept and kept[key] != settings[key]]
    if other:
        raise ValueError(f"`lines` cannot stand beside those of the Record. Received: there, {other}.")
    return kept
