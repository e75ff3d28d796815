"""One figure of an entry's samples against how they are drawn: evaluations, guidance."""

import dataclasses
import sys
import time

from tqdm import tqdm

from kerasgen import pictures, registry
from kerasgen.evaluation import run


@dataclasses.dataclass(frozen=True)
class CurveResult:
    """What was measured.

    Attributes:
        lines: {line: [[x, value], ...]}.
        floor: What real examples score (`Yardstick.floor_of`), or None.
        settings: Samples a point, evaluator, minutes.
        picture: PIL image.
    """

    lines: dict
    floor: float | None
    settings: dict
    picture: object


def curve(name, model=None, num=None, source=None, progress=False):
    """The points of the recipe's `Curve`, each from samples of seed 0.

    Args:
        name: An entry whose recipe has a curve.
        model: Its model; default the pretrained one.
        num: Samples a point; default the curve's.
        source: Name of the data to compare with; default the recipe's.
        progress: Whether to show bars, and the points as they come.

    Raises:
        ValueError: If the recipe has no curve.
    """
    recipe = registry.get_recipe(name)
    plan = recipe.curve
    if plan is None:
        raise ValueError(f"`curve` is not planned in the recipe of {name}. Received: curve=None.")
    model, source, num = model or registry.load(name), source or recipe.data, num or plan.num
    begun = time.monotonic()
    yardstick = run.yardstick_of(source, run.evaluator(recipe, source))
    condition, classes = run.asked(model, source, num, seed=0)
    points = [(line, x, way) for line, ways in plan.lines.items() for x, way in ways.items()]
    lines = {line: [] for line in plan.lines}
    for line, x, way in tqdm(points, name, unit="point", disable=not progress):
        samples = run.drawn(model, num, 0, progress, **condition, **way)
        value = yardstick.figure(plan.figure, samples, classes)
        lines[line].append([x, value])
        if progress:  # an hour's points are worth having before the last
            tqdm.write(f"{line}, {x:g}: {value:.4g}", file=sys.stderr)
    floor = yardstick.floor_of(plan.figure, num)
    settings = {
        "x": plan.x,
        "figure": f"{plan.figure}{yardstick.space}",
        "num": num,
        "real": f"{source}: test {len(yardstick.test):,} examples",
        "minutes": round((time.monotonic() - begun) / 60, 1),
    }
    drawn = pictures.lines(lines, plan.x, settings["figure"], floor)
    return CurveResult(lines, floor, settings, drawn)
