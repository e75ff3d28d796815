"""Mapping, synthesis and discriminator of StyleGAN2 (Karras et al., 2020, arXiv:1912.04958).

A mapping network turns z into w; each layer of the synthesis is told a w of its own, and is given noise of
its own. Images grow by skip connections and are judged by residual ones. Default widths are those of
configuration F of Table 1.
"""

import itertools
import math

import keras
from keras import layers, ops

from kerasgen.layers.equalized import (
    BINOMIAL,
    EqualizedConv2D,
    EqualizedDense,
    ModulatedConv2D,
    SmoothUpsampling,
    check_taps,
)
from kerasgen.layers.styles import BatchSpread, LearnedImage, NoiseInjection, TrackedMean
from kerasgen.networks import arguments
from kerasgen.networks.arguments import checked

FIRST = 4  # side of the learned image


@checked(latent_dim=arguments.units, width=arguments.units, depth=arguments.layers)
def mapping(latent_dim=512, width=512, depth=8):
    """z (batch, latent_dim) -> w (batch, width), float32.

    z is first scaled to length sqrt(latent_dim). The layers learn a hundredth as fast as others. The last one
    keeps the mean of w, towards which samples can be truncated.

    Args:
        latent_dim: Numbers in z.
        width: Units of each layer, and numbers in w.
        depth: Number of layers, from 0 to 256.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    sizes = {"latent_dim": latent_dim, "width": width, "depth": depth}
    arguments.limit(arguments.perceptron(latent_dim, width, depth, 0), **sizes)
    z = keras.Input((latent_dim,), name="z")
    w = z * ops.rsqrt(ops.mean(ops.square(z), axis=-1, keepdims=True) + 1e-8)
    for _ in range(depth):
        w = EqualizedDense(width, activate=True, rate=0.01, dtype="float32")(w)
    return keras.Model(z, TrackedMean(dtype="float32")(w), name="mapping")


@checked(widths=arguments.several_units, style=arguments.units, channels=arguments.units, taps=check_taps)
def synthesis(widths=(512, 512, 512, 512, 512, 256, 128, 64, 32), style=512, channels=3, taps=BINOMIAL):
    """[w of each layer (batch, layers, style), noise of each (batch, side, side, 1), ...] -> images, float32.

    Args:
        widths: Filters at sides 4, 8, 16, ...; the default is that of 1024x1024.
        style: Numbers in w.
        channels: Of the images.
        taps: Filter at each doubling of the sides: an even number of positive numbers.

    Returns:
        Network of `2 len(widths)` layers, one of which gives colors, and of one noise less than that.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    arguments.limit(sum(30 * width**2 + 30 * width * style for width in widths), widths=widths, style=style)
    styles = keras.Input((2 * len(widths), style), name="styles")
    noises = []

    def layer(x, filters, at, up=False):
        x = ModulatedConv2D(filters, up=up, taps=taps)([x, styles[:, at]])
        noise = keras.Input((*x.shape[1:3], 1), name=f"noise_{len(noises)}")
        noises.append(noise)
        return NoiseInjection()([x, noise])

    colors = lambda x, at: ModulatedConv2D(channels, 1, demodulate=False)([x, styles[:, at]])
    x = layer(LearnedImage((FIRST, FIRST, widths[0]))(styles), widths[0], 0)
    image = colors(x, 1)
    for level, filters in enumerate(widths[1:], 1):
        x = layer(x, filters, 2 * level - 1, up=True)
        x = layer(x, filters, 2 * level)
        image = SmoothUpsampling(taps)(image) + colors(x, 2 * level + 1)
    image = layers.Activation("linear", dtype="float32")(image)
    return keras.Model([styles, *noises], image, name="synthesis")


@checked(image_shape=arguments.image, widths=arguments.several_units, group=arguments.units, taps=check_taps)
def discriminator(image_shape, widths=(32, 64, 128, 256, 512, 512, 512, 512, 512), group=4, taps=BINOMIAL):
    """image (batch, *image_shape) -> one logit per example (batch, 1), float32.

    Args:
        image_shape: (height, width, channels); the sides can be halved len(widths) - 1 times.
        widths: Filters at the side of the image, at half of it, ...
        group: Examples over which a spread is taken: see `layers.styles.BatchSpread`.
        taps: Filter before each halving.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    halvings = len(widths) - 1
    if any(side % 2**halvings for side in image_shape[:2]):
        words = f"`image_shape` must have sides that can be halved {halvings} times."
        raise ValueError(f"{words} Received: image_shape={image_shape}.")
    last = math.prod(side // 2**halvings for side in image_shape[:2])
    arguments.limit(sum(20 * width**2 for width in widths) + last * widths[-1] ** 2, widths=widths)
    image = keras.Input(image_shape, name="image")
    x = EqualizedConv2D(widths[0], 1, activate=True)(image)
    for filters, more in itertools.pairwise(widths):
        skip = EqualizedConv2D(more, 1, taps, down=True)(x)
        x = EqualizedConv2D(filters, activate=True)(x)
        x = (EqualizedConv2D(more, taps=taps, down=True, activate=True)(x) + skip) * 0.5**0.5
    x = EqualizedConv2D(widths[-1], activate=True)(BatchSpread(group)(x))
    x = EqualizedDense(widths[-1], activate=True)(layers.Flatten()(x))
    return keras.Model(image, EqualizedDense(1, dtype="float32")(x), name="discriminator")
