"""Grids of images."""

import math

import numpy as np
from PIL import Image

from kerasgen.ops import pixels

WIDTH = 600  # pixels up to which a grid is enlarged, by whole factors
CHANNELS = (1, 3, 4)  # gray, RGB, RGBA


def image_grid(images, value_range=None, columns=None):
    """A PIL image of a grid of images, with one pixel of margin between them.

    Args:
        images: Array (num, height, width, channels) with 1, 3 or 4 channels, num >= 1.
        value_range: (low, high) of its values, shown as black and white; None for uint8, and for floats
            without a range, whose least and greatest value are taken.
        columns: Images in a row; by default the grid is about square.

    Raises:
        ValueError: If `images` has another shape, or `columns` is < 1.
    """
    grid = _canvas(images, value_range, columns)
    image = Image.fromarray(grid[..., 0] if grid.shape[-1] == 1 else grid)
    scale = max(1, WIDTH // image.width)
    return image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)


def pairs(samples, nearest, columns=10):
    """A grid in which each row of samples is followed by the row of their nearest training images.

    Args:
        samples, nearest: uint8 (num, height, width, channels).
        columns: Samples in a row.
    """
    starts = range(0, len(samples), columns)
    rows = [side[at : at + columns] for at in starts for side in (samples, nearest)]
    return image_grid(np.concatenate(rows), columns=columns)


def by_class(images, labels, each=10):
    """A grid with one column for each class; cells are black where a class has too few images.

    Args:
        images: uint8 (num, height, width, channels).
        labels: Class of each image, ints (num,) from 0; the first ten classes are shown.
        each: Rows, the images shown of each class.
    """
    columns = min(10, int(labels.max()) + 1)
    grid = np.zeros((each, columns, *images.shape[1:]), "uint8")
    for column in range(columns):
        found = images[labels == column][:each]
        grid[: len(found), column] = found
    return image_grid(grid.reshape(-1, *images.shape[1:]), columns=columns)


def _canvas(images, value_range, columns):
    """The pixels of a grid before it is enlarged: uint8 (height, width, channels)."""
    images = _levels(np.asarray(images), value_range)
    if images.ndim != 4 or images.shape[-1] not in CHANNELS or not images.size:
        raise ValueError(
            "`images` must have shape (num, height, width, channels) with 1, 3 or 4 channels. "
            f"Received: shape {images.shape}."
        )
    num, height, width, channels = images.shape
    columns = math.ceil(math.sqrt(num)) if columns is None else columns
    if columns < 1:
        raise ValueError(f"`columns` must be >= 1. Received: columns={columns}.")
    rows = math.ceil(num / columns)
    canvas = np.zeros((rows * (height + 1) + 1, columns * (width + 1) + 1, channels), "uint8")
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + 1) + 1, (index % columns) * (width + 1) + 1
        canvas[top : top + height, left : left + width] = image
    return canvas


def _levels(images, value_range):
    """Images as uint8."""
    if value_range is None and images.dtype.kind == "f" and images.size:
        low, high = float(images.min()), float(images.max())
        value_range = (low, high if high > low else low + 1)
    return pixels.to_uint8(images, value_range) if value_range else images.astype("uint8")
