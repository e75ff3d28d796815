"""Data by name: TFDS behind one function, and the small sample of MNIST in the package."""

import functools
import importlib.resources
import os
import socket

import numpy as np

from kerasgen.data.pipeline import from_array
from kerasgen.errors import MissingDataError
from kerasgen.ops import checks

PACKAGED = ("mnist_small",)  # 2,000 + 500 real images of MNIST, in the wheel
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
    """A `tf.data.Dataset` of a named image set: float32 batches (batch, height, width, channels).

    Args:
        name: "mnist_small", or any image set of TensorFlow Datasets ("mnist", "fashion_mnist").
        split: "train", "test" or whatever TFDS reads, such as "train[:10%]".
        batch_size: Examples a batch.
        labels: Whether batches are pairs (images, labels int64 (batch,)).
        shuffle: Default: only where the split begins with "train".
        seed: Int in [0, 2**31). Seeds the order.
        value_range: (low, high) to which pixels are scaled.
        data_dir: Where prepared data lies; default `TFDS_DATA_DIR`, then TFDS's own place.

    Returns:
        What `from_array` returns: one epoch, with `from_step` and `steps_per_epoch`.

    Raises:
        MissingDataError: If the set is neither prepared nor reachable; says what to set.
        ValueError: If TFDS does not know the name or the split.
    """
    images, marks = arrays(name, split, data_dir)
    return from_array(
        images,
        marks if labels else None,
        batch_size=batch_size,
        shuffle=split.startswith("train") if shuffle is None else shuffle,
        seed=seed,
        value_range=value_range,
    )


def arrays(name, split="train", data_dir=None):
    """(images uint8 (num, height, width, channels), labels int64 (num,) or None), in memory.

    Decoded once a process. Arguments and errors are those of `load`.
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
    return data["image"], data.get("label")


def _prepared(name, data_dir):
    """The TFDS builder of `name`, its data in place."""
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(name, data_dir=data_dir, try_gcs=False)
    except (tfds.core.DatasetNotFoundError, tfds.core.registered.DatasetNotFoundError):
        known = ", ".join(PACKAGED)
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
