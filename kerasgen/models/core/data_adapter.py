"""What stands between a caller's data and `train_step`: everything is checked before it changes anything."""

import contextlib
import re

import keras
import numpy as np
import tensorflow as tf

from kerasgen.errors import InvalidDataError
from kerasgen.models.core import weighting
from kerasgen.ops import checks, replicas

QUOTES = " '\""


def training(model, x, y, arguments):
    """(x, y, arguments) for `keras.Model.fit`: checked, and at the model's own step.

    A dataset of `kerasgen.data` (it offers `from_step`, `at_step`, `as_dataset`, `steps_per_epoch`) is read
    from the step `model.iterations` on, each replica its share of every batch.
    """
    arguments = weighting.check_arguments(model, dict(arguments))
    if arguments.get("validation_data") is not None:
        refuse_endless(arguments["validation_data"], arguments.get("validation_steps"), "validation_steps")
        arguments["validation_data"] = _validation(model, arguments["validation_data"])
    if getattr(x, "from_step", None) is not None:
        arguments["shuffle"] = False  # it is shuffled by index
        return *_indexed(model, x, y, arguments), arguments
    if not (x is None or _is_array(x)):  # streams have their own order; Keras would say that it leaves it
        arguments.setdefault("shuffle", False)
    weight = arguments.pop("sample_weight", None)
    refuse_endless(x, arguments.get("steps_per_epoch"), "steps_per_epoch")
    x, y, weight = checked(model, x, y, weight)
    return x, y, arguments | ({} if weight is None else {"sample_weight": weight})


def checked(model, x, y=None, weight=None):
    """(x, y, sample_weight) after a look at all of an array, or at the first batch of a stream.

    Later batches of a `tf.data.Dataset` are checked as they pass; those of a generator one by one.
    Conditions `y` of an array are looked at with it, those of a stream in its batches, where the model has a
    condition; texts become word numbers.
    """
    indexed = hasattr(x, "as_dataset")  # a dataset of kerasgen.data: one epoch of it
    if not (x is None or _is_array(x)):
        _refuse_beside_stream(y=y, sample_weight=weight)
    if indexed:
        _examine_batch(model, x.at_step(0))
        return guarded(model, x.as_dataset()), y, weight
    if isinstance(x, tf.data.Dataset):
        examine_spec(model, x.element_spec)
        _examine(model, tf.nest.map_structure(np.asarray, next(iter(x.take(1)), None)))
        return guarded(model, x), y, weight
    if x is None or _is_array(x):
        if weight is not None:
            weighting.refuse_if_unweighted(model, "sample_weight")
        _refuse_unread(model, y)
        parts = _examine(model, None if x is None else (x, y, weight))
        return (*parts, None, None)[:3]
    if isinstance(x, keras.utils.PyDataset):
        _examine(model, x[0] if x.num_batches != 0 else None)
        return Checked(model, x), y, weight
    if isinstance(x, dict):
        raise InvalidDataError(
            f"`x` must be an array, a dataset or a generator. Received: {checks.received(x)}."
        )
    try:
        batches = iter(x)
    except Exception as error:
        raise InvalidDataError(
            f"`x` must be an array, a dataset or a generator. Received: x={checks.received(x)}."
        ) from error
    first = _examine(model, next(batches, None))
    return _generated(model, first, batches), y, weight


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


def _examine_batch(model, batch):
    """Refuses a batch of tensors by its structure, then by its values."""
    examine_spec(model, tf.nest.map_structure(tf.TensorSpec.from_tensor, batch))
    _examine(model, tf.nest.map_structure(np.asarray, batch))


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


def after_batch(step):
    """`step(data)`, none of whose operations runs before the batch was read.

    A stream that fails then leaves everything as it was after the step before: counters, averages, optimizers
    and random streams, those of layers such as dropout too.
    """

    def waiting(data):
        with tf.control_dependencies([part for part in tf.nest.flatten(data) if tf.is_tensor(part)]):
            return step(data)

    return waiting


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


def _is_tensor_spec(spec):
    return isinstance(spec, tf.TensorSpec)


def _is_array(x):
    """Whether x is one array, or lists of numbers that are one."""
    if isinstance(x, (list, tuple)):
        return not any(hasattr(part, "shape") and len(part.shape) for part in x) or isinstance(x, list)
    return hasattr(x, "shape") and not hasattr(x, "from_step")


def _indexed(model, x, y, arguments):
    """(x, y) of a dataset of `kerasgen.data`, read from the model's own step on."""
    _refuse_beside_stream(y=y, sample_weight=arguments.get("sample_weight"))
    _examine_batch(model, x.at_step(model.step))
    share = lambda own, of: guarded(model, x.from_step(model.step, own, of))
    stream = replicas.shared(model.distribute_strategy, share, x.batch_size)
    if arguments.get("steps_per_epoch") is None:
        arguments["steps_per_epoch"] = x.steps_per_epoch
    return stream, y


def _validation(model, held_out):
    several = isinstance(held_out, (tuple, list))
    if several and not 1 <= len(held_out) <= 3:
        raise InvalidDataError(
            f"`validation_data` must be (x, y) or (x, y, sample_weight). Received: {len(held_out)} parts."
        )
    try:
        if not several:
            return checked(model, held_out)[0]
        parts = checked(model, *held_out)
        return parts if len(held_out) == 3 else parts[:2]
    except (TypeError, ValueError) as error:
        raise type(error)(f"`validation_data` must be as in `fit`: {error}") from error


def _generated(model, first, batches):
    """A generator, which Keras asks for, of a first batch that was checked and of later ones."""
    yield first
    for batch in batches:
        yield _examine(model, batch)


class Checked(keras.utils.PyDataset):
    """A `keras.utils.PyDataset` whose batches are checked one by one."""

    def __init__(self, model, dataset):
        super().__init__(dataset.workers, dataset.use_multiprocessing, dataset.max_queue_size)
        self.model, self.dataset = model, dataset

    def __getitem__(self, index):
        return _examine(self.model, self.dataset[index])

    @property
    def num_batches(self):
        return self.dataset.num_batches

    def on_epoch_begin(self):
        self.dataset.on_epoch_begin()

    def on_epoch_end(self):
        self.dataset.on_epoch_end()


def _examine(model, batch):
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


def _refuse_unread(model, y):
    """Refuses conditions that are given to a model without any; those in a stream are left unread."""
    if model.condition is None and y is not None:
        raise ValueError(
            f"`y` must be None: {model.name} has no condition. Received: y={checks.received(y)}."
        )


def _refuse_beside_stream(**parts):
    """Refuses what a stream must bring in its own batches."""
    for name, value in parts.items():
        if value is not None:
            raise ValueError(
                f"`{name}` must be None where `x` brings batches. Received: {name}={checks.received(value)}."
            )


def refuse_endless(x, steps, name):
    """ValueError if x is an endless dataset of which no number of steps is asked for."""
    endless = isinstance(x, tf.data.Dataset) and x.cardinality() == tf.data.INFINITE_CARDINALITY
    if endless and steps is None:
        raise ValueError(f"`{name}` must be given for an endless dataset. Received: None.")
