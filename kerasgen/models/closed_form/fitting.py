"""What models share that a train step fits without gradients, and whose density is known."""

import math

import keras
import tensorflow as tf
from keras import ops

from kerasgen.models.core import optimizers
from kerasgen.models.core.rows import by_chunks
from kerasgen.ops import checks

REASON = "which has to see the whole batch"


def compile_without_optimizer(model, jit_compile, steps_per_execution, run_eagerly):
    """`compile` without an optimizer and without XLA.

    Raises:
        ValueError: If `jit_compile` is True: the last chunk of a batch has a size of its own.
    """
    optimizers.jit(jit_compile, "nothing here runs under XLA")
    settings = {"steps_per_execution": steps_per_execution, "run_eagerly": run_eagerly}
    model.compile_players({}, jit_compile=False, **settings)


def whole_array(x, batch_size):
    """The batch size of `fit`: unless given, the whole of an array; TypeError or ValueError if it is none."""
    if batch_size is not None:
        return checks.integer("batch_size", batch_size, 1, 2**31 - 1)
    return rows_of(x) or None


def rows_of_a_step(x, batch_size):
    """Examples that a step of `fit` will read; None where that is not known yet."""
    if hasattr(x, "from_step"):  # a dataset of kerasgen.data
        return x.batch_size
    if isinstance(x, tf.data.Dataset):
        spec = x.element_spec
        return rows_of(spec[0] if isinstance(spec, tuple) and spec else spec)
    rows = rows_of(x)
    return rows if rows is None else min(batch_size or rows, rows)


def rows_of(x):
    """The length of the first axis of an array, or of what a stream says of its batches; None if unknown."""
    shape = getattr(x, "shape", None)
    return shape[0] if isinstance(shape, (tuple, tf.TensorShape)) and tf.TensorShape(shape).rank else None


def counted(data):
    """What `fit` gives a step, after the check that its weights, by whose sum it divides, are not all 0."""
    x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
    if weight is None:
        return data
    some = tf.reduce_sum(weight) > 0
    words = "`sample_weight` must not be 0 for every example of a step."
    with tf.control_dependencies([tf.debugging.Assert(some, [words])]):
        return tf.identity(x), y, tf.identity(weight)


def flat(x):
    """x as float64 (rows, numbers of an example)."""
    return ops.cast(ops.reshape(x, (-1, math.prod(x.shape[1:]))), "float64")


def graph_of(function):
    """`function` of examples, given to it flat, as one graph with a float32 result."""
    return tf.function(lambda x: ops.cast(function(flat(x)), "float32"), autograph=False)


def over_rows(model, function, x, progress=False):
    """An array of what `function` answers to examples, after the checks of `fit`."""
    checks.flag("progress", progress)
    x = model.event.check(x, "x")
    return by_chunks(function, (tf.constant(x),), model.rows_at_once, progress)


def refuse_condition(model, condition):
    """ValueError if a condition is given to a model that has none."""
    if condition is not None:
        raise ValueError(
            f"`condition` must be None: {model.name} has no condition. "
            f"Received: condition={checks.received(condition)}."
        )
