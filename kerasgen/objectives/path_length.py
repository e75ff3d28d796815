"""Path lengths: how far an image goes when its style takes a step (Karras et al., 2020, arXiv:1912.04958)."""

import tensorflow as tf
from keras import ops

from kerasgen.ops import rng


def path_lengths(synthesis, styles, key):
    """|J^T y| of each example, (batch,): y ~ N(0, I / pixels), J the Jacobian of images at styles.

    Section 3.2, equation 4. Of several layers the root of the mean of their squares is taken, as in the code
    that the authors published.

    Args:
        synthesis: Function of styles (batch, layers, style) that gives images.
        styles: See there.
        key: Of y.
    """
    with tf.GradientTape() as tape:
        tape.watch(styles)
        images = synthesis(styles)
        pixels = images.shape[1] * images.shape[2]
        product = ops.sum(images * rng.normal(key, ops.shape(images)) / pixels**0.5)
    reached = tape.gradient(product, styles)
    return ops.sqrt(ops.mean(ops.sum(ops.square(reached), axis=2), axis=1) + 1e-12)
