"""Sets of images, of sounds, and a text, of TensorFlow Datasets."""

import os
import re
import socket

from kerasgen.data import registry
from kerasgen.data.registry import Source
from kerasgen.errors import MissingDataError

HOST = ("storage.googleapis.com", 443)  # where TFDS downloads begin
EVERYWHERE = None  # TFDS itself reads the split: "train[:10%]"


def source(name):
    """The `Source` of a set of images of TensorFlow Datasets; it downloads what is not prepared."""
    return Source(lambda split, data_dir: read(name, split, data_dir), EVERYWHERE)


def read(name, split, data_dir):
    """(images, labels or None) of a split of a set of TensorFlow Datasets."""
    import tensorflow_datasets as tfds

    builder = _builder(name, data_dir)
    try:
        data = tfds.as_numpy(builder.as_dataset(split=split, batch_size=-1))
    except (ValueError, KeyError, AssertionError) as error:  # TFDS's words for an unknown split
        raise ValueError(
            f"`split` must be one of {list(builder.info.splits)} or a slice. Received: split={split!r}."
        ) from error
    return data["image"], data.get("label")


def text(name, split, data_dir):
    """The text of a split of a set of TensorFlow Datasets that has one."""
    import tensorflow_datasets as tfds

    builder = _in_place(name, _known(name, data_dir))
    return "".join(row["text"].decode() for row in tfds.as_numpy(builder.as_dataset(split=split)))


def rows(name, split, data_dir):
    """The examples of a split of a set of TensorFlow Datasets, dictionaries of arrays, one by one."""
    import tensorflow_datasets as tfds

    return tfds.as_numpy(_in_place(name, _known(name, data_dir)).as_dataset(split=split))


def _builder(name, data_dir):
    """The TFDS builder of a set of images, its data in place."""
    builder = _known(name, data_dir)
    features = builder.info.features
    shape = features["image"].shape if "image" in (features or ()) else (None,)
    if None in shape:
        raise ValueError(f"`name` must be a set of images of one size. Received: name={name!r}, {features}.")
    return _in_place(name, builder)


def _known(name, data_dir):
    """The TFDS builder of `name`."""
    import tensorflow_datasets as tfds

    try:
        return tfds.builder(name, data_dir=data_dir, try_gcs=False)
    except Exception as error:
        known = tfds.list_builders(with_community_datasets=False)
        if re.split("[:/]", name)[0] not in known:
            raise registry.unknown(name, known) from None
        raise ValueError(
            "`name` must be a set of TensorFlow Datasets, with a config and a version that it has. "
            f"Received: name={name!r} ({error!s:.200})."
        ) from error


def _in_place(name, builder):
    """A builder whose data are prepared."""
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
