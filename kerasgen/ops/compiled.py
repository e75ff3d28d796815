"""Small functions that XLA compiles, save in a graph that leaves the process."""

import contextlib
import contextvars
import functools

import tensorflow as tf

SMALL = 2**17  # numbers of a batch: below it a pass is not worth compiling
_plain = contextvars.ContextVar("plain", default=False)


@contextlib.contextmanager
def left_plain():
    """Functions traced inside are left to TensorFlow's own kernels, as a server may have no compiler."""
    token = _plain.set(True)
    try:
        yield
    finally:
        _plain.reset(token)


class _Plain:
    """How TensorFlow's kernels do it."""

    @staticmethod
    def sums(f, *tensors):
        return tf.reduce_sum(f(*tensors), axis=1)

    @staticmethod
    def once(*tensors):
        return tensors


class _Fast:
    """How XLA's loops do it."""

    @staticmethod
    def sums(f, *tensors):
        """A loop over a sum of slices is twice as fast as a sum along a middle axis."""
        num = tensors[0].shape[1]
        slices = max(k for k in range(1, 17) if num % k == 0)
        rows = num // slices
        part = lambda k: f(*(x[:, k * rows : (k + 1) * rows] for x in tensors))
        return tf.reduce_sum(sum(part(k) for k in range(slices)), axis=1)

    @staticmethod
    def once(*tensors):
        """XLA never joins a matrix product, here with 1, to the loop that reads it."""
        rows = tf.concat(tensors, axis=0)
        return tf.split(tf.matmul(rows, tf.eye(rows.shape[-1])), len(tensors))


def compiled(function):
    """`function(loops, x, ...)` as one of (x, ...), by XLA unless it is left plain or the batch is small.

    Args:
        function: Of tensors, the first of them (batch, positions, channels). `loops.sums(f, *tensors)` adds
            up f(*tensors), all of that shape, over the positions, as is fastest where it runs.
            `loops.once(*rows)` gives rows (batch, channels) that are not worked out again at every position.
    """
    plain = functools.partial(function, _Plain)
    fast = tf.function(functools.partial(function, _Fast), jit_compile=True, autograph=False)

    @functools.wraps(function)
    def chosen(x, *rest):
        rows = x.shape[0] or SMALL // 1024  # one that the graph does not know
        size = rows * (x.shape[1:].num_elements() or 0)
        return (plain if _plain.get() or size < SMALL else fast)(x, *rest)

    return chosen
