"""What stands between a caller's data and `train_step`: everything is checked before it changes anything."""

import keras
import tensorflow as tf

from kerasgen.errors import InvalidDataError
from kerasgen.models.core import batches, weighting
from kerasgen.ops import checks, replicas


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


def evaluation(model, x, y, weight, steps):
    """(x, y, sample_weight) for `keras.Model.evaluate`: checked."""
    refuse_endless(x, steps, "steps")
    return checked(model, x, y, weight)


def checked(model, x, y=None, weight=None):
    """(x, y, sample_weight) after a look at all of an array, or at the first batch of a stream.

    Later batches of a `tf.data.Dataset` are checked as they pass; those of a generator one by one.
    Conditions `y` of an array are looked at with it, those of a stream in its batches, where the model has a
    condition; texts become word numbers.
    """
    if not (x is None or _is_array(x)):
        _refuse_beside_stream(y=y, sample_weight=weight)
    if hasattr(x, "as_dataset"):  # a dataset of kerasgen.data: one epoch of it
        batches.examine_tensors(model, x.at_step(0))
        return batches.steady(model, x.as_dataset()), y, weight
    if isinstance(x, tf.data.Dataset):
        batches.examine_stream(model, x)
        return batches.guarded(model, x), y, weight
    if x is None or _is_array(x):
        if weight is not None:
            weighting.refuse_if_unweighted(model, "sample_weight")
        _refuse_unread(model, y)
        parts = batches.examine(model, None if x is None else (x, y, weight))
        return (*parts, None, None)[:3]
    if isinstance(x, keras.utils.PyDataset):
        batches.examine(model, x[0] if x.num_batches != 0 else None)
        return batches.Checked(model, x), y, weight
    later = _iterator(x)
    first = batches.examine(model, next(later, None))
    return batches.generated(model, first, later), y, weight


def after_batch(step):
    """`step(data)`, none of whose operations runs before the batch was read.

    A stream that fails then leaves everything as it was after the step before: counters, averages, optimizers
    and random streams, those of layers such as dropout too.
    """

    def waiting(data):
        with tf.control_dependencies([part for part in tf.nest.flatten(data) if tf.is_tensor(part)]):
            return step(data)

    return waiting


def _iterator(x):
    """`iter(x)`; InvalidDataError for what has none, and for a dict."""
    try:
        if isinstance(x, dict):
            raise TypeError
        return iter(x)
    except Exception as error:
        raise InvalidDataError(
            f"`x` must be an array, a dataset or a generator. Received: x={checks.received(x)}."
        ) from error


def _is_array(x):
    """Whether x is one array, or lists of numbers that are one."""
    if isinstance(x, (list, tuple)):
        return not any(hasattr(part, "shape") and len(part.shape) for part in x) or isinstance(x, list)
    return hasattr(x, "shape") and not hasattr(x, "from_step")


def _indexed(model, x, y, arguments):
    """(x, y) of a dataset of `kerasgen.data`, read from the model's own step on."""
    _refuse_beside_stream(y=y, sample_weight=arguments.get("sample_weight"))
    batches.examine_tensors(model, x.at_step(model.step))
    share = lambda own, of: batches.steady(model, x.from_step(model.step, own, of))
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
