"""Convolutional generator and discriminator after DCGAN (Radford et al., 2016, arXiv:1511.06434).

Section 3: strided convolutions instead of pooling, normalisation everywhere but
at the image ends, ReLU up and LeakyReLU(0.2) down, weights from N(0, 0.02).
"""

import math

import keras
from keras import layers, ops

from kerasgen.networks import unet

NORMS = {
    "batch": layers.BatchNormalization,
    "layer": layers.LayerNormalization,
    None: layers.Identity,
}


def init():
    """N(0, 0.02): section 4."""
    return keras.initializers.RandomNormal(stddev=0.02)


INITS = {"dcgan": init, "he": keras.initializers.HeNormal}


def generator(image_shape, latent_dim=100, width=64, depth=2):
    """z (batch, latent_dim) -> image (batch, *image_shape) in [-1, 1], float32.

    Each level doubles the sides; one row and column are cropped where a level's side is odd.

    Args:
        image_shape: (height, width, channels), any size.
        latent_dim: Numbers in z; 100 in the paper.
        width: Filters next to the image; doubled at every level below it.
        depth: Number of upsamplings by 2; 4 in the paper, for 64x64 images.
    """
    *sides, channels = image_shape
    sizes = [[-(-side // 2**level) for side in sides] for level in range(depth + 1)]
    filters = width * 2 ** (depth - 1)
    z = keras.Input((latent_dim,), name="z")
    x = layers.Dense(math.prod(sizes[depth]) * filters, use_bias=False, kernel_initializer=init())(z)
    x = layers.Reshape((*sizes[depth], filters))(x)
    for level in reversed(range(depth)):
        x = layers.ReLU()(layers.BatchNormalization()(x))
        filters = width * 2 ** (level - 1) if level else channels
        x = layers.Conv2DTranspose(filters, 4, 2, "same", use_bias=not level, kernel_initializer=init())(x)
        odd = [side % 2 for side in sizes[level]]
        x = layers.Cropping2D([(0, one) for one in odd])(x) if any(odd) else x
    return keras.Model(z, layers.Activation("tanh", dtype="float32")(x), name="generator")


def discriminator(image_shape, width=64, depth=2, norm="batch", spectral=False, kernel="dcgan"):
    """image (batch, *image_shape) -> one logit per example (batch, 1), float32.

    Args:
        image_shape: (height, width, channels).
        width: Filters next to the image; doubled at every level above it.
        depth: Number of downsamplings by 2.
        norm: "batch", "layer" (a penalty on each example's gradient rules batch
            statistics out: WGAN-GP, arXiv:1704.00028, section 4) or None.
        spectral: Divide every kernel by its spectral norm (Miyato et al., 2018,
            arXiv:1802.05957, equation 8).
        kernel: Initial weights: "dcgan", N(0, 0.02), or "he" (He et al., 2015,
            arXiv:1502.01852, equation 10), which keeps the signal's size without `norm`.

    Raises:
        ValueError: If `norm` or `kernel` is no such word.
    """
    if norm not in NORMS:
        raise ValueError(f"`norm` must be one of {list(NORMS)}. Received: norm={norm!r}.")
    if kernel not in INITS:
        raise ValueError(f"`kernel` must be one of {list(INITS)}. Received: kernel={kernel!r}.")
    weights = INITS[kernel]
    bound = layers.SpectralNormalization if spectral else (lambda layer: layer)
    image = x = keras.Input(image_shape, name="image")
    for level in range(depth):
        conv = layers.Conv2D(width * 2**level, 4, 2, "same", kernel_initializer=weights())
        x = bound(conv)(x)
        x = NORMS[norm]()(x) if level else x
        x = layers.LeakyReLU(0.2)(x)
    last = bound(layers.Dense(1, kernel_initializer=weights(), dtype="float32"))
    return keras.Model(image, last(layers.Flatten()(x)), name="discriminator")


def noisy_discriminator(image_shape, width=32, depth=3, num_classes=None):
    """[image (batch, h, w, c), time (batch,)] and perhaps int32 labels -> logits (batch, 1), float32.

    The time tells how much noise is in the image. What a time and a label ask for is compared with the
    image's features by a scalar product (Miyato & Koyama, 2018, arXiv:1802.05637, equation 4).

    Args:
        image_shape: (height, width, channels).
        width: Filters next to the image; doubled at every level above it.
        depth: Number of downsamplings by 2.
        num_classes: If set, a third input: labels (batch,) in [0, num_classes], the last for none.
    """
    image, time = keras.Input(image_shape, name="image"), keras.Input((), name="time")
    inputs, asked = unet.embedded(time, 4 * width, width, num_classes, None)
    x = image
    for level in range(depth):
        x = layers.Conv2D(width * 2**level, 4, 2, "same")(x)
        x = layers.LeakyReLU(0.2)(x)
    x = layers.Dense(4 * width, dtype="float32")(layers.Flatten()(x))
    x = layers.LeakyReLU(0.2, dtype="float32")(x)
    expected = layers.Dense(4 * width, kernel_initializer="zeros", dtype="float32")(asked)
    logit = layers.Dense(1, dtype="float32")(x) + ops.mean(x * expected, axis=-1, keepdims=True)
    return keras.Model([image, time, *inputs], logit, name="discriminator")
