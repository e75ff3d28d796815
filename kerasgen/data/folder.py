"""A person's own folder of pictures."""

import os

import numpy as np
from PIL import Image, UnidentifiedImageError
from tqdm import tqdm

from kerasgen.data.pipeline import from_array
from kerasgen.errors import InvalidDataError, MissingDataError

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def from_folder(path, image_shape, progress=True, **kwargs):
    """A `tf.data.Dataset` of every picture below a folder, resized; see `from_array`.

    Pictures are read in the order of their paths, turned to the channels asked for and
    resized to (height, width) by antialiased bicubic interpolation; all stay in memory as
    uint8.

    Args:
        path: Folder, searched with its sub-folders for files that end in `ENDINGS`.
        image_shape: (height, width, channels), channels 1, 3 or 4.
        progress: Whether to show a bar while reading.
        **kwargs: Those of `from_array`: batch_size, shuffle, seed, value_range.

    Raises:
        MissingDataError: If the folder is not there or holds no picture.
        InvalidDataError: If a picture cannot be read; names the file.
        ValueError: If `image_shape` is no such triple.
    """
    height, width, channels = _shape(image_shape)
    files = sorted(
        os.path.join(folder, name)
        for folder, _, names in os.walk(path)
        for name in names
        if name.lower().endswith(ENDINGS)
    )
    if not files:
        raise MissingDataError(f"`path` must hold pictures ({', '.join(ENDINGS)}). Received: {path!r}.")
    images = np.empty((len(files), height, width, channels), "uint8")
    for row, file in enumerate(tqdm(files, "reading", unit="image", disable=not progress)):
        images[row] = _read(file, (width, height), MODES[channels]).reshape(images.shape[1:])
    return from_array(images, **kwargs)


def _read(file, size, mode):
    try:
        with Image.open(file) as image:
            return np.asarray(image.convert(mode).resize(size, Image.Resampling.BICUBIC))
    except (UnidentifiedImageError, OSError) as error:
        raise InvalidDataError(f"`path` holds a picture that cannot be read: {file!r}.") from error


def _shape(image_shape):
    shape = tuple(image_shape)
    if len(shape) != 3 or shape[2] not in MODES or min(shape) < 1:
        raise ValueError(
            "`image_shape` must be (height, width, channels) with 1, 3 or 4 channels. "
            f"Received: image_shape={shape}."
        )
    return shape
