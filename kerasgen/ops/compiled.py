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


def compiled(function):
    """`function(sums, x, ...)` as one of (x, ...), by XLA unless it is left plain or the batch is small.

    Args:
        function: Of tensors, the first of them (batch, positions, channels). `sums(f, *tensors)` adds
            up f(*tensors), all of that shape, over the positions, as is fastest where it runs.
    """
    plain = functools.partial(function, _sums)
    fast = tf.function(functools.partial(function, _sums_by_slices), jit_compile=True, autograph=False)

    @functools.wraps(function)
    def chosen(x, *rest):
        rows = x.shape[0] or SMALL // 1024  # one that the graph does not know
        size = rows * (x.shape[1:].num_elements() or 0)
        return (plain if _plain.get() or size < SMALL else fast)(x, *rest)

    return chosen


def _sums(f, *tensors):
    return tf.reduce_sum(f(*tensors), axis=1)


def _sums_by_slices(f, *tensors):
    """The same: XLA's loop over a sum of slices is twice as fast as its sums along a middle axis."""
    num = tensors[0].shape[1]
    slices = max(k for k in range(1, 17) if num % k == 0)
    rows = num // slices
    part = lambda k: f(*(x[:, k * rows : (k + 1) * rows] for x in tensors))
    return tf.reduce_sum(sum(part(k) for k in range(slices)), axis=1)
