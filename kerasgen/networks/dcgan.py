"""Convolutional generator and discriminator after DCGAN (Radford et al., 2016, arXiv:1511.06434).

Section 3: strided convolutions instead of pooling, normalization everywhere but next to the images, ReLU in
the generator and LeakyReLU(0.2) in the discriminator; section 4: weights from N(0, 0.02^2).
"""

import math

import keras
from keras import layers, ops

from kerasgen.networks import arguments, conditioning
from kerasgen.networks.arguments import checked
from kerasgen.ops import checks

NORMS = {
    "batch": layers.BatchNormalization,
    "layer": layers.LayerNormalization,
    None: layers.Identity,
}
JOINTS = {"concatenation": layers.Concatenate, "addition": layers.Add}  # of a code and a condition
CONDITIONS = ("projection", "concatenation", "classes")
INITIALIZERS = {
    "dcgan": lambda: keras.initializers.RandomNormal(stddev=0.02),
    "he": keras.initializers.HeNormal,
}


@checked(
    image_shape=arguments.image,
    latent_dim=arguments.units,
    width=arguments.units,
    depth=arguments.levels,
    num_classes=arguments.optional(arguments.classes),
    encoder=arguments.optional(checks.network),
    join=lambda name, value: checks.choice(name, value, JOINTS),
)
def generator(
    image_shape, latent_dim=100, width=64, depth=2, num_classes=None, encoder=None, join="concatenation"
):
    """z (batch, latent_dim), and perhaps a condition -> image (batch, *image_shape) in [-1, 1], float32.

    Each level doubles the sides; one row and column are cropped where a level's side is odd.

    Args:
        image_shape: (height, width, channels), of any size.
        latent_dim: Numbers in z; 100 in the paper.
        width: Filters of the level next to the image; doubled at every level below it.
        depth: Number of upsamplings by 2, from 1 to 16; 4 in the paper, for 64x64 images.
        num_classes: If set, there is a second input: int32 labels (batch,) in [0, num_classes].
        encoder: If set, the second input is that of this network, which makes vectors of conditions, such
            as word indices to vectors (batch, any); see `networks.text`. It excludes `num_classes`.
        join: How z meets a vector of latent_dim numbers that stands for the condition: by "concatenation" or
            by "addition".

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    *sides, channels = image_shape
    sizes = [[-(-side // 2**level) for side in sides] for level in range(depth + 1)]
    filters = width * 2 ** (depth - 1)
    weights = filters * (2 * latent_dim * math.prod(sizes[depth]) + 11 * filters)
    weights += latent_dim * (num_classes or 0)
    limited = {"image_shape": image_shape, "latent_dim": latent_dim, "width": width, "depth": depth}
    arguments.limit(weights, num_classes=num_classes, **limited)
    conditioning.check(num_classes, encoder)
    init = INITIALIZERS["dcgan"]
    z = keras.Input((latent_dim,), name="z")
    inputs, condition = conditioning.vector(latent_dim, num_classes, encoder)
    x = JOINTS[join]()([z, condition]) if inputs else z
    x = layers.Dense(math.prod(sizes[depth]) * filters, use_bias=False, kernel_initializer=init())(x)
    x = layers.Reshape((*sizes[depth], filters))(x)
    for level in reversed(range(depth)):
        x = layers.ReLU()(layers.BatchNormalization()(x))
        filters = width * 2 ** (level - 1) if level else channels
        x = layers.Conv2DTranspose(filters, 4, 2, "same", use_bias=not level, kernel_initializer=init())(x)
        odd = [side % 2 for side in sizes[level]]
        x = layers.Cropping2D([(0, one) for one in odd])(x) if any(odd) else x
    image = layers.Activation("tanh", dtype="float32")(x)
    return keras.Model([z, *inputs] if inputs else z, image, name="generator")


@checked(
    image_shape=arguments.image,
    width=arguments.units,
    depth=arguments.down_levels,
    norm=lambda name, value: checks.choice(name, value, NORMS),
    spectral=checks.flag,
    kernel=lambda name, value: checks.choice(name, value, INITIALIZERS),
    num_classes=arguments.optional(arguments.classes),
    encoder=arguments.optional(checks.network),
    condition=lambda name, value: checks.choice(name, value, CONDITIONS),
    factors=arguments.outputs,
)
def discriminator(
    image_shape,
    width=64,
    depth=2,
    norm="batch",
    spectral=False,
    kernel="dcgan",
    num_classes=None,
    encoder=None,
    condition="projection",
    factors=0,
):
    """image (batch, *image_shape), and perhaps a condition -> one logit per example (batch, 1), float32.

    Args:
        image_shape: (height, width, channels).
        width: Filters of the level next to the image; doubled at every level above it.
        depth: Number of downsamplings by 2, from 0 to 16.
        norm: "batch", "layer" (a penalty on the gradient of each example rules out the statistics of a
            batch: WGAN-GP, arXiv:1704.00028, section 4) or None.
        spectral: Whether to divide every kernel by its spectral norm (Miyato et al., 2018,
            arXiv:1802.05957, equation 8).
        kernel: Initial weights: "dcgan", N(0, 0.02^2), or "he" (He et al., 2015,
            arXiv:1502.01852, equation 10), which keeps the signal's size without `norm`.
        num_classes, encoder: As in `generator`.
        condition: What becomes of one. "projection": the scalar product of its vector and the mean
            features is added to the logit (Miyato & Koyama, 2018, arXiv:1802.05637, equation 4).
            "concatenation": its vector is put beside the last features at every position (Reed et al., 2016,
            arXiv:1605.05396, section 4.1). "classes": it is no input; the logits of `num_classes` classes
            are a second output (Odena et al., 2017, arXiv:1610.09585).
        factors: With "classes", numbers that are a third output, such as the means of codes; 0 for none.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    weights = _weights(image_shape, width, depth, 1 + (num_classes or 0))
    sizes = {"image_shape": image_shape, "width": width, "depth": depth, "num_classes": num_classes}
    arguments.limit(weights, **sizes)
    conditioning.check(num_classes, encoder)
    if condition == "classes" and num_classes is None:
        raise ValueError("`num_classes` must be given to name classes. Received: num_classes=None.")
    init = INITIALIZERS[kernel]
    bound = layers.SpectralNormalization if spectral else (lambda layer: layer)
    image = x = keras.Input(image_shape, name="image")
    for level in range(depth):
        conv = layers.Conv2D(width * 2**level, 4, 2, "same", kernel_initializer=init())
        x = bound(conv)(x)
        x = NORMS[norm]()(x) if level else x
        x = layers.LeakyReLU(0.2)(x)
    dense = lambda units: bound(layers.Dense(units, kernel_initializer=init(), dtype="float32"))
    if condition == "classes":
        units = [1, num_classes] + [factors] * (factors > 0)
        features = layers.Flatten()(x)
        return keras.Model(image, [dense(each)(features) for each in units], name="discriminator")
    inputs, asked = conditioning.vector(x.shape[-1], num_classes, encoder)
    if inputs and condition == "concatenation":
        everywhere = asked[:, None, None] + ops.zeros_like(x)
        x = ops.concatenate([x, everywhere], axis=-1)
        x = bound(layers.Conv2D(asked.shape[-1], 1, kernel_initializer=init()))(x)
        x = layers.LeakyReLU(0.2)(x)
    logit = dense(1)(layers.Flatten()(x))
    if inputs and condition == "projection":
        features = ops.cast(ops.mean(x, axis=(1, 2)), "float32")
        logit += ops.sum(features * ops.cast(asked, "float32"), axis=-1, keepdims=True)
    return keras.Model([image, *inputs] if inputs else image, logit, name="discriminator")


@checked(
    image_shape=arguments.image,
    width=arguments.periodic_units,
    depth=arguments.down_levels,
    num_classes=arguments.optional(arguments.classes),
)
def noisy_discriminator(image_shape, width=32, depth=3, num_classes=None):
    """[image (batch, h, w, c), time (batch,)] and perhaps int32 labels -> logits (batch, 1), float32.

    The time tells how much noise is in the image. The embedding of time and label is compared with the
    image's features by a scalar product (Miyato & Koyama, 2018, arXiv:1802.05637, equation 4).

    Args:
        image_shape: (height, width, channels).
        width: Filters of the level next to the image, >= 4; doubled at every level above it.
        depth: Number of downsamplings by 2, from 0 to 16.
        num_classes: If set, there is a third input: labels (batch,) in [0, num_classes], the last of which
            stands for no label.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    weights = _weights(image_shape, width, depth, 4 * width) + 4 * width * (num_classes or 0)
    sizes = {"image_shape": image_shape, "width": width, "depth": depth, "num_classes": num_classes}
    arguments.limit(weights, **sizes)
    image, time = keras.Input(image_shape, name="image"), keras.Input((), name="time")
    inputs, embedding = conditioning.embed(time, 4 * width, width, num_classes)
    x = image
    for level in range(depth):
        x = layers.Conv2D(width * 2**level, 4, 2, "same")(x)
        x = layers.LeakyReLU(0.2)(x)
    x = layers.Dense(4 * width, dtype="float32")(layers.Flatten()(x))
    x = layers.LeakyReLU(0.2, dtype="float32")(x)
    expected = layers.Dense(4 * width, kernel_initializer="zeros", dtype="float32")(embedding)
    logit = layers.Dense(1, dtype="float32")(x) + ops.mean(x * expected, axis=-1, keepdims=True)
    return keras.Model([image, time, *inputs], logit, name="discriminator")


def _weights(image_shape, width, depth, outputs):
    """About how many weights a stack of convolutions and a dense layer of `outputs` units have."""
    *sides, channels = image_shape
    filters = width * 2 ** (depth - 1) if depth else channels
    positions = math.prod(-(-side // 2**depth) for side in sides)
    return filters * (11 * filters + positions * outputs)
