"""Paths between codes."""

import tensorflow as tf

from kerasgen.ops import checks


def between(start, end, steps, great_circle=False):
    """`steps` codes from each start to its end, both included: (num, steps, *code_shape).

    A great circle keeps Gaussian codes at the length that the prior gives them, where a
    straight line cuts through the unlikely middle (White, 2016, arXiv:1609.04468):

        sin((1 - t) w) / sin(w) start + sin(t w) / sin(w) end,   w the angle between them.

    Args:
        start, end: float32 (num, *code_shape).
        steps: 2 to 1000.
        great_circle: False goes straight.
    """
    checks.flag("great_circle", great_circle)
    t = tf.linspace(0.0, 1.0, checks.integer("steps", steps, 2, 1000))
    rows = lambda x: tf.reshape(x, (tf.shape(x)[0], 1, -1))  # (num, 1, numbers)
    a, b = rows(start), rows(end)
    t = t[None, :, None]
    if great_circle:
        unit = lambda x: tf.math.l2_normalize(x, axis=-1)
        cosine = tf.reduce_sum(unit(a) * unit(b), axis=-1, keepdims=True)
        angle = tf.acos(tf.clip_by_value(cosine, -1 + 1e-6, 1 - 1e-6))
        path = (tf.sin((1 - t) * angle) * a + tf.sin(t * angle) * b) / tf.sin(angle)
    else:
        path = (1 - t) * a + t * b
    return tf.reshape(path, tf.concat([[tf.shape(start)[0], steps], tf.shape(start)[1:]], axis=0))
