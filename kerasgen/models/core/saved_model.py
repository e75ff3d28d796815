"""Writing a SavedModel from endpoints."""

import contextlib
import os
import shutil
import tempfile

import tensorflow as tf

from kerasgen.atomic import local_path
from kerasgen.ops import checks
from kerasgen.ops.compiled import left_plain


def write(filepath, endpoints, max_rows=1024, verbose=False):
    """Writes endpoints, {name: `spaces.Endpoint`}, and the variables that they read to a new folder.

    A client that names no signature gets "serving_default", or else the first.

    Raises:
        FileExistsError: If `filepath` exists.
        TypeError, ValueError: If `filepath` is no path, `max_rows` no int >= 1 or `verbose` no bool.
    """
    checks.integer("max_rows", max_rows, 1, 2**31 - 1)
    checks.flag("verbose", verbose)
    with placed(filepath) as work, left_plain():  # gradients are traced as a graph is saved
        graphs = {name: _graph(endpoint, max_rows) for name, endpoint in endpoints.items()}
        root = tf.Module()
        root.read = list({id(each): each for graph in graphs.values() for each in graph.variables}.values())
        default = {"serving_default": next(iter(graphs.values()))}
        tf.saved_model.save(root, work, signatures=default | graphs)
    if verbose:
        for name, endpoint in endpoints.items():
            print(f"{name}: {', '.join(endpoint.inputs)} -> {', '.join(endpoint.outputs)}")


def _graph(endpoint, max_rows):
    """The graph of an endpoint, traced once: a `tf.function` would be traced again as it is saved."""
    function = tf.function(guarded(endpoint, max_rows), input_signature=endpoint.specs, autograph=False)
    return function.get_concrete_function()


def refuse(arguments):
    """TypeError about one of `arguments`, which Keras's own export takes."""
    for name, value in arguments.items():
        raise TypeError(
            f"`{name}` must not be given for 'tf_saved_model', whose signatures are `endpoints()`. "
            f"Received: {name}={checks.received(value)}."
        )


@contextlib.contextmanager
def placed(filepath):
    """A path to write a folder to, which is renamed to `filepath` when the block ends well.

    A server that watches the folder around it never sees half a model.

    Raises:
        FileExistsError: If `filepath` exists, also if another process made it in the meantime.
    """
    filepath = local_path("filepath", filepath)
    exists = f"`filepath` exists already. Received: filepath={str(filepath)!r}."
    filepath = os.path.abspath(filepath)
    if os.path.lexists(filepath):
        raise FileExistsError(exists)
    os.makedirs(os.path.dirname(filepath), exist_ok=True)
    work = tempfile.mkdtemp(prefix=".export_", dir=os.path.dirname(filepath))
    try:
        yield os.path.join(work, "model")
        try:
            os.rename(os.path.join(work, "model"), filepath)
        except OSError as error:
            if os.path.lexists(filepath):
                raise FileExistsError(exists) from error
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def guarded(endpoint, max_rows):
    """The function of an endpoint with the checks of its inputs in the graph.

    A server checks neither shapes nor that all inputs have as many rows: what has one number where two are
    asked for would be repeated without an error.
    """

    def function(*tensors):
        specs = endpoint.specs
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
            tensors = [tf.identity(tensor) for tensor in tensors]
        rows = [
            space.in_graph(tensor, name, max_rows)
            for tensor, (name, space) in zip(tensors, endpoint.inputs.items(), strict=True)
        ]
        return endpoint.function(*rows)

    return function
