"""Multi-layer perceptrons: a GAN's for images (Goodfellow et al., 2014, arXiv:1406.2661, section 5), and a
denoiser for points.

Rectifiers and a sigmoid in the generator, maxout and dropout in the discriminator; sizes and initial ranges
are those of the MNIST configuration that the authors published.
"""

import math

import keras
import numpy as np
from keras import layers, ops

from kerasgen.networks import arguments
from kerasgen.networks.arguments import checked
from kerasgen.ops import checks

INITIALIZERS = {  # of the reach that the authors give uniform weights
    "published": lambda reach: keras.initializers.RandomUniform(-reach, reach),
    "glorot": lambda reach: keras.initializers.GlorotUniform(),
}


@checked(
    image_shape=arguments.event,
    latent_dim=arguments.units,
    width=arguments.units,
    depth=arguments.layers,
    norm=checks.flag,
    activation=arguments.activation,
    kernel=lambda name, value: checks.choice(name, value, INITIALIZERS),
)
def generator(
    image_shape, latent_dim=100, width=1200, depth=2, norm=False, activation="sigmoid", kernel="published"
):
    """z (batch, latent_dim) -> image (batch, *image_shape), in [0, 1] by default, float32.

    Args:
        image_shape: Shape of one image, any rank.
        latent_dim: Numbers in z.
        width: Units of each hidden layer.
        depth: Number of hidden layers, from 0 to 256.
        norm: Whether each hidden layer has batch normalization (later than the paper), which
            keeps a generator from collapsing to a few images.
        activation: Of the image: "linear" for points.
        kernel: Initial weights: "published", uniform in the range of the authors, or "glorot" (Glorot &
            Bengio, 2010), which suits any number of inputs.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    sizes = {"image_shape": image_shape, "latent_dim": latent_dim, "width": width, "depth": depth}
    arguments.limit(arguments.perceptron(latent_dim, width, depth, math.prod(image_shape)), **sizes)
    z = x = keras.Input((latent_dim,), name="z")
    init = lambda: INITIALIZERS[kernel](0.05)
    for _ in range(depth):
        x = layers.Dense(width, kernel_initializer=init())(x)
        x = layers.BatchNormalization()(x) if norm else x
        x = layers.ReLU()(x)
    x = layers.Dense(math.prod(image_shape), kernel_initializer=init())(x)
    x = layers.Activation(activation, dtype="float32")(layers.Reshape(image_shape)(x))
    return keras.Model(z, x, name="generator")


@checked(
    image_shape=arguments.event,
    width=arguments.units,
    pieces=arguments.units,
    depth=arguments.layers,
    dropout=arguments.rates,
    kernel=lambda name, value: checks.choice(name, value, INITIALIZERS),
)
def discriminator(image_shape, width=240, pieces=5, depth=2, dropout=(0.2, 0.5), kernel="published"):
    """image (batch, *image_shape) -> one logit per example (batch, 1), float32.

    Args:
        image_shape: Shape of one image, any rank.
        width: Maxout units of each hidden layer (Goodfellow et al., 2013, arXiv:1302.4389).
        pieces: Linear pieces of a maxout unit.
        depth: Number of hidden layers, from 0 to 256.
        dropout: Two rates in [0, 1), before the first and behind each hidden layer.
        kernel: As in `generator`.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    sizes = {"image_shape": image_shape, "width": width, "pieces": pieces, "depth": depth}
    arguments.limit(pieces * arguments.perceptron(math.prod(image_shape), width, depth, 1), **sizes)
    image = keras.Input(image_shape, name="image")
    x = layers.Dropout(dropout[0])(layers.Flatten()(image))
    init = lambda: INITIALIZERS[kernel](0.005)
    for _ in range(depth):
        x = layers.Dense(width * pieces, kernel_initializer=init())(x)
        x = ops.max(layers.Reshape((width, pieces))(x), axis=-1)  # (batch, width)
        x = layers.Dropout(dropout[1])(x)
    logit = layers.Dense(1, kernel_initializer=init(), dtype="float32")(x)
    return keras.Model(image, logit, name="discriminator")


@checked(
    dim=arguments.units,
    width=arguments.units,
    depth=arguments.layers,
    num_classes=arguments.optional(arguments.classes),
)
def denoiser(dim, width=128, depth=3, num_classes=None):
    """[x_t (batch, dim), time (batch,)] and perhaps int32 labels -> (batch, dim), float32.

    Args:
        dim: Numbers of a point.
        width: Units of each hidden layer.
        depth: Number of hidden layers, from 0 to 256.
        num_classes: If set, there is a third input: labels (batch,) in [0, num_classes], the last of which
            stands for no label.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    sizes = {"dim": dim, "width": width, "depth": depth, "num_classes": num_classes}
    arguments.limit(arguments.perceptron(dim + 14 + (num_classes or 0), width, depth, dim), **sizes)
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
