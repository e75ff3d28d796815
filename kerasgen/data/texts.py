"""Texts: read from files, cut into passages, and the symbols that they are written with."""

import csv
import hashlib
import importlib.resources
import os
import re

import numpy as np

from kerasgen.atomic import local_path
from kerasgen.errors import InvalidDataError, MissingDataError
from kerasgen.ops import checks

FOLDER = os.path.join("downloads", "manual", "text")  # TFDS's own place for files that a person brings
FORMS = ("quatrain", "regulated8")  # of the poems, in the order of their labels
HELD_OUT = 10  # a tenth of the poems, by their hashes, is the test split
SYMBOLS = ("tang_poems", "tiny_shakespeare")
MOST_BYTES = 2**30  # of a file


def symbols(name):
    """The characters of a named set of texts, all of its splits, the most frequent first: a string.

    Raises:
        ValueError: If the set is none of these whose characters the package holds.
    """
    checks.choice("name", name, SYMBOLS)
    path = importlib.resources.files("kerasgen.data") / f"{name}.txt"
    return path.read_bytes().decode()


def symbols_of(texts):
    """The different characters of texts, the most frequent first, equally frequent ones in their order."""
    found, counts = np.unique(list("".join(texts)), return_counts=True)
    return "".join(found[np.lexsort((found, -counts))])


def passages(text, length, stride):
    """Array of the passages of `length` characters of a text that begin every `stride` characters.

    Args:
        text: A string of `length` characters or more.
        length, stride: Ints >= 1.

    Raises:
        InvalidDataError: If the text is shorter.
        TypeError, ValueError: If another argument is none of these.
    """
    text = checks.text("text", text)
    length, stride = (checks.integer(*one, 1, 2**20) for one in (("length", length), ("stride", stride)))
    if len(text) < length:
        words = f"`text` must have {length} characters or more"
        raise InvalidDataError(f"{words}. Received: {len(text)}.")
    starts = range(0, len(text) - length + 1, stride)
    return np.array([text[at : at + length] for at in starts], object)


def read(path):
    """A text file in UTF-8 as a string, its line ends as "\\n".

    Raises:
        MissingDataError: If there is no such file.
        InvalidDataError: If it is no text in UTF-8, or empty.
    """
    path = local_path("path", path)
    if not os.path.isfile(path):
        raise MissingDataError(f"`path` must exist. Received: {path!r}, no such file.")
    try:
        if os.path.getsize(path) > MOST_BYTES:
            raise ValueError("it has more than 1 GB")
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except (OSError, ValueError) as error:
        raise InvalidDataError(
            f"`path` holds no text in UTF-8 that can be read: {path!r} ({error})."
        ) from error
    if not text.strip():
        raise InvalidDataError(f"`path` must hold a text. Received: {path!r}, which is empty.")
    return text


def poems(split, data_dir, file="tang_poems_5char.tsv"):
    """(poems as strings (num,), their forms as indices into `FORMS`, int64 (num,)) of a split.

    A poem is of the test split if the sha256 of its text, as a number, is a multiple of 10.

    Raises:
        MissingDataError: If the file is not in `data_dir`; says where it belongs.
        InvalidDataError: If it is broken.
    """
    path = os.path.join(data_dir or "", FOLDER, file)
    if not data_dir or not os.path.exists(path):
        folder = os.path.join(data_dir or "TFDS_DATA_DIR", FOLDER)
        raise MissingDataError(
            f"`tang_poems` needs {file} in {folder}; set TFDS_DATA_DIR (or `data_dir`) to the folder above "
            "`downloads`. No network brings it."
        )
    try:
        with open(path, encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
        rows = [row for row in rows if held_out(row["text"]) == (split == "test")]
        return np.array([row["text"] for row in rows], object), np.array(
            [FORMS.index(row["form"]) for row in rows], "int64"
        )
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise InvalidDataError(f"`data_dir` holds a file that cannot be read: {path!r} ({error}).") from error


def couplets(split, data_dir):
    """(second lines, first lines), strings (num,), of the couplets of the poems of a split."""
    lines = [re.findall(r"\w+", poem) for poem in poems(split, data_dir)[0]]
    first, second = ([line for poem in lines for line in poem[at::2]] for at in (0, 1))
    return np.array(second, object), np.array(first, object)


def held_out(text):
    """Whether a poem is of the test split."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % HELD_OUT == 0
