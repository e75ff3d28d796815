"""Encoder and decoder of a VQ-VAE: from an image to a grid of vectors and back.

Van den Oord et al. (2017), arXiv:1711.00937, section 4.1: strided convolutions of 4x4, residual
blocks (ReLU, 3x3 convolution, ReLU, 1x1 convolution), as many filters everywhere.
Outputs are float32.
"""

import keras
from keras import layers

from kerasgen.layers.upsampling import SubpixelTranspose
from kerasgen.networks import arguments
from kerasgen.networks.arguments import checked

SIZES = {
    "image_shape": arguments.image,
    "latent_dim": arguments.units,
    "width": arguments.units,
    "depth": arguments.levels,
    "blocks": arguments.layers,
}


@checked(**SIZES)
def encoder(image_shape, latent_dim=64, width=256, depth=2, blocks=2):
    """image (batch, h, w, c) -> vectors (batch, h / 2^depth, w / 2^depth, latent_dim), sides rounded up.

    Args:
        image_shape: (height, width, channels), any size.
        latent_dim: Numbers in a vector; a 1x1 convolution makes them.
        width: Filters of every layer; 256 in the paper.
        depth: Number of convolutions of stride 2, from 1 to 16; 2 in the paper.
        blocks: Number of residual blocks, from 0 to 256; 2 in the paper.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    _limit(image_shape, latent_dim, width, depth, blocks)
    image = x = keras.Input(image_shape, name="image")
    for level in range(depth):
        x = layers.ReLU()(x) if level else x
        x = layers.Conv2D(width, 4, 2, "same")(x)
    x = _residual(x, width, blocks)
    return keras.Model(image, layers.Conv2D(latent_dim, 1, dtype="float32")(x), name="encoder")


@checked(**SIZES)
def decoder(image_shape, latent_dim=64, width=256, depth=2, blocks=2):
    """vectors (batch, h / 2^depth, w / 2^depth, latent_dim) -> image (batch, h, w, c), unbounded.

    The mirror of `encoder`; one row and column are cropped where a level's side is odd.

    Args:
        image_shape, latent_dim, width, depth, blocks: As in `encoder`.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    _limit(image_shape, latent_dim, width, depth, blocks)
    *sides, channels = image_shape
    sizes = [[-(-side // 2**level) for side in sides] for level in range(depth + 1)]
    z = keras.Input((*sizes[depth], latent_dim), name="z")
    x = _residual(layers.Conv2D(width, 3, padding="same")(z), width, blocks)
    for level in reversed(range(depth)):
        up = layers.Conv2DTranspose(width, 4, 2, "same") if level else SubpixelTranspose(channels)
        x = up(x)
        odd = [side % 2 for side in sizes[level]]
        x = layers.Cropping2D([(0, one) for one in odd])(x) if any(odd) else x
        x = layers.ReLU()(x) if level else x
    return keras.Model(z, layers.Activation("linear", dtype="float32")(x), name="decoder")


def _limit(image_shape, latent_dim, width, depth, blocks):
    weights = width * (16 * image_shape[-1] + 9 * latent_dim + width * (16 * (depth - 1) + 10 * blocks))
    sizes = {"image_shape": image_shape, "latent_dim": latent_dim, "width": width}
    arguments.limit(weights, depth=depth, blocks=blocks, **sizes)


def _residual(x, width, blocks):
    for _ in range(blocks):
        h = layers.Conv2D(width, 3, padding="same")(layers.ReLU()(x))
        x = layers.Add()([x, layers.Conv2D(width, 1)(layers.ReLU()(h))])
    return layers.ReLU()(x)
