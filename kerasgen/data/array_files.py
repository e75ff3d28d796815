"""Arrays in files: .npy, .npz, and idx, the format of MNIST; each may be compressed by gzip."""

import gzip
import os
import zipfile

import numpy as np

from kerasgen.data import images
from kerasgen.errors import InvalidDataError, MissingDataError
from kerasgen.ops import checks

IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}  # by the third byte
MOST_BYTES = 2**36  # of an array that a header may ask for


def read(path):
    """{name: array} of a file, whatever it is called: its first bytes say what it is.

    A .npy and an idx file hold one array, under the name "". Arrays of Python objects are refused, since
    opening them may run any program.

    Raises:
        MissingDataError: If there is no such file.
        InvalidDataError: If it is none of these kinds, or broken.
    """
    if not os.path.isfile(path):
        raise MissingDataError(f"`path` must exist. Received: {path!r}, no such file or folder.")
    try:
        with open(path, "rb") as file, _unzipped(file) as content:
            return _arrays(content)
    except Exception as error:  # a damaged file may raise anything
        raise InvalidDataError(
            f"`path` holds no array that can be read: {path!r} ({type(error).__name__}: {error})."
        ) from error


def is_idx(path):
    """Whether a file begins as an idx file does, compressed or not."""
    try:
        with open(path, "rb") as file, _unzipped(file) as content:
            return _is_idx(content.read(4))
    except (OSError, EOFError):
        return False


def _unzipped(file):
    """The file, or what gzip has compressed in it."""
    compressed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    return gzip.GzipFile(fileobj=file) if compressed else file


def _arrays(file):
    start = file.read(6)
    file.seek(0)
    if _is_idx(start):
        return {"": _idx(file)}
    if start == b"\x93NUMPY":
        return {"": np.lib.format.read_array(file, allow_pickle=False)}
    if not zipfile.is_zipfile(file):
        raise ValueError("it is none of .npy, .npz and idx")
    file.seek(0)
    with np.load(file, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _is_idx(start):
    return len(start) >= 4 and start[:2] == b"\0\0" and start[2] in IDX_TYPES and 1 <= start[3] <= 8


def _idx(file):
    """The array of an idx file: two zero bytes, type, rank, then each side and the numbers, big-endian."""
    *_, kind, rank = file.read(4)
    sides = np.frombuffer(file.read(4 * rank), ">u4").astype("int64").tolist()
    dtype = np.dtype(IDX_TYPES[kind])
    size = dtype.itemsize
    for side in sides:
        size *= side
    if size > MOST_BYTES:
        raise ValueError(f"its header asks for {size:,} bytes")
    content = file.read(size + 1)
    if len(content) != size:
        raise ValueError(
            f"its header asks for {size:,} bytes, and it has {'fewer' if len(content) < size else 'more'}"
        )
    return np.frombuffer(content, dtype).reshape(sides).astype(dtype.newbyteorder("="))


def levels(path, x):
    """Images as uint8 (num, height, width, channels), points as float32 (num, d)."""
    x = checks.real("path", x)
    refuse = lambda words: InvalidDataError(
        f"`path` {words} Received: {path!r}, {x.dtype} of shape {x.shape}."
    )
    if x.ndim not in (2, 3, 4) or not x.size:
        raise refuse(
            "must hold points (num, d) or images (num, height, width) or (num, height, width, channels)."
        )
    if x.ndim == 2:
        return x.astype("float32")
    found = x[..., None] if x.ndim == 3 else x
    if found.shape[3] not in images.MODES:
        raise refuse("must hold images of 1, 3 or 4 channels, and these last.")
    if found.dtype == np.uint8:
        return found
    low, high = found.min(), found.max()  # NaN is in no range
    if found.dtype.kind == "b" or (found.dtype.kind == "f" and low >= 0 and high <= 1):
        return np.round(found * 255.0).astype("uint8")
    if found.dtype.kind in "iu" and low >= 0 and high <= 255:
        return found.astype("uint8")
    raise refuse(
        f"must hold images with levels 0 to 255, or floats from 0 to 1; these go from {low} to {high}."
    )
