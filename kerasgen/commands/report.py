"""A page about a run: what it was measured on, the figures, and pictures."""

import os

from kerasgen import media
from kerasgen.atomic import write_text
from kerasgen.commands.common import figure_rows

HEADS = ("figure", "value", "spread", "real data", "what it says")
CAPTIONS = {
    "samples": "100 samples of seed 0, none chosen.",
    "nearest": "Rows of samples, each above the training examples nearest to it.",
    "classes": "One column a class as the judge reads it: the first ten samples of each.",
    "paths": "Eight paths between codes of the prior, seed 0.",
    "density": "Samples of seed 0 over the density of the held-out examples.",
}


def write(folder, name, model, result, about):
    """Writes `report.md` and its pictures into a folder; the path of the page.

    Args:
        folder: Folder, made if need be.
        name: The entry.
        model: What was measured.
        result: Its `Evaluation`.
        about: Lines that say on what.
    """
    os.makedirs(folder, exist_ok=True)
    pictures = dict(result.pictures)
    if hasattr(model, "sample"):
        pictures = {"samples": media.sheet(model.sample(100, seed=0), model.event)} | pictures
    parts = [f"# {name}: report", *(f"{line[0].upper()}{line[1:]}." for line in about)]
    if "num" in result.settings:
        parts.append(f"{result.settings['num']:,} samples for each of seeds {result.settings['seeds']}. ")
        parts[-1] += "Real data: what real examples score in the samples' place."
    from tabulate import tabulate

    table = tabulate(figure_rows(result.figures), HEADS, "github", disable_numparse=True)
    parts += [table]
    for kind, picture in pictures.items():
        picture.save(os.path.join(folder, f"report_{kind}.png"))
        parts += [f"![{kind}](report_{kind}.png)", CAPTIONS[kind]]
    if os.path.exists(os.path.join(folder, "health.md")):
        parts.append("[What the run looked like](health.md), [its curve](curve.png).")
    path = os.path.join(os.path.abspath(folder), "report.md")
    write_text(path, "\n\n".join(parts) + "\n")
    return path
