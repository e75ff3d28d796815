"""Data by name: TFDS behind one function, the small MNIST of the package, laboratory points."""

import functools
import importlib.resources
import os
import socket

import numpy as np

from kerasgen.data import faces
from kerasgen.data.laboratory import LABORATORY
from kerasgen.data.pipeline import from_array
from kerasgen.errors import MissingDataError
from kerasgen.ops import checks

PACKAGED = ("mnist_small",)  # 2,000 + 500 real images of MNIST, in the wheel
POINTS = {"train": (50_000, 0), "test": (10_000, 1)}  # (num, seed) of a laboratory law's splits
FACES = {"anime_faces": np.asarray, "anime_hair": faces.hair}  # what their labels are
STACKS = {"train": (60_000, 0), "test": (10_000, 1)}  # the same of "stacked_mnist"
HOST = ("storage.googleapis.com", 443)  # where TFDS downloads begin


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
    """A `tf.data.Dataset` of a named set: float32 images (batch, height, width, channels) or points.

    Args:
        name: "mnist_small"; "stacked_mnist"; "anime_faces" or "anime_hair"; a laboratory law ("ring",
            "grid", "moons", "pinwheel", "mixture_1d"), whose batches are points (batch, d); or any
            image set of TensorFlow Datasets ("mnist", "fashion_mnist", "binarized_mnist").
        split: "train" or "test"; a set of TFDS takes whatever TFDS reads: "train[:10%]".
        batch_size: Examples a batch.
        labels: Whether batches are pairs (images, labels int64 or texts (batch,)).
        shuffle: Default: only where the split begins with "train".
        seed: Int in [0, 2**31). Seeds the order; laboratory points and stacks are always
            those of their split.
        value_range: (low, high) to which pixels are scaled. Points have no range: for them
            it is taken as None, whatever is given.
        data_dir: Where prepared data lies; default `TFDS_DATA_DIR`, then TFDS's own place.

    Returns:
        What `from_array` returns: one epoch, with `from_step` and `steps_per_epoch`.

    Raises:
        MissingDataError: If the set is neither prepared nor reachable; says what to set.
        ValueError: If the name or the split is not known, or `labels` are asked of a set
            that has none.
    """
    images, marks = arrays(name, split, data_dir)
    if labels and marks is None:
        raise ValueError(f"`labels` must be False for `{name}`, which has none. Received: labels=True.")
    return from_array(
        images,
        marks if labels else None,
        batch_size=batch_size,
        shuffle=split.startswith("train") if shuffle is None else shuffle,
        seed=seed,
        value_range=value_range if images.dtype == np.uint8 else None,
    )


def arrays(name, split="train", data_dir=None):
    """(images uint8 (num, height, width, channels), labels int64 or texts (num,) or None), in memory.

    Decoded once a process. Arguments and errors are those of `load`. What each name gives:

    - A laboratory law: points float32 (num, d) and their modes, 50,000 of seed 0 for "train"
      and 10,000 of seed 1 for "test"; densities are in `kerasgen.data.laboratory`.
    - "stacked_mnist": 28x28x3, three random digits a, b, c of MNIST's own split as channels,
      label 100 a + 10 b + c, 1,000 modes; 60,000 for "train", 10,000 for "test". Metz et al.
      (2017), arXiv:1611.02163, section 3.3.1, and PacGAN, arXiv:1712.04086, section 4.2.
    - "anime_faces": faces 64x64x3 and captions of hair and eyes; "anime_hair": the same faces and
      the colour of the hair, 0 to 11. Files that a person brings: see `kerasgen.data.faces`.
    - "binarized_mnist": pixels 0 and 255, like every other image here (TFDS stores 0 and 1),
      so that `value_range` (0, 1) makes them exactly 0.0 and 1.0; no labels; splits "train",
      "validation", "test".
    """
    data_dir = data_dir or os.environ.get("TFDS_DATA_DIR") or None
    return _arrays(name, split, data_dir and os.path.abspath(os.path.expanduser(data_dir)))


@functools.lru_cache(maxsize=8)
def _arrays(name, split, data_dir):
    if name in PACKAGED:
        checks.choice("split", split, ("train", "test"))
        with (importlib.resources.files("kerasgen.data") / f"{name}.npz").open("rb") as file:
            data = np.load(file, allow_pickle=False)
            return data[f"{split}_images"][..., None], data[f"{split}_labels"].astype("int64")
    if name in LABORATORY:
        return LABORATORY[name](*POINTS[checks.choice("split", split, tuple(POINTS))])
    if name in FACES:
        images, captions = faces.arrays(split, data_dir)
        return images, FACES[name](captions)
    if name == "stacked_mnist":
        num, seed = STACKS[checks.choice("split", split, tuple(STACKS))]
        return _stacks(*_arrays("mnist", split, data_dir), num, seed)
    import tensorflow_datasets as tfds

    builder = _prepared(name, data_dir)
    try:
        data = tfds.as_numpy(builder.as_dataset(split=split, batch_size=-1))
    except (ValueError, KeyError) as error:  # TFDS's words for an unknown split
        raise ValueError(
            f"`split` must be one of {list(builder.info.splits)} or a slice. Received: split={split!r}."
        ) from error
    if "image" not in data:
        raise ValueError(f"`name` must be a set of images. Received: name={name!r}.")
    # The one set that TFDS stores as bits; everything here counts pixels from 0 to 255.
    images = data["image"] * np.uint8(255) if builder.name == "binarized_mnist" else data["image"]
    return images, data.get("label")


def _stacks(images, digits, num, seed):
    """`num` stacks of three independent draws: uint8 (num, h, w, 3), int64 labels in [0, 1000)."""
    index = np.random.default_rng(seed).integers(len(images), size=(num, 3))
    stacks = np.stack([images[column, ..., 0] for column in index.T], axis=-1)
    return stacks, digits[index] @ np.array([100, 10, 1])


def _prepared(name, data_dir):
    """The TFDS builder of `name`, its data in place."""
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(name, data_dir=data_dir, try_gcs=False)
    except (tfds.core.DatasetNotFoundError, tfds.core.registered.DatasetNotFoundError):
        known = ", ".join((*PACKAGED, *LABORATORY, "stacked_mnist", *FACES))
        raise ValueError(
            f"`name` must be {known} or a set of TensorFlow Datasets. Received: name={name!r}."
        ) from None
    if not builder.is_prepared():
        if not _reachable():
            raise MissingDataError(
                f"`{name}` is not prepared in {os.path.dirname(os.path.dirname(builder.data_dir))}, "
                "and there is no network to download it. Set TFDS_DATA_DIR (or `data_dir`) to a "
                f"folder that holds it; `mnist_small` needs neither."
            )
        builder.download_and_prepare()
    return builder


def _reachable(seconds=3):
    try:
        socket.create_connection(HOST, timeout=seconds).close()
    except OSError:
        return False
    return True
