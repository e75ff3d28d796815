"""Drawn faces with captions of hair and eyes: a reader of files that a person brings."""

import csv
import io
import os
import zipfile

import numpy as np

from kerasgen.data import images
from kerasgen.errors import InvalidDataError, MissingDataError

FOLDER = os.path.join("downloads", "manual", "anime_faces")  # TFDS's own place for such files
FILES = ("anime_faces_64.zip", "tags.csv")
SHAPE = (64, 64, 3)
HELD_OUT = 10  # every tenth id is of the test split
HAIR = (
    "aqua", "black", "blonde", "blue", "brown", "gray", "green", "orange", "pink", "purple", "red", "white",
)  # fmt: skip
EYES = ("aqua", "black", "blue", "brown", "gray", "green", "orange", "pink", "purple", "red", "yellow")
CAPTIONS = tuple(f"{hair} hair, {eyes} eyes" for hair in HAIR for eyes in EYES)


def with_captions(split, data_dir):
    """(images uint8 (num, 64, 64, 3), captions (num,) as "black hair, blue eyes").

    The set of the GitHub repository antoncoding/Deep_Learning_GAN: 11,418 faces crawled from the web, of
    artists who were not asked; for research. Its license is not stated.

    Raises:
        MissingDataError: If the files are not in `data_dir`; says where they belong.
        InvalidDataError: If they are broken; names the file.
    """
    archive, table = _paths(data_dir)
    rows = [row for row in _rows(table) if (row["id"] % HELD_OUT == 0) == (split == "test")]
    try:
        with zipfile.ZipFile(archive) as files:
            pixels = np.stack([_face(files, row["id"], archive) for row in rows])
    except (OSError, zipfile.BadZipFile, KeyError) as error:
        raise _broken(archive, error) from error
    return pixels, np.array([f"{row['hair']} hair, {row['eyes']} eyes" for row in rows])


def with_hair(split, data_dir):
    """The faces and the color of their hair as an index into `HAIR`, int64 (num,)."""
    pixels, captions = with_captions(split, data_dir)
    return pixels, np.array([HAIR.index(caption.split(" hair, ")[0]) for caption in captions], "int64")


def with_eyes(split, data_dir):
    """The faces and the color of their eyes as an index into `EYES`, int64 (num,)."""
    pixels, captions = with_captions(split, data_dir)
    colors = [caption.split(" hair, ")[1].removesuffix(" eyes") for caption in captions]
    return pixels, np.array([EYES.index(color) for color in colors], "int64")


def _paths(data_dir):
    paths = [os.path.join(data_dir or "", FOLDER, name) for name in FILES]
    if not data_dir or not all(map(os.path.exists, paths)):
        folder = os.path.join(data_dir or "TFDS_DATA_DIR", FOLDER)
        raise MissingDataError(
            f"`anime_faces` needs {' and '.join(FILES)} in {folder}; set TFDS_DATA_DIR (or `data_dir`) to "
            "the folder above `downloads`. No network brings them."
        )
    return paths


def _rows(table):
    """The rows of the table of tags, each with an int `id`, a `hair` of `HAIR` and `eyes` of `EYES`."""
    try:
        with open(table, encoding="utf-8") as file:
            rows = [row | {"id": int(row["id"])} for row in csv.DictReader(file)]
        if not all(row["hair"] in HAIR and row["eyes"] in EYES for row in rows):
            raise ValueError("a color that is not known")
        return rows
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise _broken(table, error) from error


def _broken(file, error):
    return InvalidDataError(f"`data_dir` holds a file that cannot be read: {file!r} ({error}).")


def _face(files, number, archive):
    name = f"faces/{number:05d}.jpg"
    return images.decode(io.BytesIO(files.read(name)), SHAPE, (255, 255, 255), os.path.join(archive, name))
