"""Residual networks without normalization, as in R3GAN (Huang et al., 2024, arXiv:2501.05441).

Section 3: residual blocks whose last convolution is 0 at first, leaky rectifiers, resampling beside the
blocks; no normalization, minibatch statistics or style. Blocks have two full convolutions in place of grouped
ones, which are slow on a CPU.
"""

import itertools
import math

import keras
from keras import layers

from kerasgen.layers.upsampling import UpsampledConv2D
from kerasgen.networks import arguments
from kerasgen.networks.arguments import checked

SLOPE = 0.2


@checked(
    image_shape=arguments.image,
    latent_dim=arguments.units,
    widths=arguments.several_units,
    blocks=arguments.layers,
)
def generator(image_shape, latent_dim=64, widths=(128, 64, 32), blocks=1):
    """z (batch, latent_dim) -> image (batch, *image_shape) in [-1, 1], float32.

    Args:
        image_shape: (height, width, channels); the sides can be halved len(widths) - 1 times.
        latent_dim: Numbers in z.
        widths: Filters from the smallest side to that of the image.
        blocks: Residual blocks at each side, from 0 to 256.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    sides = _smallest(image_shape, widths)
    sizes = {"image_shape": image_shape, "latent_dim": latent_dim, "widths": widths, "blocks": blocks}
    arguments.limit(latent_dim * math.prod(sides) * widths[0] + _of_blocks(widths, blocks), **sizes)
    z = keras.Input((latent_dim,), name="z")
    x = layers.Dense(math.prod(sides) * widths[0], kernel_initializer="he_normal")(z)
    x = layers.Reshape((*sides, widths[0]))(x)
    x = _blocks(x, blocks, widths)
    for filters in widths[1:]:
        x = UpsampledConv2D(filters, kernel_initializer="he_normal")(x)
        x = _blocks(x, blocks, widths)
    x = layers.Conv2D(image_shape[-1], 3, padding="same")(layers.LeakyReLU(SLOPE)(x))
    return keras.Model(z, layers.Activation("tanh", dtype="float32")(x), name="generator")


@checked(image_shape=arguments.image, widths=arguments.several_units, blocks=arguments.layers)
def discriminator(image_shape, widths=(32, 64, 128), blocks=1):
    """image (batch, *image_shape) -> one logit per example (batch, 1), float32.

    Args:
        image_shape: (height, width, channels); the sides can be halved len(widths) - 1 times.
        widths: Filters from the side of the image to the smallest one.
        blocks: Residual blocks at each side, from 0 to 256.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    _smallest(image_shape, widths)
    sizes = {"image_shape": image_shape, "widths": widths, "blocks": blocks}
    arguments.limit(_of_blocks(widths, blocks), **sizes)
    image = keras.Input(image_shape, name="image")
    x = layers.Conv2D(widths[0], 3, padding="same", kernel_initializer="he_normal")(image)
    for _, more in itertools.pairwise((*widths, None)):
        x = _blocks(x, blocks, widths)
        if more is not None:
            x = layers.Conv2D(more, 4, 2, "same", kernel_initializer="he_normal")(x)
    x = layers.Flatten()(layers.LeakyReLU(SLOPE)(x))
    return keras.Model(image, layers.Dense(1, dtype="float32")(x), name="discriminator")


def _blocks(x, num, widths):
    """Residual blocks; of n in all, the first kernels are smaller by n^(1/2): Fixup, arXiv:1901.09321."""
    scale = 2.0 / max(num * len(widths), 1)
    for _ in range(num):
        first = keras.initializers.VarianceScaling(scale, "fan_in", "untruncated_normal")
        h = layers.Conv2D(x.shape[-1], 3, padding="same", kernel_initializer=first)(x)
        h = layers.LeakyReLU(SLOPE)(h)
        x = x + layers.Conv2D(x.shape[-1], 3, padding="same", kernel_initializer="zeros")(h)
    return x


def _smallest(image_shape, widths):
    """The sides after all halvings; ValueError if they cannot be halved so often."""
    divisor = 2 ** (len(widths) - 1)
    if any(side % divisor for side in image_shape[:2]):
        words = f"`image_shape` must have sides that {divisor} divides."
        raise ValueError(f"{words} Received: image_shape={image_shape}.")
    return [side // divisor for side in image_shape[:2]]


def _of_blocks(widths, blocks):
    """About how many weights there are in blocks, and between them."""
    return sum((18 * blocks + 32) * width**2 for width in widths)
