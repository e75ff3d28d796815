"""Sums over more rows than memory would hold the terms of."""

import tensorflow as tf


def totals(function, x, size):
    """The sum of `function(x[at : at + size])` over all rows, in a graph, one chunk after another.

    Args:
        function: Tensor (rows, ...) -> tuple of tensors whose shapes do not depend on the rows.
        x: Tensor (num, ...), num >= 1.
        size: Rows of a chunk, >= 1; the last may have fewer.

    Returns:
        A tuple of tensors.
    """
    num = tf.shape(x)[0]

    def add(at, *sums):
        terms = function(x[at : at + size])
        return at + size, *(total + term for total, term in zip(sums, terms, strict=True))

    start = (tf.constant(size), *function(x[:size]))
    return tf.while_loop(lambda at, *_: at < num, add, start, parallel_iterations=1)[1:]
