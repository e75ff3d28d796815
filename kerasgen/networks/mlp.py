"""Multi-layer perceptrons: for images, after Goodfellow et al. (2014, arXiv:1406.2661), section 5.

Rectifiers and a sigmoid in the generator, maxout and dropout in the discriminator;
sizes and initial ranges are those of the authors' published MNIST configuration. For points, a denoiser.
"""

import math

import keras
import numpy as np
from keras import layers, ops


def generator(image_shape, latent_dim=100, width=1200, depth=2, norm=False):
    """z (batch, latent_dim) -> image (batch, *image_shape) in [0, 1], float32.

    Args:
        image_shape: Shape of one image, any rank.
        latent_dim: Numbers in z.
        width: Units of each hidden layer.
        depth: Number of hidden layers.
        norm: Whether each hidden layer has batch normalisation (later than the paper), which
            keeps a generator from collapsing to a few images.
    """
    z = x = keras.Input((latent_dim,), name="z")
    for _ in range(depth):
        x = layers.Dense(width, kernel_initializer=init(0.05))(x)
        x = layers.BatchNormalization()(x) if norm else x
        x = layers.ReLU()(x)
    x = layers.Dense(math.prod(image_shape), kernel_initializer=init(0.05))(x)
    x = layers.Activation("sigmoid", dtype="float32")(layers.Reshape(image_shape)(x))
    return keras.Model(z, x, name="generator")


def discriminator(image_shape, width=240, pieces=5, depth=2, dropout=(0.2, 0.5)):
    """image (batch, *image_shape) -> one logit per example (batch, 1), float32.

    Args:
        image_shape: Shape of one image, any rank.
        width: Maxout units of each hidden layer (Goodfellow et al., 2013, arXiv:1302.4389).
        pieces: Linear pieces of a maxout unit.
        depth: Number of hidden layers.
        dropout: Rates at the image and at the hidden layers, in [0, 1).
    """
    image = keras.Input(image_shape, name="image")
    x = layers.Dropout(dropout[0])(layers.Flatten()(image))
    for _ in range(depth):
        x = layers.Dense(width * pieces, kernel_initializer=init(0.005))(x)
        x = ops.max(layers.Reshape((width, pieces))(x), axis=-1)  # (batch, width)
        x = layers.Dropout(dropout[1])(x)
    logit = layers.Dense(1, kernel_initializer=init(0.005), dtype="float32")(x)
    return keras.Model(image, logit, name="discriminator")


def denoiser(dim, width=128, depth=3, num_classes=None):
    """[x_t (batch, dim), time (batch,)] and perhaps int32 labels -> (batch, dim), float32.

    Args:
        dim: Numbers of a point.
        width: Units of each hidden layer.
        depth: Number of hidden layers.
        num_classes: If set, a third input: labels (batch,) in [0, num_classes], the last for none.
    """
    x, time = keras.Input((dim,), name="x"), keras.Input((), name="time")
    rates = 2.0 ** np.arange(6)
    angles = time[:, None] * (np.pi * rates[None]).astype("float32")
    h = ops.concatenate([x, time[:, None], ops.sin(angles), ops.cos(angles)], axis=-1)
    inputs = []
    if num_classes is not None:
        inputs = [keras.Input((), name="label", dtype="int32")]
        h = ops.concatenate([h, ops.one_hot(inputs[0], num_classes + 1)], axis=-1)
    for _ in range(depth):
        h = layers.Dense(width, "silu")(h)
    out = layers.Dense(dim, kernel_initializer="zeros", dtype="float32")(h)
    return keras.Model([x, time, *inputs], out, name="denoiser")


def init(reach):
    """U[-reach, reach], one a layer."""
    return keras.initializers.RandomUniform(-reach, reach)
