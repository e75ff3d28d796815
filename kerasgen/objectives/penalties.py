"""Penalties on the gradient of a discriminator: functions (discriminator, real, fake, key) -> (batch,).

    discriminator: Function of a batch of examples to their logits, one per example.
    real, fake: Batches of examples of equal shape (batch, ...).
    key: Of random numbers, for penalties that draw any.

They are not weighted; the paper's weight stands in the docstring.
"""

import tensorflow as tf
from keras import ops

from kerasgen.ops import rng


def gradient_penalty(discriminator, real, fake, key):
    """(||grad D(x_hat)||_2 - 1)^2 at x_hat = u x + (1 - u) G(z), one u ~ U[0, 1) per example.

    Gulrajani et al. (2017), arXiv:1704.00028, equation 3; weight 10.
    """
    u = rng.uniform(key, (ops.shape(real)[0], *[1] * (len(real.shape) - 1)))  # (batch, 1, ...)
    squared_norm = _squared_gradient_norm(discriminator, fake + u * (real - fake))
    return ops.square(ops.sqrt(squared_norm + 1e-12) - 1)  # 1e-12: the root has no derivative at 0


def r1(discriminator, real, fake, key):
    """||grad D(x)||_2^2 / 2 at real data.

    Mescheder et al. (2018), arXiv:1801.04406, equation 9; weight gamma = 10.
    """
    return 0.5 * _squared_gradient_norm(discriminator, real)


def r2(discriminator, real, fake, key):
    """||grad D(x)||_2^2 / 2 at generated data: the same, equation 10."""
    return 0.5 * _squared_gradient_norm(discriminator, fake)


def r1_r2(discriminator, real, fake, key):
    """The sum of both, which keeps a relativistic game from diverging.

    Huang et al. (2024), R3GAN, arXiv:2501.05441, section 2.2; weight gamma from 0.05 to 150, the larger
    the images.
    """
    return r1(discriminator, real, fake, key) + r2(discriminator, real, fake, key)


def _squared_gradient_norm(discriminator, x):
    """The squared L2 norm of the gradient of the logit of each example, shape (batch,)."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = discriminator(x)
    gradient = ops.cast(tape.gradient(logits, x), "float32")
    return ops.sum(ops.square(gradient), axis=tuple(range(1, len(x.shape))))


PENALTIES = {"gradient_penalty": gradient_penalty, "r1": r1, "r2": r2, "r1_r2": r1_r2}
