"""Whether a function of a batch gives the same result each time, and one row for each row."""

import re

import tensorflow as tf

# Operations whose result is not a function of their inputs, or that change something.
IMPURE = re.compile(
    r"Random(?!IndexShuffle)|TruncatedNormal|Parameterized|Multinomial|SampleDistorted|Timestamp|"
    r"Stateful(?!PartitionedCall)|Rng|Assign|ResourceScatter|(Eager)?PyFunc"
)


def check(name, read, batch_size):
    """Refuses a function of positions, int64 (batch,), that is not a pure function row by row.

    Args:
        name: Of the argument that is to blame.
        read: What is traced.
        batch_size: Number of rows that must come out.

    Raises:
        ValueError: If its graph draws random numbers without keys, runs Python or changes variables, or
            if an output is no tensor with the batch as its first axis.
    """
    traced = tf.function(read, autograph=False)
    traced = traced.get_concrete_function(tf.TensorSpec([batch_size], "int64"))
    leaves = tf.nest.flatten(traced.structured_outputs)
    if not leaves or not all(_has_rows(leaf, batch_size) for leaf in leaves):
        raise ValueError(
            f"`{name}` must return tensors with one row for each of the batch. Received: {leaves}."
        )
    impure = sorted({op for op in _operations(traced.graph.as_graph_def()) if IMPURE.match(op)})
    if impure:
        raise ValueError(
            f"`{name}` must give the same result for the same batch, or a resumed run would read other "
            f"batches. Received: a function with {', '.join(impure)}. Take random numbers from keys "
            "(`keyed=True`), or give up exact resuming: `dataset.as_dataset().map(function)`."
        )


def _has_rows(leaf, num):
    tensor = isinstance(leaf, (tf.Tensor, tf.TensorSpec)) and leaf.shape.rank != 0
    return tensor and leaf.shape[:1].is_compatible_with([num])


def _operations(graph):
    """Types of all operations of a graph and the functions that it calls."""
    yield from (node.op for node in graph.node)
    yield from (node.op for function in graph.library.function for node in function.node_def)
