"""A person's own folder of images."""

import dataclasses

import numpy as np
from tqdm import tqdm

from kerasgen.atomic import local_path
from kerasgen.data import files, images, labels as labelling
from kerasgen.data.columns import from_array
from kerasgen.ops import checks


def from_folder(
    path,
    image_shape,
    progress=True,
    *,
    labels=None,
    class_names=None,
    background="white",
    crop=False,
    invert=False,
    batch_size=128,
    shuffle=True,
    seed=0,
    value_range=(-1.0, 1.0),
):
    """An `IndexedDataset` of every image in a folder and its sub-folders, resized.

    PNG, JPEG, BMP, GIF, WebP and TIFF files are read in the order of their paths and stay in memory as uint8;
    `kerasgen.data.images.read` says how each kind is converted. Hidden files and folders are left out, links
    to folders followed, and other files skipped with a warning.

    Args:
        path: Folder.
        image_shape: (height, width, channels), channels 1, 3 or 4.
        progress: Whether to show a bar while reading.
        labels: None; "folders", where each folder in `path` is a class; or the path of a CSV file with the
            columns `file` (a path below `path`) and `label` (whole numbers or class names) or `caption`
            (texts). Batches are then pairs.
        class_names: Names of the classes in the order of their labels; default all that are found, sorted.
            The dataset's `class_names` holds them.
        background: What shows through transparent pixels: the name of a color or (red, green, blue), 0 to
            255. With 4 channels transparency is kept instead.
        crop: Whether to cut what does not fit the proportions of `image_shape`; default all is squeezed.
        invert: Whether black is to be white and white black, as for ink on paper.
        batch_size: Examples of one batch, 1 to the number of images.
        shuffle: False reads in order and keeps the last, smaller batch.
        seed: Int in [0, 2**31). Seeds the order.
        value_range: (low, high) that levels 0 and 255 are scaled to.

    Raises:
        MissingDataError: If there is no such folder or CSV file, or no image in the folder.
        InvalidDataError: If an image cannot be read, or the labels do not fit; names the file.
        TypeError, ValueError: If an argument is none of these.
    """
    checks.value_range("value_range", value_range, needed=True)
    checks.integer("seed", seed, 0, 2**31 - 1)
    checks.flag("shuffle", shuffle)
    checks.integer("batch_size", batch_size, 1, 2**31 - 1)  # whether it fits is known when all are read
    read = {"labels": labels, "class_names": class_names, "background": background}
    pixels, targets, names = read_folder(path, image_shape, progress, **read, crop=crop, invert=invert)
    options = {"batch_size": batch_size, "shuffle": shuffle, "seed": seed, "value_range": value_range}
    return dataclasses.replace(from_array(pixels, targets, **options), class_names=names)


def read_folder(
    path,
    image_shape,
    progress=False,
    *,
    labels=None,
    class_names=None,
    background="white",
    crop=False,
    invert=False,
):
    """(uint8 images, labels or None, class names or None) of a folder; see `from_folder`."""
    path, shape = files.folder("path", path), _shape(image_shape)
    checks.flag("progress", progress)
    names = None if class_names is None else checks.texts("class_names", class_names)
    look = images.color("background", background), checks.flag("crop", crop), checks.flag("invert", invert)
    table = _table(labels, names)
    found = files.images_below(path, apart=() if table is None else (table,))
    targets, names = _labels(labels, table, path, found, names)
    pixels = np.empty((len(found), *shape), "uint8")
    for row, file in enumerate(tqdm(found, "reading", unit="image", disable=not progress)):
        pixels[row] = images.read(file, shape, *look)
    return pixels, targets, names


def _labels(labels, table, path, found, names):
    """(labels, class names) of the images found, or None for what there is not."""
    if table is not None:
        return labelling.from_table(table, path, found, names)
    return (None, None) if labels is None else labelling.from_folders(path, found, names)


def _shape(image_shape):
    shape = checks.shape("image_shape", image_shape)
    if len(shape) != 3 or shape[2] not in images.MODES:
        raise ValueError(
            "`image_shape` must be (height, width, channels) with 1, 3 or 4 channels. "
            f"Received: image_shape={shape}."
        )
    return shape


def _table(labels, names):
    """The path of a CSV file of labels, or None."""
    if labels is None and names is not None:
        raise ValueError(
            f"`class_names` must be None where there are no `labels`. Received: class_names={names}."
        )
    if labels is None or (isinstance(labels, str) and labels == "folders"):
        return None
    try:
        if isinstance(labels, bytes):
            raise TypeError
        return local_path("labels", labels)
    except (TypeError, ValueError) as error:
        raise type(error)(
            '`labels` must be None, "folders" or the path of a CSV file. '
            f"Received: labels={checks.received(labels)}."
        ) from error
