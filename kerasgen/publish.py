"""What goes into the zoo: an entry's weight file, Record, card and pictures."""

import dataclasses
import datetime
import importlib.metadata
import os
import platform

from kerasgen import cards, pictures, registry, weights
from kerasgen.recipe import Record

PACKAGES = ("kerasgen", "tensorflow", "keras", "numpy")


def publish(name, model, epochs, minutes, command, seed, data, folder=None):
    """Writes the weight file and the Record of an entry, then its card if it goes to the zoo.

    Args:
        name: The entry.
        model: Its trained model.
        epochs, minutes, command, seed, data: As in `Record`.
        folder: Where the two files go; default the zoo itself, card included.

    Returns:
        The Record.
    """
    target = folder or os.path.join(registry.root(), "weights")
    os.makedirs(target, exist_ok=True)
    record = Record(
        name=name,
        **weights.save(model, os.path.join(target, f"{name}.weights.h5")),
        command=command,
        seed=seed,
        epochs=epochs,
        steps=model.step,
        minutes=round(minutes, 1),
        data=data,
        parameters={part: int(nets[0].count_params()) for part, nets in model.parts().items()},
        **_here(),
    )
    record.write(os.path.join(target, f"{name}.json"))
    if folder is None:
        write_card(name)
    return record


def write_evaluation(name, evaluation, command):
    """Puts what was measured into the Record of an entry, then writes its card and pictures.

    Args:
        name: The entry; it has weights.
        evaluation: `evaluation.run.Evaluation`.
        command: What was typed.
    """
    settings = evaluation.settings | {"command": command} | _here()
    found = {"metrics": evaluation.figures, "variants": evaluation.variants, "evaluation": settings}
    record = dataclasses.replace(registry.get_record(name), **found)
    record.write(os.path.join(registry.root(), "weights", f"{name}.json"))
    write_card(name, evaluation.pictures)


def write_curve(name, result, command):
    """Puts a `evaluation.curve.CurveResult` into the Record of an entry, then writes its card."""
    found = {"lines": result.lines, "floor": result.floor} | result.settings | {"command": command} | _here()
    record = dataclasses.replace(registry.get_record(name), curve=found)
    record.write(os.path.join(registry.root(), "weights", f"{name}.json"))
    write_card(name, {"curve": result.picture})


def write_card(name, more=None):
    """Writes `zoo/cards/<name>.md`, its sheet of 100 samples of seed 0, and `more` {kind: picture}."""
    folder = os.path.join(registry.root(), "cards")
    os.makedirs(folder, exist_ok=True)
    model = registry.load(name)
    made = {f"_{kind}": picture for kind, picture in (more or {}).items()}
    if hasattr(model, "sample"):
        made[""] = pictures.of_samples(model.sample(100, seed=0), model.value_range)
    for kind, picture in made.items():
        picture.save(os.path.join(folder, f"{name}{kind}.png"), optimize=True)
    with open(os.path.join(folder, f"{name}.md"), "w", encoding="utf-8") as file:
        file.write(cards.card(name))


def _here():
    """Versions, machine and date: what a Record says of where something was done."""
    return {
        "versions": {"python": platform.python_version()} | {p: _version(p) for p in PACKAGES},
        "machine": f"{_processor()}, {os.cpu_count()} cores",
        "date": datetime.date.today().isoformat(),
    }


def _version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:  # a bare checkout
        import kerasgen

        return kerasgen.__version__


def _processor():
    """The processor's name where the system tells it."""
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
