"""From a finished run to an entry with weights: weight file, Record and card.

The card is generated from recipe and Record; it is never edited by hand.
"""

import datetime
import importlib.metadata
import os
import platform

from kerasgen import pictures, registry, weights
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
        steps=int(model.steps),
        minutes=round(minutes, 1),
        data=data,
        parameters={part: int(nets[0].count_params()) for part, nets in model.parts().items()},
        versions={"python": platform.python_version()} | {p: _version(p) for p in PACKAGES},
        machine=f"{_processor()}, {os.cpu_count()} cores",
        date=datetime.date.today().isoformat(),
    )
    record.write(os.path.join(target, f"{name}.json"))
    if folder is None:
        write_card(name)
    return record


def write_card(name):
    """Writes `zoo/cards/<name>.md` and its sheet of 100 samples, seed 0."""
    folder = os.path.join(registry.root(), "cards")
    os.makedirs(folder, exist_ok=True)
    model = registry.load(name)
    sheet = pictures.sheet(model.sample(100, seed=0), model.value_range)
    sheet.save(os.path.join(folder, f"{name}.png"), optimize=True)
    with open(os.path.join(folder, f"{name}.md"), "w", encoding="utf-8") as file:
        file.write(card(name))


def card(name):
    """The card of an entry as Markdown."""
    entry, recipe, record = registry.describe(name), registry.get_recipe(name), registry.get_record(name)
    paper = f"[{entry['paper']}](https://arxiv.org/abs/{entry['arxiv']})"
    lines = [f"# {name}", "", entry["summary"], "", entry["details"], ""]
    lines += [f"Follows {paper}. Family `{entry['family']}`, data `{recipe.data}`, "]
    lines[-1] += f"pixels in [{recipe.value_range[0]:g}, {recipe.value_range[1]:g}]."
    if record:
        lines += ["", f"![100 samples, seed 0]({name}.png)", "", "100 samples, seed 0, none chosen."]
        lines += ["", "| training | |", "|---|---|", *_training_rows(record)]
    reference = recipe.reference
    if reference.metric:
        source = "read in its source" if reference.checked else "as commonly quoted"
        lines += ["", f"Published beside it: {reference.metric}: {reference.value} ({source})."]
    usage = [f'model = kerasgen.load("{name}")', "images = model.sample(16, seed=7)"]
    return "\n".join([*lines, "", "```python", "import kerasgen", "", *usage, "```", ""])


def table():
    """The zoo as rows of a Markdown table, as README.md shows it."""
    rows = []
    for name in registry.list_models():
        entry, record = registry.describe(name), registry.get_record(name)
        paper = f"[{entry['paper']}](https://arxiv.org/abs/{entry['arxiv']})"
        sizes = f"{entry['parameters']:,} | {record.size / 1e6:.1f} MB" if record else "| none yet"
        rows.append(f"| `{name}` | {entry['summary']} {paper} | {sizes} | [card](zoo/cards/{name}.md) |")
    return "\n".join(rows)


def _training_rows(record):
    parameters = ", ".join(f"{part} {count:,}" for part, count in record.parameters.items())
    rows = {
        "command": f"`{record.command}`",
        "data": record.data,
        "epochs, steps": f"{record.epochs}, {record.steps:,}",
        "wall time": f"{record.minutes:g} min on {record.machine}",
        "seed": record.seed,
        "parameters": parameters,
        "weight file": f"{record.size / 1e6:.2f} MB, sha256 `{record.sha256[:16]}`",
        "versions": ", ".join(f"{k} {v}" for k, v in record.versions.items()),
        "date": record.date,
    }
    return [f"| {key} | {value} |" for key, value in rows.items()]


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
