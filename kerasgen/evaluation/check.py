"""Measuring anew what a Record says, and telling what has moved."""

from kerasgen import registry
from kerasgen.errors import MissingWeightsError
from kerasgen.evaluation import run
from kerasgen.evaluation.measures import base, measure


def repeat(name, progress=False):
    """The `Evaluation` of an entry under the settings of its Record: number, seeds and dtype.

    Args:
        name: An entry whose Record has figures.
        progress: Whether to show a bar.

    Raises:
        MissingWeightsError: If there is no Record, or none with figures.
    """
    record = registry.get_record(name)
    if record is None or not record.metrics:
        raise MissingWeightsError(f"`name` must be an entry with figures in its Record. Received: {name!r}.")
    told = {key: record.evaluation[key] for key in ("num", "seeds", "dtype") if record.evaluation.get(key)}
    return run.evaluate(name, progress=progress, **told)


def differences(record, evaluation):
    """What left the tolerance of `--check`: [(figure, value of the Record, present value)].

    Equal seeds give equal samples but for the rounding of the kernels, so a figure may move by 1 %,
    by its spread between seeds, or by half a unit of the last digit printed, whichever is most.
    Speed is not compared; a figure of the Record that is no longer there is reported with None,
    another evaluator by its sha256, another dtype by its name; figures that the Record does not have
    yet are left out.

    Args:
        record: `Record` with figures.
        evaluation: `Evaluation` of the same entry.
    """
    found = []
    for word, key, usual in (("evaluator", "evaluator_sha256", None), ("dtype", "dtype", "float32")):
        sides = [side.get(key) or usual for side in (record.evaluation, evaluation.settings)]
        found += [(word, *sides)] if sides[0] != sides[1] else []
    for figure, entry in record.metrics.items():
        new = evaluation.figures.get(figure, {}).get("value")
        if base(figure) == "samples_per_second":
            continue
        if new is None or not abs(new - entry["value"]) <= _tolerance(figure, entry):
            found.append((figure, entry["value"], new))
    return found


def _tolerance(figure, entry):
    return max(0.01 * abs(entry["value"]), entry["spread"] or 0, 0.5 * 10.0 ** -measure(figure).digits)
