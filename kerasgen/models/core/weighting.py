"""How much each example counts in an objective: checks of `sample_weight` and `class_weight`."""

import tensorflow as tf
from keras import ops

from kerasgen import spaces
from kerasgen.errors import InvalidDataError
from kerasgen.ops import checks

LARGEST = 1e30  # sums of so large weights stay finite in float32


def check_arguments(model, arguments):
    """The arguments of `fit`, their `class_weight` with every class of the model; ValueError if wrong."""
    given = [name for name in ("sample_weight", "class_weight") if arguments.get(name) is not None]
    for name in given:
        refuse_if_unweighted(model, name)
    if "class_weight" not in given:
        return arguments
    if len(given) == 2:
        raise ValueError("`class_weight` must be None beside `sample_weight`. Received: both.")
    return arguments | {"class_weight": _of_classes(model, arguments["class_weight"])}


def refuse_if_unweighted(model, name):
    """ValueError if the objective of a model is no mean over examples."""
    if not model.weighted:
        raise ValueError(
            f"`{name}` must be None: the objective of {type(model).__name__} is no mean over examples "
            "that could be weighted. Received: weights."
        )


def of_rows(weight, num):
    """`sample_weight` as float32 (num,); InvalidDataError if it is of another kind."""
    weight = checks.array("sample_weight", weight, (num,), InvalidDataError)
    if weight.min() < 0 or weight.max() > LARGEST:
        raise InvalidDataError(
            f"`sample_weight` must be from 0 to {LARGEST:g}. "
            f"Received: weights from {weight.min()} to {weight.max()}."
        )
    return weight.astype("float32")


def static(spec):
    """Refuses the `tf.TensorSpec` of what cannot be one weight an example: InvalidDataError."""
    if not spec.shape.is_compatible_with([None]) or not (spec.dtype.is_floating or spec.dtype.is_integer):
        raise InvalidDataError(f"`sample_weight` must have shape (batch,). Received: {spec}.")


def in_graph(weight):
    """`sample_weight` of a batch of a stream as float32, its check a part of the graph."""
    weight = tf.cast(weight, "float32")
    good = tf.reduce_all((weight >= 0) & (weight <= LARGEST))
    test = tf.debugging.Assert(good, [f"`sample_weight` must be from 0 to {LARGEST:g}."])
    with tf.control_dependencies([test]):
        return tf.identity(weight)


def _of_classes(model, weights):
    """{class: weight} of every class; those that are not named count 1."""
    if not isinstance(model.condition, spaces.Label):
        raise ValueError(
            f"`class_weight` must be None: {model.name} reads no labels. "
            f"Received: class_weight={checks.received(weights)}."
        )
    if not isinstance(weights, dict) or not weights:
        raise TypeError(
            f"`class_weight` must be a dict {{class: weight}}. Received: {checks.received(weights)}."
        )
    num = model.condition.num_classes
    given = {
        checks.integer("class_weight", label, 0, num - 1): checks.number("class_weight", weight, 0, LARGEST)
        for label, weight in weights.items()
    }
    return {label: given.get(label, 1.0) for label in range(num)}


def mean(values, weight=None):
    """The mean over a batch, each example counted as much as its weight says: sum_i w_i mean(v_i) / batch.

    Keras's reduction "sum_over_batch_size": weights that are all 1 change nothing.

    Args:
        values: (batch, ...).
        weight: (batch,), or None.
    """
    if weight is None:
        return ops.mean(values)
    weight = ops.cast(ops.reshape(weight, (-1,) + (1,) * (len(values.shape) - 1)), values.dtype)
    return ops.mean(weight * values)
