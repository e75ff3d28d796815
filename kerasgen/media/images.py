"""Grids of images."""

import math

import numpy as np
from PIL import Image

from kerasgen.media import arguments
from kerasgen.ops import checks

WIDTH = 600  # pixels up to which a grid is enlarged, by whole factors


def image_grid(images, value_range=None, columns=None):
    """A PIL image of a grid of images, with one pixel of margin between them.

    Args:
        images: Array (num, height, width, channels) with 1, 3 or 4 channels, num >= 1.
        value_range: (low, high) of its values, shown as black and white; None for uint8, and for floats
            without a range, whose least and greatest value are taken.
        columns: Images in a row; by default the grid is about square.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """
    columns = None if columns is None else arguments.columns(columns)
    grid = _canvas(arguments.images("images", images, value_range), columns)
    image = Image.fromarray(grid[..., 0] if grid.shape[-1] == 1 else grid)
    scale = max(1, WIDTH // image.width)
    return image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)


def pairs(samples, nearest, columns=10):
    """A grid in which each row of samples is followed by the row of their nearest training images.

    Args:
        samples, nearest: uint8 (num, height, width, channels), equally many.
        columns: Samples in a row.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """
    samples, columns = arguments.images("samples", samples), arguments.columns(columns)
    nearest = arguments.images("nearest", nearest)
    if nearest.shape != samples.shape:
        raise ValueError(
            f"`nearest` must have shape {samples.shape}, as `samples` has. Received: shape {nearest.shape}."
        )
    starts = range(0, len(samples), columns)
    rows = [side[at : at + columns] for at in starts for side in (samples, nearest)]
    return image_grid(np.concatenate(rows), columns=columns)


def by_class(images, labels, each=10):
    """A grid with one column for each class; cells are black where a class has too few images.

    Args:
        images: uint8 (num, height, width, channels).
        labels: Class of each image, ints (num,) from 0; the first ten classes are shown.
        each: Rows, the images shown of each class.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """
    images, each = arguments.images("images", images), checks.integer("each", each, 1, 2**16)
    labels = checks.real("labels", labels)
    if labels.shape != images.shape[:1] or labels.dtype.kind not in "iu" or labels.min() < 0:
        raise ValueError(
            f"`labels` must be ints >= 0, shape {images.shape[:1]}. Received: {checks.received(labels)}."
        )
    columns = min(10, int(labels.max()) + 1)
    grid = np.zeros((each, columns, *images.shape[1:]), "uint8")
    for column in range(columns):
        found = images[labels == column][:each]
        grid[: len(found), column] = found
    return image_grid(grid.reshape(-1, *images.shape[1:]), columns=columns)


def _canvas(images, columns):
    """The pixels of a grid before it is enlarged: uint8 (height, width, channels)."""
    num, height, width, channels = images.shape
    columns = math.ceil(math.sqrt(num)) if columns is None else columns
    rows = math.ceil(num / columns)
    canvas = np.zeros((rows * (height + 1) + 1, columns * (width + 1) + 1, channels), "uint8")
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + 1) + 1, (index % columns) * (width + 1) + 1
        canvas[top : top + height, left : left + width] = image
    return canvas
