"""Line charts: signals, training curves, one figure against another."""

import numbers

from kerasgen.atomic import local_path
from kerasgen.media import arguments, figures
from kerasgen.ops import checks

SHOWN = 16  # signals in a picture


def signal(samples, columns=4):
    """A PIL image of signals, each in its own axes with one line for each channel.

    Args:
        samples: Array (num, length) or (num, length, channels); the first 16 are shown.
        columns: Signals in a row.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """
    words = "(num, length) or (num, length, channels)"
    samples = arguments.numbers("samples", samples, words, (2, 3))[:SHOWN]
    columns = min(arguments.columns(columns), len(samples))
    rows = -(-len(samples) // columns)
    figure, axes = figures.axes((2.5 * columns, 1.5 * rows), rows, columns)
    low, high = samples.min(), samples.max()
    margin = 0.05 * (high - low) or 1.0
    for ax in axes.flat:
        ax.set(xticks=[], ylim=(low - margin, high + margin))
        ax.tick_params(labelsize=6)
    for ax, one in zip(axes.flat, samples, strict=False):
        ax.plot(one, linewidth=0.8)
    return figures.to_image(figure)


def training_curve(rows, path, title=""):
    """Draws the terms that a run logged to a PNG file: losses in the upper axes, other terms in the lower.

    Args:
        rows: [{term: number}], one for each epoch, each with its `epoch` from 0.
        path: File to write.
        title: Above the axes.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """
    rows, path = [_row(row) for row in checks.members("rows", rows, "dictionaries")], local_path("path", path)
    checks.instance("title", title, str)
    names = dict.fromkeys(name for row in rows for name in row if name != "epoch")
    names = [name for name in names if any(row.get(name) for row in rows)]  # all zero: unused
    groups = [[n for n in names if "loss" in n], [n for n in names if "loss" not in n]]
    groups = [group for group in groups if group]
    num = max(1, len(groups))
    figure, axes = figures.axes((8, 3 * num), num)
    for ax, group in zip(axes[:, 0], groups, strict=False):
        for name in group:
            values = [(row["epoch"] + 1, row[name]) for row in rows if name in row]
            ax.plot(*zip(*values, strict=True), label=name)
        ax.set_xlabel("epoch")
        ax.legend()
        ax.grid(alpha=0.3)
    figure.suptitle(title)
    figure.savefig(path, dpi=100)


def line_chart(lines, x, y, floor=None):
    """A PIL image of curves in logarithmic axes.

    Args:
        lines: {label: [[x, y], ...]}.
        x, y: What stands along the axes.
        floor: The value that real data have, drawn as a dotted line; None draws none.

    Raises:
        TypeError, ValueError: If an argument is none of these, or a number is not > 0.
    """
    from matplotlib.ticker import LogLocator

    lines = {label: _pairs(values) for label, values in checks.instance("lines", lines, dict).items()}
    x, y = checks.text("x", x), checks.text("y", y)
    floor = None if floor is None else checks.positive("floor", floor)

    figure, ((axes,),) = figures.axes((7, 5))
    for label, values in lines.items():
        axes.plot(*zip(*values, strict=True), marker="o", markersize=3, label=label)
    if floor is not None:
        axes.axhline(floor, color="black", linestyle=":", label="real data")
    axes.set(xlabel=x, ylabel=y, xscale="log", yscale="log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("")
    axes.grid(alpha=0.3)
    axes.legend()
    return figures.to_image(figure)


def _pairs(values):
    """[[x, y], ...] as an array of numbers > 0."""
    found = checks.array("lines", values)
    if found.ndim != 2 or found.shape[1] != 2 or not (found > 0).all():
        raise ValueError(f"`lines` must hold lists of [x, y], each > 0. Received: {checks.received(values)}.")
    return found


def _row(row):
    """What a run logged after an epoch."""
    row = checks.instance("rows", row, dict)
    for name, value in row.items():
        checks.instance("rows", value, numbers.Real)
        checks.text("rows", name)
    checks.integer("rows", row.get("epoch"), 0, 2**31 - 1)
    return row
