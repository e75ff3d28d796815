"""A convolutional classifier after LeNet-5 (LeCun et al., 1998, doi:10.1109/5.726791, section II.B).

Two convolutions of 5x5, each followed by pooling, then a hidden layer. Rectifiers, batch
normalization (arXiv:1502.03167), dropout and more filters are later than the paper.
"""

import math

import keras
from keras import layers

from kerasgen.layers.spectrogram import LogMelSpectrogram
from kerasgen.networks import arguments
from kerasgen.networks.arguments import checked

WINDOW = 256  # samples of a window of a spectrogram


@checked(
    image_shape=arguments.image,
    num_classes=arguments.classes,
    width=arguments.units,
    features=arguments.units,
    dropout=arguments.rate,
    levels=arguments.down_levels,
)
def classifier(image_shape, num_classes, width=32, features=128, dropout=0.5, levels=2):
    """image (batch, *image_shape) -> logits (batch, num_classes), float32.

    Args:
        image_shape: (height, width, channels).
        num_classes: Number of labels.
        width: Filters of the first convolution; the next have twice as many each.
        features: Units of the hidden layer, the feature space before the logits.
        dropout: Rate before the hidden layer and before the logits, in [0, 1).
        levels: Convolutions, each followed by pooling that halves the sides; more for larger images. At
            most as many as leave a pixel.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    image = keras.Input(image_shape, name="image")
    logits = _logits(image, num_classes, width, features, dropout, levels)
    return keras.Model(image, logits, name="classifier")


@checked(
    length=arguments.units,
    rate=arguments.units,
    num_classes=arguments.classes,
    width=arguments.units,
    features=arguments.units,
    dropout=arguments.rate,
    levels=arguments.down_levels,
)
def sound_classifier(length, rate=8000, num_classes=10, width=16, features=128, dropout=0.5, levels=3):
    """waveform (batch, length) -> logits (batch, num_classes), float32: the same of a spectrogram.

    Args:
        length: Samples, 256 or more.
        rate: Samples a second.
        num_classes, width, features, dropout, levels: As in `classifier`, of the picture of
            `layers.spectrogram.LogMelSpectrogram`.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    if length < WINDOW:
        raise ValueError(f"`length` must be {WINDOW} or more, a window. Received: length={length}.")
    sound = keras.Input((length,), name="sound")
    picture = LogMelSpectrogram(rate, WINDOW)(sound)
    logits = _logits(picture, num_classes, width, features, dropout, levels)
    return keras.Model(sound, logits, name="classifier")


def _logits(image, num_classes, width, features, dropout, levels):
    image_shape = tuple(image.shape[1:])
    *sides, channels = image_shape
    if min(sides) < 2**levels:
        words = f"`levels` must leave a pixel of image_shape={image_shape}."
        raise ValueError(f"{words} Received: levels={levels}.")
    filters = width * 2 ** (levels - 1) if levels else channels
    weights = 17 * filters**2 + features * (math.prod(side // 2**levels for side in sides) * filters)
    sizes = {"image_shape": image_shape, "width": width, "features": features, "num_classes": num_classes}
    arguments.limit(weights + features * num_classes, levels=levels, **sizes)
    x = image
    for level in range(levels):
        x = layers.Conv2D(width * 2**level, 5, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(dropout)(layers.Flatten()(x))
    x = layers.Dense(features, use_bias=False)(x)
    x = layers.Dropout(dropout)(layers.ReLU()(layers.BatchNormalization()(x)))
    return layers.Dense(num_classes, dtype="float32")(x)
