"""Markov chains whose rows are walked each by its own key."""

import tensorflow as tf

from kerasgen.ops import rng

BLOCK = 16  # steps of a chain whose noise is drawn at once


def walk(transition, width, x, keys, first, last):
    """(x, mean) after steps `first` to `last` - 1 of chains (num, any), int tensors.

    Row i depends on keys[i] alone, and a chain that is walked in pieces is that walked at once.

    Args:
        transition: Function of x and uniform noise (num, width) that gives (x', its mean given what it was
            drawn from), both of the shape of x.
        width: Numbers of noise in a step.
        x: Where the chains are before step `first`.
        keys: One for each row, (num, 2).
        first, last: Numbers of steps.
    """

    def block(i, x, mean):
        draw = lambda key: rng.uniform(rng.step(key, "noise", i), (BLOCK, width))
        u = rng.by_row(draw, keys)
        end = tf.minimum(last - i * BLOCK, BLOCK)
        step = lambda j, x, _: (j + 1, *transition(x, u[:, j]))
        start = tf.maximum(first - i * BLOCK, 0)
        return i + 1, *tf.while_loop(lambda j, *_: j < end, step, (start, x, mean))[1:]

    within = lambda i, *_: i * BLOCK < last
    return tf.while_loop(within, block, (first // BLOCK, x, x), parallel_iterations=1)[1:]
