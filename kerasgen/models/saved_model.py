"""Writing a SavedModel, and the checks inside its graph."""

import contextlib
import os
import shutil
import tempfile

import keras
import tensorflow as tf

from kerasgen.ops import checks
from kerasgen.ops.compiled import left_plain


def write(filepath, model, endpoints, verbose=False):
    """Writes `endpoints`, {name: (function, specs)}, and the variables of `model` to a new folder.

    Raises:
        FileExistsError: If `filepath` exists.
    """
    with placed(filepath) as work:
        archive = keras.export.ExportArchive()
        archive.track(model)
        for name, (function, specs) in endpoints.items():
            with left_plain():
                archive.add_endpoint(name, _shaped(function, specs), input_signature=specs)
        archive.write_out(work, verbose=verbose)


@contextlib.contextmanager
def placed(filepath):
    """A path to write a folder to, which is renamed to `filepath` when the block ends well.

    A server that watches the folder around it never sees half a model.

    Raises:
        FileExistsError: If `filepath` exists.
    """
    filepath = os.path.abspath(filepath)
    if os.path.exists(filepath):
        raise FileExistsError(f"`filepath` exists already. Received: filepath={filepath!r}.")
    os.makedirs(os.path.dirname(filepath), exist_ok=True)
    work = tempfile.mkdtemp(prefix=".export_", dir=os.path.dirname(filepath))
    try:
        yield os.path.join(work, "model")
        os.rename(os.path.join(work, "model"), filepath)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def rows(argument, most, name, good, rule):
    """`argument` of a request, or INVALID_ARGUMENT with its name.

    Args:
        argument: Tensor whose first axis is the rows.
        most: Most rows a request may have.
        name: The argument's name.
        good: Bool tensor, whether its values are allowed.
        rule: What they must be, in words.
    """
    num = tf.shape(argument)[0]
    size = tf.debugging.Assert((num >= 1) & (num <= most), [f"`{name}` must have 1 to {most} rows."])
    value = tf.debugging.Assert(good, [f"`{name}` must be {rule}."])
    with tf.control_dependencies([size, value]):
        return tf.identity(argument)


def examples(x, most, model):
    """`x` of a request, if `model.fit` would take such values; otherwise as `rows`."""
    if model.bits:
        good = (x == 0) | (x == 1)
    elif model.value_range is None:
        good = tf.math.is_finite(x)
    else:
        low, high = model.value_range
        slack = checks.SLACK * (high - low)
        good = (x >= low - slack) & (x <= high + slack)  # False where NaN
    return rows(x, most, "x", tf.reduce_all(good), rule_of_examples(model))


def rule_of_examples(model):
    """What the numbers of an example must be, in words."""
    if model.bits:
        return "0 or 1"
    return "finite" if model.value_range is None else "from {} to {}".format(*model.value_range)


def _shaped(function, specs):
    """`function` of tensors that have the shapes of `specs` and as many rows as the first.

    A server checks neither: what has one number where two are asked for would be repeated in silence.
    """

    def endpoint(*tensors):
        tensors = [
            tf.ensure_shape(tensor, spec.shape, name=f"shape_of_{spec.name}")
            for tensor, spec in zip(tensors, specs, strict=True)
        ]
        nums = [tf.shape(tensor)[0] for tensor in tensors]
        same = [
            tf.debugging.Assert(
                num == nums[0], [f"`{spec.name}` must have as many rows as `{specs[0].name}`."]
            )
            for num, spec in zip(nums[1:], specs[1:], strict=True)
        ]
        with tf.control_dependencies(same):
            return function(*[tf.identity(tensor) for tensor in tensors])

    return endpoint
