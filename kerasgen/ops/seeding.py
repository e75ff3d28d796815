"""Where clusters begin."""

import tensorflow as tf

from kerasgen.ops import rng


def plus_plus(key, x, num, weight=None):
    """`num` rows of x to start from, by k-means++: each far from those before it.

    The first is drawn uniformly, every other with probability proportional to its squared distance
    to the nearest one chosen. Arthur & Vassilvitskii (2007), "k-means++: the advantages of careful
    seeding", SODA, section 2.2.

    Args:
        key: int32 (2,).
        x: float32 (rows, d); rows >= num, or some are chosen twice.
        num: Int >= 1.
        weight: How often each row counts, float32 (rows,) of numbers >= 0; None for once. A row of
            weight 0 is not chosen as long as others are left.

    Returns:
        float32 (num, d).
    """
    times = 1 if weight is None else tf.cast(weight, x.dtype)
    middle = x - _mean(x, None if weight is None else times)  # far from 0, float32 would lose the distances
    distances = lambda index: squared_distances(middle, middle[index][None])[:, 0]
    first = rng.integers(rng.step(key, "center", 0), (), tf.shape(x)[0])
    if weight is not None:
        first = _row_at(tf.cast(first, "float64") + _fraction(key, num), times)

    def pick(j, nearest, chosen):
        index = rng.choice(rng.step(key, "center", j), times * nearest)
        return j + 1, tf.minimum(nearest, distances(index)), chosen.write(j, index)

    chosen = tf.TensorArray("int32", num, element_shape=()).write(0, first)
    *_, chosen = tf.while_loop(lambda j, *_: j < num, pick, (1, distances(first), chosen))
    return tf.gather(x, chosen.stack())


def _mean(x, weight):
    """The mean row of x, (d,)."""
    if weight is None:
        return tf.reduce_mean(x, axis=0)
    return tf.reduce_sum(weight[:, None] * x, axis=0) / tf.reduce_sum(weight)


def _fraction(key, num):
    """Uniform in (0, 1), from a step of the stream that no center is drawn with."""
    return tf.cast(rng.uniform(rng.step(key, "center", num), ()), "float64")


def _row_at(place, times):
    """The row in which `place`, a number in (0, rows), lies if each is as long as it counts on average.

    Where all rows count the same, that is row number floor(place).
    """
    ends = tf.cumsum(tf.cast(times, "float64"))
    ends *= tf.cast(tf.size(times), "float64") / ends[-1]
    index = tf.searchsorted(ends, place[None], side="right")[0]
    return tf.minimum(index, tf.size(times) - 1)


def squared_distances(x, centers):
    """|x_i - c_k|^2 = |x_i|^2 - 2 x_i c_k + |c_k|^2 >= 0, all about the mean of the centers.

    Args:
        x: (rows, d).
        centers: (num, d).

    Returns:
        (rows, num).
    """
    middle = tf.reduce_mean(centers, axis=0)  # squares of large numbers would cancel
    x, centers = x - middle, centers - middle
    squares = lambda a: tf.reduce_sum(tf.square(a), axis=-1)
    products = tf.matmul(x, centers, transpose_b=True)
    return tf.maximum(squares(x)[:, None] - 2 * products + squares(centers), 0)
