"""Pictures a person would rather look at: sheets of images, points over density, training curves."""

import math

import numpy as np

from kerasgen.ops import pixels


def of_samples(samples, value_range=None):
    """A picture of samples of any model: a sheet of images, or points in one or two dimensions.

    Args:
        samples: Array (num, height, width, channels) or (num, 1 or 2).
        value_range: As in `sheet`.
    """
    return scatter(samples) if np.ndim(samples) == 2 else sheet(samples, value_range)


def sheet(images, value_range=None, columns=None):
    """A PIL image of a grid of examples, with one pixel of margin between them.

    Args:
        images: Array (num, height, width, channels), channels 1 or 3.
        value_range: (low, high) of its values, shown as black and white; None for uint8.
        columns: Examples a row; default the square.
    """
    from PIL import Image

    images = pixels.to_uint8(images, value_range) if value_range else np.asarray(images, "uint8")
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


def pairs(samples, nearest, columns=10):
    """A sheet in which each row of samples stands above the row of their nearest training images.

    Args:
        samples, nearest: uint8 (num, height, width, channels).
        columns: Samples a row.
    """
    starts = range(0, len(samples), columns)
    rows = [side[at : at + columns] for at in starts for side in (samples, nearest)]
    return sheet(np.concatenate(rows), columns=columns)


def by_class(images, labels, each=10):
    """A sheet with one column a class, of the first images of it; black where there are fewer.

    Args:
        images: uint8 (num, height, width, channels).
        labels: Class of each (num,), from 0; the first ten classes are shown.
        each: Rows.
    """
    columns = min(10, int(labels.max()) + 1)
    grid = np.zeros((each, columns, *images.shape[1:]), "uint8")
    for column in range(columns):
        found = images[labels == column][:each]
        grid[: len(found), column] = found
    return sheet(grid.reshape(-1, *images.shape[1:]), columns=columns)


def scatter(samples, real=None, bins=120):
    """Samples as points over the density of real points, 2-D; two histograms in 1-D.

    Args:
        samples, real: Arrays (num, 1 or 2); without real points the samples stand alone.
        bins: Cells along an axis.
    """
    figure, axes = _figure()
    if samples.shape[1] == 1:
        for points, label in ((real, "data"), (samples, "samples")):
            if points is not None:
                axes.hist(points[:, 0], bins, density=True, histtype="step", label=label)
        axes.legend()
    else:
        seen = samples if real is None else real
        low, high = seen.min(0), seen.max(0)
        margin = 0.15 * (high - low)
        window = np.stack([low - margin, high + margin], axis=1)
        if real is not None:
            axes.hist2d(*real.T, bins=bins, range=window, cmap="Greys", norm="log")
        axes.plot(*samples.T, ".", markersize=2, alpha=0.5)
        axes.set(xlim=window[0], ylim=window[1], aspect="equal")
    return _image(figure)


def curve(rows, path, title=""):
    """Draws what a run logged, [{term: number}] with an `epoch` each, to a PNG file.

    Losses share the upper axes, the other terms the lower.
    """
    from matplotlib.figure import Figure  # no pyplot: no global state, no screen

    names = dict.fromkeys(name for row in rows for name in row if name != "epoch")
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


def lines(lines, x, y, floor=None):
    """Curves on axes whose unit is a factor: {label: [[x, y], ...]}, and a level that real data have."""
    from matplotlib.ticker import LogLocator

    figure, axes = _figure((7, 5))
    for label, points in lines.items():
        axes.plot(*zip(*points, strict=True), marker="o", markersize=3, label=label)
    if floor is not None:
        axes.axhline(floor, color="black", linestyle=":", label="real data")
    axes.set(xlabel=x, ylabel=y, xscale="log", yscale="log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("")
    axes.grid(alpha=0.3)
    axes.legend()
    return _image(figure)


def _figure(size=(6, 6)):
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots()


def _image(figure):
    """A drawn figure as a PIL image."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
