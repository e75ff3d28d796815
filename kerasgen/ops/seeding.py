"""Where clusters begin."""

import tensorflow as tf

from kerasgen.ops import rng


def plus_plus(key, x, num):
    """`num` rows of x to start from, by k-means++: each far from those before it.

    The first is drawn uniformly, every other with probability proportional to its squared distance
    to the nearest one chosen. Arthur & Vassilvitskii (2007), "k-means++: the advantages of careful
    seeding", SODA, section 2.2.

    Args:
        key: int32 (2,).
        x: float32 (rows, d); rows >= num, or some are chosen twice.
        num: Int >= 1.

    Returns:
        float32 (num, d).
    """
    middle = x - tf.reduce_mean(x, axis=0)  # far from 0, float32 would lose the distances
    distances = lambda index: squared_distances(middle, middle[index][None])[:, 0]
    first = rng.integers(rng.fold_in(key, 0), (), tf.shape(x)[0])

    def pick(j, nearest, chosen):
        index = rng.choice(rng.fold_in(key, j), nearest)
        return j + 1, tf.minimum(nearest, distances(index)), chosen.write(j, index)

    chosen = tf.TensorArray("int32", num, element_shape=()).write(0, first)
    *_, chosen = tf.while_loop(lambda j, *_: j < num, pick, (1, distances(first), chosen))
    return tf.gather(x, chosen.stack())


def squared_distances(x, centres):
    """|x_i - c_k|^2 = |x_i|^2 - 2 x_i c_k + |c_k|^2 >= 0: (rows, num) of x (rows, d) and centres (num, d)."""
    squares = lambda a: tf.reduce_sum(tf.square(a), axis=-1)
    products = tf.matmul(x, centres, transpose_b=True)
    return tf.maximum(squares(x)[:, None] - 2 * products + squares(centres), 0)
