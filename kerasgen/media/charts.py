"""Line charts: signals, training curves, one figure against another."""

import numpy as np

from kerasgen.media import figures

SHOWN = 16  # signals in a picture


def signal(samples, columns=4):
    """A PIL image of signals, each in its own axes with one line for each channel.

    Args:
        samples: Array (num, length) or (num, length, channels); the first 16 are shown.
        columns: Signals in a row.

    Raises:
        ValueError: If `samples` has another rank.
    """
    samples = np.asarray(samples)
    if samples.ndim not in (2, 3) or not samples.size:
        raise ValueError(
            f"`samples` must have shape (num, length) or (num, length, channels). Received: {samples.shape}."
        )
    samples = samples[:SHOWN]
    columns = min(columns, len(samples))
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
    """
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
    """
    from matplotlib.ticker import LogLocator

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
