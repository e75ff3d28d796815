"""Arrays in memory to an `IndexedDataset`: what may be a column, and the order of its examples."""

import collections.abc

import numpy as np
import tensorflow as tf

from kerasgen.data.indexed import IndexedDataset
from kerasgen.errors import InvalidDataError
from kerasgen.ops import checks
from kerasgen.spaces import box


def from_array(images, labels=None, *, batch_size=128, shuffle=True, seed=0, value_range=(-1.0, 1.0)):
    """An `IndexedDataset` of images, signals, points, texts or tokens, by themselves or with one label each.

    Example j of its stream is number `index_shuffle(j mod n)` under the key (seed, j div n): each example
    once an epoch, in an order that depends on nothing but the seed.

    Args:
        images: Array (num, ...) of rank >= 2: uint8, scaled from 0..255 to `value_range`, or floats already
            in it. Batches are float32. Or texts (num,), or tokens, ints (num, length): they stay as they are.
        labels: None, or one int or text for each example, shape (num,), or several ints, (num, any): batches
            become pairs.
        batch_size: Examples of one batch, 1 to num.
        shuffle: False reads in order and keeps the last, smaller batch.
        seed: Int in [0, 2**31). Seeds the order.
        value_range: (low, high), or None for floats taken as they are.

    Raises:
        InvalidDataError: If `images` is no array of numbers, empty, of a wrong type, not finite as float32
            or out of range, or `labels` does not match it.
        TypeError, ValueError: If another argument is none of these.
    """
    value_range = checks.value_range("value_range", value_range)
    images = _images(images, value_range)
    columns = images if labels is None else (images, labels_of(labels, len(images)))
    options = {"batch_size": batch_size, "shuffle": shuffle, "seed": seed, "value_range": value_range}
    return from_arrays(columns, **options)


def from_arrays(
    columns,
    *,
    paired=True,
    num_examples=None,
    batch_size=128,
    shuffle=True,
    seed=0,
    value_range=(-1.0, 1.0),
):
    """An `IndexedDataset` of any structure of arrays: pairs, captions, sample weights, unpaired sets.

        from_arrays((images, labels, weights))
        from_arrays({"image": photographs, "mask": masks, "caption": captions})
        from_arrays((horses, zebras), paired=False)

    Args:
        columns: An array, or a tuple or dict of columns. A column of uint8 with rank >= 2 holds images and is
            scaled from 0..255 to `value_range`; floats become float32; ints, bools, texts and uint8 of rank 1
            stay as they are.
        paired: True: all columns have the same length, and a batch holds the same examples of each. False:
            each member of the outermost tuple or dict is a set by itself, with its own length and its own
            order, begun anew when it is exhausted.
        num_examples: Examples of one epoch; default the length of the first set.
        batch_size: Examples of one batch (of each set), 1 to `num_examples`.
        shuffle: False reads in order.
        seed: Int in [0, 2**31). Seeds the orders.
        value_range: (low, high) that uint8 is scaled to; None if there are no images of uint8.

    Raises:
        InvalidDataError: If a column is no array of numbers or texts, is empty or not finite as float32, or
            the lengths of paired columns differ.
        TypeError, ValueError: If another argument is none of these.
    """
    value_range = checks.value_range("value_range", value_range)
    paired = checks.flag("paired", paired)
    if isinstance(columns, list) or not (paired or isinstance(columns, (tuple, collections.abc.Mapping))):
        raise TypeError(f"`columns` must be a tuple or dict of arrays. Received: {checks.received(columns)}.")
    columns = _structure("columns", columns, lambda name, value: _column(name, value, value_range))
    sets = [columns] if paired else _members(columns)
    lengths = [_length(members) for members in sets]
    seed, shuffle = checks.integer("seed", seed, 0, 2**31 - 1), checks.flag("shuffle", shuffle)
    readers = [
        _reader(members, np.int64(length), (seed, number) if shuffle else None, value_range)
        for number, (members, length) in enumerate(zip(sets, lengths, strict=True))
    ]

    def read(positions):
        found = [reader(positions) for reader in readers]
        return found[0] if paired else _like(columns, found)

    return IndexedDataset(
        read, lengths[0] if num_examples is None else num_examples, batch_size, shuffle=shuffle, seed=seed
    )


def _reader(columns, num, key, value_range):
    """The function of positions that reads one set of `num` examples, shuffled under a key or in order."""
    tensors = tf.nest.map_structure(tf.constant, columns)

    def row(tensor, index):
        found = tf.gather(tensor, index)
        if tensor.dtype != tf.uint8 or tensor.shape.rank == 1:
            return found
        low, high = value_range
        return low + tf.cast(found, "float32") * ((high - low) / 255)

    def read(positions):
        index = positions % num if key is None or num == 1 else _shuffled(positions, num, *key)
        return tf.nest.map_structure(lambda tensor: row(tensor, index), tensors)

    return read


def _shuffled(positions, num, seed, number):
    """Indices of the examples at `positions` of set `number`, int64 (batch,): a permutation an epoch."""
    epoch = tf.cast(positions // num % 2**31, "int32")
    fill = lambda value: tf.fill(tf.shape(epoch), value)
    # The raw op: `tf.random.experimental.index_shuffle` pads a batch of seeds along the wrong axis.
    return tf.raw_ops.RandomIndexShuffle(
        index=positions % num,
        seed=tf.stack([fill(seed), epoch, fill(number)], axis=1),
        max_index=tf.fill(tf.shape(positions), num - 1),
        rounds=4,
    )


def _structure(name, value, convert):
    """`convert(name, array)` of every column of nested tuples and dicts."""
    if isinstance(value, collections.abc.Mapping):
        if not value or not all(isinstance(key, str) for key in value):
            raise TypeError(f"`{name}` must have texts as keys. Received: {checks.received(value)}.")
        return {key: _structure(f"{name}[{key!r}]", member, convert) for key, member in value.items()}
    if not isinstance(value, tuple):
        return convert(name, value)
    if not value:
        raise InvalidDataError(f"`{name}` is empty. Received: ().")
    members = [_structure(f"{name}[{i}]", member, convert) for i, member in enumerate(value)]
    return type(value)(*members) if hasattr(value, "_fields") else tuple(members)


def _members(structure):
    return list(structure.values()) if isinstance(structure, dict) else list(structure)


def _like(structure, members):
    """The members in a structure of the same outermost kind."""
    if isinstance(structure, dict):
        return dict(zip(structure, members, strict=True))
    return type(structure)(*members) if hasattr(structure, "_fields") else tuple(members)


def _length(columns):
    lengths = [len(column) for column in tf.nest.flatten(columns)]
    if len(set(lengths)) > 1:
        raise InvalidDataError(
            f"`columns` must have one length, or be sets by themselves (`paired=False`). "
            f"Received: lengths {lengths}."
        )
    return lengths[0]


def _column(name, value, value_range):
    """An array that `tf.constant` takes: numbers in native byte order, floats as float32, or texts."""
    texts = texts_of(value)
    found = checks.real(name, value) if texts is None else texts
    if not found.ndim or not found.size:
        raise InvalidDataError(f"`{name}` must hold one example or more. Received: shape {found.shape}.")
    if found.dtype == np.uint8 and found.ndim > 1 and value_range is None:
        raise ValueError(f"`value_range` must be given for `{name}` of uint8. Received: value_range=None.")
    return found if texts is not None else single(name, found)


def single(name, found):
    """Floats as finite float32, or InvalidDataError; anything else as it is."""
    if found.dtype.kind in "iub":
        return found
    with np.errstate(over="ignore", invalid="ignore"):
        found = found.astype("float32")
    if not (np.isfinite(found.min()) and np.isfinite(found.max())):
        raise InvalidDataError(
            f"`{name}` must be finite as float32. Received: NaN, infinity or a larger number."
        )
    return found


def texts_of(value):
    """`value` as an array of texts, or None if it holds anything else."""
    try:
        found = np.asarray(value)
        if found.dtype.kind not in "USO":
            return None
        found = found if found is value else np.asarray(value, "object")  # NumPy makes texts of 1 in ["a", 1]
    except Exception:
        return None
    texts = found.dtype.kind in "US" or all(isinstance(text, (str, bytes)) for text in found.flat)
    return found if texts and found.size else None


def _images(images, value_range):
    texts = texts_of(images)
    if texts is not None and texts.ndim == 1:
        return texts
    images = checks.real("images", images)
    if images.ndim < 2:
        raise InvalidDataError(f"`images` must have rank 2 or more. Received: shape {images.shape}.")
    if images.dtype != np.uint8:
        if images.dtype.kind in "iu" and images.ndim == 2 and images.size:
            return images
        if images.dtype.kind in "iub":
            raise InvalidDataError(
                f"`images` must hold uint8 or floats. Received: images of dtype {images.dtype.name}."
            )
        if images.size:
            images = single("images", images)
            box(images.shape[1:], value_range).check(images, "images")
    if not images.size:
        raise InvalidDataError(f"`images` is empty. Received: shape {images.shape}.")
    return images


def labels_of(labels, num):
    """Labels of `num` examples as an array of ints or texts (num,), or of several ints each, (num, any).

    Raises:
        InvalidDataError: If they are none.
    """
    texts = texts_of(labels)
    found = checks.real("labels", labels) if texts is None else texts
    several = texts is None and found.ndim == 2 and found.shape[0] == num and found.size
    if found.shape != (num,) and not several:
        raise InvalidDataError(f"`labels` must have shape ({num},). Received: shape {found.shape}.")
    if texts is None and found.dtype.kind not in "iu":
        raise InvalidDataError(
            f"`labels` must hold ints or texts. Received: labels of dtype {found.dtype.name}."
        )
    return found
