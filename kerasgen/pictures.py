"""Pictures a person would rather look at: sample sheets and training curves."""

import csv
import math

import numpy as np


def sheet(images, value_range, columns=None):
    """A PIL image of a grid of examples, with one pixel of margin between them.

    Args:
        images: Array (num, height, width, channels), channels 1 or 3.
        value_range: (low, high) of its values, shown as black and white.
        columns: Examples a row; default the square.
    """
    from PIL import Image

    low, high = value_range
    images = np.clip((np.asarray(images, "float32") - low) / (high - low), 0, 1)
    images = np.round(images * 255).astype("uint8")
    num, height, width, channels = images.shape
    columns = columns or math.ceil(math.sqrt(num))
    rows = math.ceil(num / columns)
    canvas = np.zeros((rows * (height + 1) + 1, columns * (width + 1) + 1, channels), "uint8")
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + 1) + 1, (index % columns) * (width + 1) + 1
        canvas[top : top + height, left : left + width] = image
    picture = Image.fromarray(canvas[..., 0] if channels == 1 else canvas)
    scale = max(1, 600 // picture.width)
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)


def curve(log, path, title=""):
    """Draws the columns of a training log (CSV with a column `epoch`) to a PNG file.

    Losses share the upper axes, the other terms the lower.
    """
    from matplotlib.figure import Figure  # no pyplot: no global state, no screen

    with open(log, encoding="utf-8", newline="") as file:
        gaps = ("", "NA")  # Keras keeps a place for each validation term
        rows = [{k: float(v) for k, v in row.items() if v not in gaps} for row in csv.DictReader(file)]
    names = [name for name in rows[0] if name not in ("epoch",)] if rows else []
    names = [name for name in names if any(row.get(name) for row in rows)]  # all-zero: unused
    groups = [[n for n in names if "loss" in n], [n for n in names if "loss" not in n]]
    groups = [group for group in groups if group]
    figure = Figure(figsize=(8, 3 * max(1, len(groups))), layout="constrained")
    for axes, group in zip(figure.subplots(max(1, len(groups)), squeeze=False)[:, 0], groups, strict=False):
        for name in group:
            points = [(row["epoch"] + 1, row[name]) for row in rows if name in row]
            axes.plot(*zip(*points, strict=True), label=name)
        axes.set_xlabel("epoch")
        axes.legend()
        axes.grid(alpha=0.3)
    figure.suptitle(title)
    figure.savefig(path, dpi=100)
