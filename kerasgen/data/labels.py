"""Labels of image files: from the folders they lie in, or from a table."""

import csv
import os

import numpy as np

from kerasgen.data import array_files, files
from kerasgen.errors import InvalidDataError, MissingDataError


def from_folders(path, images, names=None):
    """(int64 (num,), class names): each image's class is the folder directly in `path` that it lies in.

    Args:
        path: Folder of the class folders.
        images: Paths of images below it.
        names: The class names in the order of their labels; default the folders', sorted. An empty folder
            is a class too, so that the splits of one data set number their classes alike.

    Raises:
        InvalidDataError: If an image lies in no class folder, or in one that `names` does not hold.
    """
    names = names or tuple(files.folders_in(path))
    labels = []
    for image in images:
        first, *rest = os.path.relpath(image, path).split(os.sep)
        if not rest or first not in names:
            raise InvalidDataError(
                f"`path` must hold its images in one folder a class ({', '.join(names) or 'there is none'}). "
                f"Received: {image!r}."
            )
        labels.append(names.index(first))
    return np.array(labels, "int64"), names


def from_table(table, path, images, names=None):
    """(labels or captions, class names or None) of images, by a CSV file.

    Its first line names the columns: `file`, a path below `path`, and either `label`, whole numbers from 0 or
    class names, or `caption`, a text that stays as it is.

    Args:
        table: Path of the CSV file, UTF-8.
        path: Folder of the images.
        images: Their paths.
        names: The class names in the order of their labels; default the names in the table, sorted.

    Raises:
        MissingDataError: If there is no such file.
        InvalidDataError: If it lacks those columns, does not name every image once, names another, or has
            a label that is none.
    """
    column, rows = _rows(table)
    keys = [os.path.normpath(os.path.relpath(image, path)) for image in images]
    missing = [key for key in keys if key not in rows] or sorted(set(rows) - set(keys))
    if missing:
        raise InvalidDataError(
            f"`labels` must name every image below `path`, and no other file. Received: {table!r}; "
            f"{missing[0]!r} is in one of them only."
        )
    texts = [rows[key] for key in keys]
    if column == "caption":
        return np.array(texts, "object"), None
    if names is None and all(map(_whole, texts)):
        return np.array(texts).astype("int64"), None
    names = names or tuple(sorted(set(texts)))
    for key, text in zip(keys, texts, strict=True):
        if text not in names or not text:
            raise InvalidDataError(
                f"`labels` must hold the classes {', '.join(names)}. Received: {text!r} of {key!r}."
            )
    return np.array([names.index(text) for text in texts], "int64"), names


def _rows(table):
    """("label" or "caption", {normalized path: text}) of a CSV file."""
    if not os.path.isfile(table):
        raise MissingDataError(f'`labels` must be "folders" or a CSV file. Received: labels={table!r}.')
    try:
        with open(table, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidDataError(f"`labels` cannot be read: {table!r} ({error}).") from error
    columns = [name for name in ("label", "caption") if rows and name in rows[0]]
    if not columns or "file" not in rows[0]:
        raise InvalidDataError(
            f"`labels` must have columns `file` and `label` or `caption`. Received: {table!r} "
            f"with {list(rows[0]) if rows else 'no row'}."
        )
    found = {}
    for row in rows:
        key, text = row["file"], row[columns[0]]
        if not key or text is None or os.path.normpath(key) in found:
            raise InvalidDataError(f"`labels` must name every file once. Received: row {row} of {table!r}.")
        found[os.path.normpath(key)] = text.strip()
    return columns[0], found


def from_array(values, num, path, names=None):
    """(int64 (num,), class names or None) of an array of labels: whole numbers from 0, or class names.

    Args:
        values: Array (num,) or (num, 1).
        num: Number of the examples.
        path: Of the file, for messages.
        names: The class names in the order of their labels; default the names in `values`, sorted.

    Raises:
        InvalidDataError: If they are none of these, or not `num`.
    """
    values = np.asarray(values)
    values = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
    whole = values.dtype.kind in "iu" and values.size and values.min() >= 0
    if values.shape != (num,) or not (whole or values.dtype.kind in "US"):
        raise InvalidDataError(
            f"`labels` must be one whole number from 0, or one class name, for each of {num} examples. "
            f"Received: {values.dtype} of shape {values.shape}, for {path!r}."
        )
    if whole:
        return values.astype("int64"), names
    texts = [text.decode() if isinstance(text, bytes) else str(text) for text in values]
    names = names or tuple(sorted(set(texts)))
    if unknown := set(texts) - set(names):
        raise InvalidDataError(
            f"`labels` must hold the classes {', '.join(names)}. Received: {min(unknown)!r}."
        )
    return np.array([names.index(text) for text in texts], "int64"), names


def from_array_file(path):
    """The array of labels in a .npy or idx file, or of the column `label` of a CSV file, in order."""
    if not str(path).lower().endswith(".csv"):
        return next(iter(array_files.read(path).values()))
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            texts = [row["label"].strip() for row in csv.DictReader(file, strict=True)]
    except FileNotFoundError as error:
        raise MissingDataError(f"`labels` must exist. Received: labels={path!r}, no such file.") from error
    except (OSError, KeyError, AttributeError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidDataError(
            f"`labels` must have a column `label`. Received: {path!r} ({error})."
        ) from error
    return np.array(texts).astype("int64") if all(map(_whole, texts)) else np.array(texts)


def beside(path):
    """The file of labels that lies beside an idx file of images and is named as MNIST's are, or None."""
    folder, name = os.path.split(path)
    found = os.path.join(
        folder, name.replace("images", "labels").replace("idx3", "idx1").replace("idx4", "idx1")
    )
    return found if found != path and array_files.is_idx(found) else None


def _whole(text):
    return text.isascii() and text.isdigit() and len(text) < 10
