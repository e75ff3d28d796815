"""Networks inside bijectors: x, or [x, condition], to the parameters of a monotone function of each number.

The last layer is 0 at first, so that a coupling begins as the identity. Outputs have the first parameter of
all channels, then the second: see `bijectors.Coupling`.
"""

import math

import keras
import numpy as np
from keras import layers

from kerasgen.layers.masked_dense import MaskedDense
from kerasgen.networks import arguments, conditioning
from kerasgen.networks.arguments import checked
from kerasgen.ops import checks

SIZES = {
    "parameters": arguments.units,
    "width": arguments.units,
    "depth": lambda name, value: checks.integer(name, value, 1, arguments.MOST_LAYERS),
    "activation": arguments.activation,
    "num_classes": arguments.optional(arguments.classes),
}


@checked(event_shape=arguments.event, **SIZES)
def perceptron(event_shape, parameters=2, width=64, depth=2, activation="relu", num_classes=None):
    """x (batch, *event_shape), perhaps labels -> (batch, *event_shape[:-1], parameters c), by dense layers.

    Args:
        event_shape: Shape of one example, any rank.
        parameters: Of each number: `Elementwise.parameters`.
        width: Units of each hidden layer.
        depth: Number of hidden layers, from 1 to 256.
        activation: Name of a Keras activation.
        num_classes: If set, the second input is a label (batch,) in [0, num_classes].

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    shape = (*event_shape[:-1], parameters * event_shape[-1])
    sizes = {"width": width, "depth": depth, "num_classes": num_classes, "parameters": parameters}
    weights = arguments.perceptron(math.prod(event_shape), width, depth, math.prod(shape))
    arguments.limit(weights + (num_classes or 0) * width, event_shape=event_shape, **sizes)
    x = keras.Input(event_shape, name="x")
    label, shift = conditioning.vector(width, num_classes)
    h = layers.Flatten()(x)
    for level in range(depth):
        h = layers.Dense(width)(h)
        h = layers.Activation(activation)(h + shift if label and level == 0 else h)
    h = layers.Reshape(shape)(layers.Dense(math.prod(shape), kernel_initializer="zeros")(h))
    return keras.Model([x, *label] if label else x, h, name="conditioner")


@checked(
    image_shape=arguments.image,
    blocks=arguments.layers,
    context_channels=arguments.optional(arguments.units),
    **{name: SIZES[name] for name in ("parameters", "width", "num_classes")},
)
def convolutions(image_shape, parameters=2, width=64, blocks=1, num_classes=None, context_channels=None):
    """image (batch, h, w, c), perhaps a condition -> (batch, h, w, parameters c), by residual convolutions.

    A convolution of 3x3, then `blocks` times h + conv1x1(relu(conv3x3(relu(h)))), then one of 3x3.

    Args:
        image_shape: (height, width, channels).
        parameters: Of each number: `Elementwise.parameters`.
        width: Filters of each hidden layer.
        blocks: Residual blocks, from 0 to 256.
        num_classes: As in `perceptron`.
        context_channels: If set, the second input is an image of the same sides with so many channels, put
            beside x.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    if context_channels is not None and num_classes is not None:
        raise ValueError(
            f"`context_channels` must be None beside labels. Received: context_channels={context_channels}."
        )
    sizes = {
        "width": width,
        "blocks": blocks,
        "context_channels": context_channels,
        "num_classes": num_classes,
        "parameters": parameters,
    }
    weights = (
        9 * width * (image_shape[-1] * (1 + parameters) + (context_channels or 0)) + 10 * blocks * width**2
    )
    arguments.limit(weights + (num_classes or 0) * width, image_shape=image_shape, **sizes)
    x = keras.Input(image_shape, name="x")
    label, shift = conditioning.vector(width, num_classes)
    beside = (
        []
        if context_channels is None
        else [keras.Input((*image_shape[:2], context_channels), name="context")]
    )
    h = layers.Conv2D(width, 3, padding="same")(layers.Concatenate()([x, *beside]) if beside else x)
    h = h + shift[:, None, None] if label else h
    for _ in range(blocks):
        inner = layers.Conv2D(width, 3, padding="same")(layers.ReLU()(h))
        h = h + layers.Conv2D(width, 1)(layers.ReLU()(inner))
    h = layers.Conv2D(parameters * image_shape[-1], 3, padding="same", kernel_initializer="zeros")(
        layers.ReLU()(h)
    )
    condition = label + beside
    return keras.Model([x, *condition] if condition else x, h, name="conditioner")


@checked(dim=arguments.units, **SIZES)
def made(dim, parameters=2, width=64, depth=2, activation="relu", num_classes=None):
    """x (batch, dim), perhaps int32 labels -> (batch, parameters dim), the parameters of x_i from x_1..x_i-1.

    MADE (Germain et al., 2015, arXiv:1502.03509) in the natural order; degrees of hidden units go round.

    Args:
        dim: Numbers of x, 2 or more.
        parameters, width, depth, activation, num_classes: As in `perceptron`.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    sizes = {"width": width, "depth": depth, "num_classes": num_classes, "parameters": parameters}
    weights = arguments.perceptron(dim, width, depth, parameters * dim) + (num_classes or 0) * width
    arguments.limit(weights, dim=dim, **sizes)
    x = keras.Input((dim,), name="x")
    label, shift = conditioning.vector(width, num_classes)
    h, before, hidden = x, range(1, dim + 1), 1 + np.arange(width) % max(dim - 1, 1)
    for level in range(depth):
        h = MaskedDense(before, hidden)(h)
        h = layers.Activation(activation)(h + shift if label and level == 0 else h)
        before = hidden
    outputs = np.tile(range(1, dim + 1), parameters)
    h = MaskedDense(before, outputs, strict=True, zeros=True)(h)
    return keras.Model([x, *label] if label else x, h, name="made")
