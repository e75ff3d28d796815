"""Batches of a stream, looked at before a step takes them."""

import contextlib
import re

import keras
import numpy as np
import tensorflow as tf

from kerasgen.errors import InvalidDataError
from kerasgen.models.core import weighting
from kerasgen.ops import checks

QUOTES = " '\""
STEADY = tf.data.Options()
STEADY.autotune.enabled = False  # what tunes itself reads fewer batches a second, and may take long to end
STEADY.experimental_optimization.apply_default_optimizations = False  # none of them helps here


def examine(model, batch):
    """(x, y, sample_weight) of a batch as far as it goes, in the types that networks take; checked."""
    if batch is None:
        raise InvalidDataError("`x` is empty. Received: no batch at all.")
    if isinstance(batch, dict):
        raise InvalidDataError("`x` must bring batches x, (x, y) or (x, y, sample_weight). Received: a dict.")
    x, *rest = batch if isinstance(batch, tuple) else (batch,)
    if len(rest) > 2:
        raise InvalidDataError(f"`x` must bring batches of 1 to 3 parts. Received: {len(rest) + 1}.")
    x = model.event.check(x, "x")
    if model.condition is not None:
        rest = [model.condition.check(rest[0] if rest else None, "y", len(x)), *rest[1:]]
    if len(rest) > 1 and rest[1] is not None:
        weighting.refuse_if_unweighted(model, "sample_weight")
        rest[1] = weighting.of_rows(rest[1], len(x))
        if rest[0] is None:  # Keras drops weights without targets
            rest[0] = np.zeros(len(x), "float32")
    while rest and rest[-1] is None:
        rest.pop()
    return (x, *rest) if rest else (x,)


def examine_tensors(model, batch):
    """Refuses a batch of tensors by its structure, then by its values."""
    examine_spec(model, tf.nest.map_structure(tf.TensorSpec.from_tensor, batch))
    examine(model, tf.nest.map_structure(np.asarray, batch))


def examine_stream(model, dataset):
    """Refuses a `tf.data.Dataset` by what its batches are said to hold, or by its first batch."""
    examine_spec(model, dataset.element_spec)
    first = next(iter(dataset.take(1).with_options(STEADY)), None)
    examine(model, tf.nest.map_structure(np.asarray, first))


def examine_spec(model, spec):
    """Refuses a stream by what its batches are said to hold."""
    parts = spec if isinstance(spec, (tuple, list)) else (spec,)
    if isinstance(spec, dict) or not 1 <= len(parts) <= 3 or not all(map(_is_tensor_spec, parts)):
        raise InvalidDataError(
            "`x` must bring batches x, (x, y) or (x, y, sample_weight) of tensors. "
            f"Received: {checks.received(tf.nest.map_structure(str, spec))}."
        )
    model.event.static(parts[0], "x")
    if model.condition is not None:
        if len(parts) < 2:
            raise InvalidDataError(f"`y` must be {model.condition}. Received: batches of x alone.")
        model.condition.static(parts[1], "y")
    if len(parts) > 2:
        weighting.refuse_if_unweighted(model, "sample_weight")
        weighting.static(parts[2])


def _is_tensor_spec(spec):
    return isinstance(spec, tf.TensorSpec)


def steady(model, dataset):
    """`guarded`, of a dataset of the library."""
    return guarded(model, dataset).with_options(STEADY)


def guarded(model, dataset):
    """`dataset` with the check of values as part of its graph, its examples float32."""

    @tf.autograph.experimental.do_not_convert
    def check(*batch):
        x, *rest = batch
        x = model.event.in_graph(x, "x")
        if model.condition is not None:
            rest = (model.condition.in_graph(_beside(x, rest[0], "y"), "y"), *rest[1:])
        if len(rest) > 1:
            rest = (rest[0], weighting.in_graph(_beside(x, rest[1], "sample_weight")))
        return (x, *rest) if rest else x

    return dataset.map(check, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(2)


def _beside(x, rows, name):
    """`rows`, which must be as many as those of x."""
    same = tf.equal(tf.shape(rows)[0], tf.shape(x)[0])
    with tf.control_dependencies([tf.debugging.Assert(same, [f"`{name}` must have as many rows as `x`."])]):
        return tf.identity(rows)


def generated(model, first, batches):
    """A generator, which Keras asks for, of a first batch that was checked and of later ones."""
    yield first
    for batch in batches:
        yield examine(model, batch)


class Checked(keras.utils.PyDataset):
    """A `keras.utils.PyDataset` whose batches are checked one by one."""

    def __init__(self, model, dataset):
        super().__init__(dataset.workers, dataset.use_multiprocessing, dataset.max_queue_size)
        self.model, self.dataset = model, dataset

    def __getitem__(self, index):
        return examine(self.model, self.dataset[index])

    @property
    def num_batches(self):
        return self.dataset.num_batches

    def on_epoch_begin(self):
        self.dataset.on_epoch_begin()

    def on_epoch_end(self):
        self.dataset.on_epoch_end()


@contextlib.contextmanager
def typed():
    """Turns what a check inside a stream says into the error that the same check of an array raises."""
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        message = _said_by_check(str(error.message))
        if message is None:
            raise
        raise InvalidDataError(message) from error


def _said_by_check(said):
    """What a check said, out of an error of TensorFlow's; None if it was no check."""
    python = re.search("InvalidDataError: (`.*)", said)  # in a generator
    if python:
        return python[1]
    found = re.search("(?:assertion failed|Summarized data): .*?(`[^]]*)", said, re.DOTALL)  # graph, eager
    return f"{found[1].strip(QUOTES)} Received: another value." if found else None
