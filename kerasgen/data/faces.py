"""Drawn faces with captions of hair and eyes: a reader of files that a person brings."""

import csv
import io
import os
import zipfile

import numpy as np
from PIL import Image

from kerasgen.errors import MissingDataError
from kerasgen.ops import checks

FOLDER = os.path.join("downloads", "manual", "anime_faces")  # TFDS's own place for such files
FILES = ("anime_faces_64.zip", "tags.csv")
HELD_OUT = 10  # every tenth id is of the test split
HAIR = (
    "aqua", "black", "blonde", "blue", "brown", "gray", "green", "orange", "pink", "purple", "red", "white",
)  # fmt: skip
EYES = ("aqua", "black", "blue", "brown", "gray", "green", "orange", "pink", "purple", "red", "yellow")
CAPTIONS = tuple(f"{hair} hair, {eyes} eyes" for hair in HAIR for eyes in EYES)


def arrays(split, data_dir):
    """(images uint8 (num, 64, 64, 3), captions (num,) as "black hair, blue eyes") of "train" or "test".

    The set of the GitHub repository antoncoding/Deep_Learning_GAN: 11,418 faces crawled from the web, of
    artists who were not asked; for research. Its licence is not stated.

    Raises:
        MissingDataError: If the files are not in `data_dir`; says where they belong.
    """
    checks.choice("split", split, ("train", "test"))
    paths = [os.path.join(data_dir or "", FOLDER, name) for name in FILES]
    if not data_dir or not all(map(os.path.exists, paths)):
        folder = os.path.join(data_dir or "TFDS_DATA_DIR", FOLDER)
        raise MissingDataError(
            f"`anime_faces` needs {' and '.join(FILES)} in {folder}; set TFDS_DATA_DIR (or `data_dir`) to "
            "the folder above `downloads`. No network brings them."
        )
    with open(paths[1], encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if (int(row["id"]) % HELD_OUT == 0) == (split == "test")]
    with zipfile.ZipFile(paths[0]) as archive:
        read = lambda row: Image.open(io.BytesIO(archive.read(f"faces/{int(row['id']):05d}.jpg"))).convert(
            "RGB"
        )
        images = np.stack([np.asarray(read(row)) for row in rows])
    return images, np.array([f"{row['hair']} hair, {row['eyes']} eyes" for row in rows])


def hair(captions):
    """Indices into `HAIR`, int64 (num,), of captions."""
    return np.array([HAIR.index(caption.split(" hair")[0]) for caption in captions], "int64")
