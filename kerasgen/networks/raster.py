"""What networks of images in raster order begin and end with, and what tells them a condition."""

import keras
from keras import layers

from kerasgen.layers.masked import MaskedConv2D
from kerasgen.networks import arguments, conditioning
from kerasgen.ops import checks

SIZES = {
    "image_shape": lambda name, value: image(name, value),
    "outputs": arguments.units,
    "width": arguments.units,
    "hidden": arguments.units,
    "dropout": arguments.rate,
    "joint": checks.flag,
    "vocabulary": arguments.optional(arguments.classes),
    "value_range": lambda name, value: checks.value_range(name, value, needed=True),
}
CONDITIONS = {
    "num_classes": arguments.optional(arguments.classes),
    "encoder": arguments.optional(checks.network),
}


def image(name, value):
    """Shape of one image, (height, width, channels), or (height, width) of a grid of tokens."""
    sides = arguments.sequence(name, value)
    return (
        tuple(arguments.units(name, side) for side in sides)
        if len(sides) == 2
        else arguments.image(name, sides)
    )


def check(image_shape, outputs, width, hidden, joint, vocabulary):
    """How many channels of a pixel the network tells apart; ValueError for what does not go together."""
    if (len(image_shape) == 2) != (vocabulary is not None):
        raise ValueError(
            "`vocabulary` must be given for a grid (height, width) of tokens, and only then. "
            f"Received: vocabulary={vocabulary}, image_shape={image_shape}."
        )
    channels = 1 if joint or vocabulary is not None else image_shape[2]
    for name, value in (("outputs", outputs), ("width", width), ("hidden", hidden)):
        if value % channels:
            raise ValueError(f"`{name}` must be a multiple of {channels} channels. Received: {name}={value}.")
    return channels


def begin(
    weights,
    image_shape,
    outputs,
    width,
    hidden,
    joint,
    vocabulary,
    value_range,
    num_classes,
    encoder,
    **sizes,
):
    """(x, its numbers, [condition input], features of the condition or None, channels told apart).

    Args:
        weights: About how many the layers between have; refused are more than 2^28 with what is here.
        image_shape, outputs, ..., encoder: As in `pixelcnn.pixelcnn`.
        **sizes: Other arguments on which the number of weights depends.
    """
    channels = check(image_shape, outputs, width, hidden, joint, vocabulary)
    inputs = image_shape[2] if vocabulary is None else width
    weights += width * (25 * inputs + (vocabulary or 0) + (num_classes or 0)) + hidden * (2 * width + outputs)
    sizes |= {"width": width, "hidden": hidden, "outputs": outputs, "num_classes": num_classes}
    arguments.limit(weights, image_shape=image_shape, vocabulary=vocabulary, **sizes)
    x, pixels = image_input(image_shape, width, vocabulary, value_range)
    return x, pixels, *condition_input(width, num_classes, encoder), channels


def model(x, inputs, output, name):
    """The network of an image, and perhaps a condition."""
    return keras.Model([x, *inputs] if inputs else x, output, name=name)


def image_input(image_shape, width, vocabulary=None, value_range=(0.0, 1.0)):
    """(input, features): numbers from -1 to 1, or a vector of `width` numbers for each token."""
    if vocabulary is not None:
        x = keras.Input(image_shape, dtype="int32", name="x")
        return x, layers.Embedding(vocabulary, width)(x)
    x = keras.Input(image_shape, name="x")
    low, high = value_range
    return x, layers.Rescaling(2 / (high - low), -(high + low) / (high - low))(x)


def condition_input(width, num_classes=None, encoder=None):
    """([condition input], features (batch, 1 or h, 1 or w, any)); ([], None) without a condition.

    Args:
        width: Numbers of a label's vector.
        num_classes: If set, the condition is an int32 label (batch,) in [0, num_classes].
        encoder: If set, the condition is the input of this network, which gives vectors (batch, any), or
            features (batch, h, w, any) with the sides of the image.
    """
    conditioning.check(num_classes, encoder, ranks=(2, 4))
    if encoder is None:
        inputs, features = conditioning.vector(width, num_classes)
    else:
        inputs = [keras.Input(encoder.input_shape[1:], dtype=encoder.inputs[0].dtype, name="condition")]
        features = encoder(inputs[0])
    if not inputs or len(features.shape) == 4:
        return inputs, features
    return inputs, layers.Reshape((1, 1, features.shape[-1]))(features)


def told(h, features):
    """h plus a linear function of the features of a condition, or h where there are none."""
    if features is None:
        return h
    return layers.Add()([h, layers.Dense(h.shape[-1], use_bias=False)(features)])


def pointwise(width, channels=1, **arguments):
    """A layer that mixes the features of a position, those of later image channels left out."""
    if channels == 1:
        return layers.Dense(width, **arguments)
    return MaskedConv2D(width, 1, "B", channels, **arguments)


def head(h, hidden, outputs, channels=1):
    """Two layers on each position, with rectifiers before them: float32."""
    h = pointwise(hidden, channels)(layers.ReLU()(h))
    return pointwise(outputs, channels, dtype="float32")(layers.ReLU()(h))
