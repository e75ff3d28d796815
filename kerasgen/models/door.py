"""What stands between a caller's data and `train_step`."""

import itertools

import keras
import tensorflow as tf

from kerasgen.errors import InvalidDataError
from kerasgen.ops import checks, replicas


def training(model, x, y, arguments):
    """(x, y, arguments) for `keras.Model.fit`: checked, and at the model's own step.

    A dataset that offers `from_step` and `steps_per_epoch` (those of `kerasgen.data`)
    is read from step `model.steps` on, each replica its share of every batch.
    """
    held_out = arguments.get("validation_data")
    if held_out is not None:
        x_, y_, *rest = keras.utils.unpack_x_y_sample_weight(held_out)
        x_, y_ = checked(model, x_, y_)
        held_out = (x_, y_, *rest) if isinstance(held_out, tuple) else x_
        arguments = arguments | {"validation_data": held_out}
    from_step = getattr(x, "from_step", None)
    if from_step is None:
        return *checked(model, x, y), arguments
    checked(model, x)
    share = lambda own, of: guarded(model, from_step(model.step, own, of))
    stream = replicas.shared(model.distribute_strategy, share, x.batch_size)
    steps = arguments.get("steps_per_epoch")
    return stream, y, arguments | {"steps_per_epoch": x.steps_per_epoch if steps is None else steps}


def checked(model, x, y=None):
    """(x, y) after a look at all of an array, or at the first batch of a stream.

    Later batches of a `tf.data.Dataset` are checked as they pass; those of a
    generator one by one. Labels `y` of an array are looked at with it, those of a
    stream in its batches, where the model reads labels; texts become word numbers.
    """
    if isinstance(x, tf.data.Dataset):
        checks.spec(*_spec(x), model.event_shape)
        _examine(model, next(iter(x.take(1)), None))
        return guarded(model, x), y
    if x is None or hasattr(x, "shape"):
        return _examine(model, x if x is None else (x, y))
    if hasattr(x, "__getitem__") and hasattr(x, "__len__"):  # keras.utils.PyDataset, list of arrays
        _examine(model, x[0] if len(x) else None)
        return x, y
    batches = iter(x)
    first = _examine(model, next(batches, None))
    return (batch for batch in itertools.chain([first], (_examine(model, batch) for batch in batches))), y


def guarded(model, dataset):
    """`dataset` with the check of values as part of its graph."""

    @tf.autograph.experimental.do_not_convert
    def check(x, *rest):
        x = checks.in_graph(x, model.value_range, bits=model.bits)
        if model.condition is not None:
            rest = (model.condition.in_graph(rest[0]), *rest[1:])
        return (x, *rest) if rest else x

    return dataset.map(check, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(2)


def _spec(dataset):
    spec = dataset.element_spec
    spec = spec[0] if isinstance(spec, tuple) else spec
    return spec.shape, spec.dtype


def _examine(model, batch):
    """The batch, its condition in the numbers that the networks take."""
    if batch is None:
        raise InvalidDataError("`x` is empty. Received: no batch at all.")
    x, y = (*batch, None)[:2] if isinstance(batch, (tuple, list)) else (batch, None)
    checks.examples(x, model.event_shape, model.value_range, bits=model.bits)
    if model.condition is None:
        return batch
    return (x, model.condition.checked(y, len(x)), *batch[2:])
