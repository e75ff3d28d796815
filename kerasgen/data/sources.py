"""Data by name, in memory."""

import functools
import os

import numpy as np

from kerasgen.data import registry
from kerasgen.data.columns import from_array
from kerasgen.ops import checks


def load(
    name,
    split="train",
    batch_size=128,
    *,
    labels=False,
    shuffle=None,
    seed=0,
    value_range=(-1.0, 1.0),
    data_dir=None,
):
    """An `IndexedDataset` of a named set: float32 images (batch, h, w, channels) or points (batch, d).

    Args:
        name: One of `list_datasets()`, or any other set of images of TensorFlow Datasets.
        split: "train" or "test"; a set of TensorFlow Datasets takes whatever that reads: "train[:10%]".
        batch_size: Examples of one batch.
        labels: Whether batches are pairs (examples, labels), int64 or texts (batch,).
        shuffle: Default: only where the split begins with "train".
        seed: Int in [0, 2**31). Seeds the order; the examples of a toy distribution are always those of
            their split.
        value_range: (low, high) that pixels are scaled to. Points have no range: for them it is taken as
            None, whatever is given.
        data_dir: Folder of prepared data; default `TFDS_DATA_DIR`, then that of TensorFlow Datasets.

    Raises:
        UnknownNameError: If there is no such set; names near matches.
        MissingDataError: If the set is neither prepared nor reachable; says what to set.
        TypeError, ValueError: If the split is not known, `labels` are asked of a set that has none, or
            another argument is none of these.
    """
    checks.flag("labels", labels)
    value_range = checks.value_range("value_range", value_range)
    images, targets = arrays(name, split, data_dir)
    if labels and targets is None:
        raise ValueError(f"`labels` must be False for `{name}`, which has none. Received: labels=True.")
    return from_array(
        images,
        targets if labels else None,
        batch_size=batch_size,
        shuffle=split.startswith("train") if shuffle is None else shuffle,
        seed=seed,
        value_range=value_range if images.dtype == np.uint8 else None,
    )


def arrays(name, split="train", data_dir=None):
    """(images uint8 (num, height, width, channels), labels int64 or texts (num,) or None), in memory.

    Read once a process, and read-only for that reason: copy what you want to change. Arguments and errors are
    those of `load`. What some of the names give:

    - A toy distribution ("ring", "grid", "moons", "pinwheel", "mixture_1d", "gaussian_1d"): points float32
      (num, d) and their modes, 50,000 of seed 0 for "train" and 10,000 of seed 1 for "test"; densities are in
      `kerasgen.data.laboratory`.
    - "mnist_small": 2,000 + 500 images of MNIST that the package holds.
    - "stacked_mnist": 28x28x3, three random digits as channels, 1,000 modes; see `kerasgen.data.stacked`.
    - "anime_faces": faces 64x64x3 and captions of hair and eyes; "anime_hair" and "anime_eyes": the
      same faces and the color of the hair, 0 to 11, or of the eyes, 0 to 10. Files that a person brings:
      see `kerasgen.data.faces`.
    - "binarized_mnist": pixels 0 and 255, so that `value_range` (0, 1) makes them exactly 0.0 and 1.0; no
      labels; splits "train", "validation", "test".
    """
    checks.text("name", name)
    checks.text("split", split)
    return _arrays(name, split, folder(data_dir))


@functools.lru_cache(maxsize=8)
def _arrays(name, split, data_dir):
    source = registry.find(name)
    if source.splits is not None:
        checks.choice("split", split, source.splits)
    images, labels = source.read(split, data_dir)
    return _read_only(images), None if labels is None else _read_only(labels)


def _read_only(array):
    array = np.asarray(array).view()
    array.setflags(write=False)
    return array


def folder(data_dir):
    """The absolute path of a folder of prepared data, or None."""
    if data_dir is None:
        data_dir = os.environ.get("TFDS_DATA_DIR") or None
    elif not isinstance(data_dir, (str, os.PathLike)) or not isinstance(os.fspath(data_dir), str):
        raise TypeError(f"`data_dir` must be a path or None. Received: {checks.received(data_dir)}.")
    elif not os.fspath(data_dir) or "\0" in os.fspath(data_dir):
        raise ValueError(f"`data_dir` must be a path or None. Received: data_dir={data_dir!r}.")
    return data_dir and os.path.abspath(os.path.expanduser(data_dir))
