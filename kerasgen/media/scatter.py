"""Points in one or two dimensions."""

import numpy as np

from kerasgen.media import arguments, figures
from kerasgen.ops import checks


def points(samples, real=None, bins=120):
    """A PIL image of samples as dots over the density of real points (2-D), or of two histograms (1-D).

    Args:
        samples, real: Arrays (num, 1) or (num, 2); without real points the samples stand alone.
        bins: Cells of the density along an axis.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """
    bins = checks.integer("bins", bins, 1, 10_000)
    samples = arguments.numbers("samples", samples, "(num, 1 or 2)", (2,), (1, 2))
    width = samples.shape[1]
    if real is not None:
        real = arguments.numbers("real", real, f"(num, {width}), as `samples` has", (2,), (width,))
    figure, ((axes,),) = figures.axes()
    (_histograms if width == 1 else _dots)(axes, samples, real, bins)
    return figures.to_image(figure)


def _histograms(axes, samples, real, bins):
    for values, label in ((real, "data"), (samples, "samples")):
        if values is not None:
            axes.hist(values[:, 0], bins, density=True, histtype="step", label=label)
    axes.legend()


def _dots(axes, samples, real, bins):
    framed = samples if real is None else real
    low, high = framed.min(0), framed.max(0)
    margin = 0.15 * (high - low)
    window = np.stack([low - margin, high + margin], axis=1)
    if real is not None:
        axes.hist2d(*real.T, bins=bins, range=window, cmap="Greys", norm="log")
    axes.plot(*samples.T, ".", markersize=2, alpha=0.5)
    axes.set(aspect="equal")
    if (high > low).all():  # where all points are one, Matplotlib's own window is shown
        axes.set(xlim=window[0], ylim=window[1])
