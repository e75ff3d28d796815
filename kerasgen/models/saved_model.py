"""Writing a SavedModel, and the checks inside its graph."""

import os
import shutil
import tempfile

import keras
import tensorflow as tf

from kerasgen.ops.compiled import left_plain


def write(filepath, model, endpoints, verbose=False):
    """Writes `endpoints`, {name: (function, specs)}, and the variables of `model` to a new folder.

    It is written beside `filepath` and renamed into place, so that a server which
    watches the folder never sees half a model.

    Raises:
        FileExistsError: If `filepath` exists.
    """
    filepath = os.path.abspath(filepath)
    if os.path.exists(filepath):
        raise FileExistsError(f"`filepath` exists already. Received: filepath={filepath!r}.")
    os.makedirs(os.path.dirname(filepath), exist_ok=True)
    work = tempfile.mkdtemp(prefix=".export_", dir=os.path.dirname(filepath))
    try:
        archive = keras.export.ExportArchive()
        archive.track(model)
        for name, (function, specs) in endpoints.items():
            with left_plain():
                archive.add_endpoint(name, function, input_signature=specs)
        archive.write_out(os.path.join(work, "model"), verbose=verbose)
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
