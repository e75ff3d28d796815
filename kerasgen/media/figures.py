"""Matplotlib without global state: a figure, its axes, and the figure as an image."""

import warnings

import numpy as np


def axes(size=(6, 6), rows=1, columns=1):
    """(figure, array of axes (rows, columns)); `size` is in inches of 100 pixels."""
    from matplotlib.figure import Figure  # not pyplot, which keeps figures and needs a display

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def to_image(figure):
    """A figure as a PIL image in RGB; characters that no installed font holds are boxes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas = FigureCanvasAgg(figure)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
