"""What a model attends to, as matrices."""

from kerasgen.media import arguments, figures, text
from kerasgen.ops import checks

SHOWN = 16  # matrices in a picture
CELL = 0.28  # of a symbol, in inches


def alignments(weights, sources, targets, columns=4):
    """A PIL image of attention: for each example a matrix, white where a symbol draws on nothing.

    Args:
        weights: Array (num, length, source length) in [0, 1]; row t is what symbol t of the target draws on.
        sources, targets: The symbols of each example, a string or several ones, no more of them than
            `weights` has; the first 16 are shown.
        columns: Matrices in a row.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """
    weights = arguments.numbers("weights", weights, "(num, length, source length)", (3,))[:SHOWN]
    columns = min(arguments.columns(columns), len(weights))
    most = weights.shape[1:]
    targets = _symbols("targets", targets, len(weights), most[0])
    sources = _symbols("sources", sources, len(weights), most[1])
    rows = -(-len(weights) // columns)
    size = CELL * columns * (most[1] + 2), CELL * rows * (most[0] + 2)
    figure, axes = figures.axes(size, rows, columns)
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, matrix, source, target in zip(axes.flat, weights, sources, targets, strict=False):
        ax.set_axis_on()
        ax.imshow(matrix[: len(target), : len(source)], cmap="Greys", vmin=0, vmax=1)
        ax.xaxis.tick_top()
        turned = 90 if any(len(one) > 1 for one in source) else 0
        ax.set_xticks(range(len(source)), source, rotation=turned)
        ax.set_yticks(range(len(target)), target)
        ax.tick_params(length=0)
        for label in (*ax.get_xticklabels(), *ax.get_yticklabels()):
            label.set(family=text.families(), fontsize=9, parse_math=False)
    return figures.to_image(figure)


def _symbols(name, values, num, most):
    """The symbols of `num` examples, each from 1 to `most` strings."""
    rows = checks.members(name, values, "the symbols of each example")[:num]
    found = [list(one) if isinstance(one, str) else checks.members(name, one, "symbols") for one in rows]
    fits = (1 <= len(one) <= most and all(isinstance(symbol, str) for symbol in one) for one in found)
    if len(found) < num or not all(fits):
        words = f"`{name}` must hold from 1 to {most} strings for each of {num} examples"
        raise ValueError(f"{words}. Received: {checks.received(values)}.")
    return found
