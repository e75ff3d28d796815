"""Arrays to batches, addressed by index: what a step reads is a function of (seed, step)."""

import numpy as np
import tensorflow as tf

from kerasgen.errors import InvalidDataError
from kerasgen.ops import checks


def from_array(images, labels=None, *, batch_size=128, shuffle=True, seed=0, value_range=(-1.0, 1.0)):
    """A `tf.data.Dataset` of float32 batches over examples held in memory.

    Iterated by itself it is one epoch, shuffled anew each time it is started. It also
    offers `from_step(step)`, the endless stream from that train step on, and
    `steps_per_epoch`, beside `num_examples` and `batch_size`; `GenerativeModel.fit` reads those, so that
    training goes on where the model's own step stands. Example j of the stream is number
    `index_shuffle(j mod n)` under the key (seed, j div n): each example once an epoch,
    in an order that depends on nothing but the seed.

    Args:
        images: Array (num, ...): uint8, scaled from 0..255 to `value_range`, or floats
            already in it.
        labels: None or an integer array (num,): batches become pairs.
        batch_size: Examples a batch, 1 to num.
        shuffle: False reads in order and keeps the last, smaller batch.
        seed: Int in [0, 2**31). Seeds the order.
        value_range: (low, high), or None for floats taken as they are.

    Raises:
        InvalidDataError: If `images` is empty, of a wrong type, not finite or out of
            range, or `labels` does not match it.
        ValueError: If `batch_size` or `seed` is out of range.
    """
    images = _examples(images, value_range)
    num = np.int64(len(images))
    checks.integer("batch_size", batch_size, 1, num)
    checks.integer("seed", seed, 0, 2**31 - 1)
    if labels is not None and np.shape(labels) != (num,):
        raise InvalidDataError(f"`labels` must have shape ({num},). Received: shape {np.shape(labels)}.")
    tensors = (tf.constant(images),) + (() if labels is None else (tf.constant(labels),))
    at = lambda index, epoch: _gather(tensors, index, epoch, num, shuffle, seed, value_range)
    sizes = {"num": num, "batch_size": batch_size}
    dataset = _one_epoch(at, shuffle, seed, **sizes)
    dataset.from_step = lambda step, own=range(1), of=1: _stream(at, step, own, of, **sizes)
    dataset.batch_size = int(batch_size)
    dataset.steps_per_epoch = int(num // batch_size)
    dataset.num_examples = int(num)
    return dataset


def _stream(at, step, own, of, num, batch_size):
    """Endless batches from train step `step` on; a batch may reach into the next epoch.

    Of the `of` equal shares of each batch only `own` are read, a range, one after the other.
    """
    share = batch_size // of

    def batch(number):
        first = (number // len(own)) * batch_size + (own.start + number % len(own)) * share
        index = first + tf.range(share, dtype="int64")
        return at(index % num, index // num)

    return _batches(tf.data.Dataset.counter(step * len(own)), batch)


def _one_epoch(at, shuffle, seed, num, batch_size):
    """The batches of one epoch, under another epoch's number each time it is started."""
    stop = num - num % batch_size if shuffle else num

    @tf.autograph.experimental.do_not_convert
    def epoch(number):
        def batch(start):
            index = tf.range(start, tf.minimum(start + batch_size, num))
            if shuffle:
                index = tf.ensure_shape(index, [batch_size])
            return at(index, tf.fill(tf.shape(index), number % 2**31))

        starts = tf.data.Dataset.range(0, stop, batch_size)
        return _batches(starts, batch)

    numbers = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=shuffle).take(1)
    dataset = numbers.flat_map(epoch)
    return dataset.apply(tf.data.experimental.assert_cardinality(-(-stop // batch_size)))


def _batches(starts, batch):
    batch = tf.autograph.experimental.do_not_convert(batch)
    dataset = starts.map(batch, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    return dataset.prefetch(tf.data.AUTOTUNE)


def _gather(tensors, index, epoch, num, shuffle, seed, value_range):
    """The examples that stand at places `index` of epochs `epoch`, both int64 (batch,)."""
    if shuffle and num > 1:
        epoch = tf.cast(epoch, "int32")
        seeds = tf.stack([tf.fill(tf.shape(epoch), seed), epoch, tf.zeros_like(epoch)], axis=1)
        # The raw op: `tf.random.experimental.index_shuffle` pads a batch of seeds along the wrong axis.
        index = tf.raw_ops.RandomIndexShuffle(
            index=index, seed=seeds, max_index=tf.fill(tf.shape(index), num - 1), rounds=4
        )
    images, *labels = (tf.gather(tensor, index) for tensor in tensors)
    if images.dtype == tf.uint8:
        low, high = value_range
        images = low + tf.cast(images, "float32") * ((high - low) / 255)
    return (images, *labels) if labels else images


def _examples(images, value_range):
    images = np.asarray(images)
    if images.ndim < 2:
        raise InvalidDataError(f"`images` must have rank 2 or more. Received: shape {images.shape}.")
    if images.dtype == np.uint8:
        if value_range is None:
            raise ValueError("`value_range` must be given for uint8 images. Received: None.")
        if not images.size:
            raise InvalidDataError(f"`images` is empty. Received: shape {images.shape}.")
        return images
    checks.examples(images, images.shape[1:], value_range, name="images")
    return images.astype("float32")
