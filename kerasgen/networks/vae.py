"""Encoders x -> (mean, log_std) of q(z | x) and decoders z -> parameters of p(x | z), for VAEs.

A conditional network takes int32 labels (batch,) as its second input. Outputs are float32.
`parameters` is the number of a likelihood's parameters for each number of x; see
`distributions.likelihoods`.
"""

import math

import keras
from keras import layers, ops

from kerasgen.layers.scale import GlobalLogScale
from kerasgen.layers.upsampling import SubpixelTranspose
from kerasgen.networks import arguments
from kerasgen.networks.arguments import checked
from kerasgen.ops import checks

SIZES = {
    "latent_dim": arguments.units,
    "width": arguments.units,
    "depth": arguments.layers,
    "activation": arguments.activation,
    "num_classes": arguments.optional(arguments.classes),
}
IMAGES = SIZES | {"image_shape": arguments.image, "hidden": arguments.units}
OUTPUTS = {"parameters": arguments.units, "log_scale": arguments.optional(arguments.log_scale)}


@checked(event_shape=arguments.event, **SIZES)
def mlp_encoder(event_shape, latent_dim=50, width=200, depth=2, activation="tanh", num_classes=None):
    """x (batch, *event_shape) -> [mean, log_std], each (batch, latent_dim).

    The defaults are the one-layer network of Burda et al. (2016), arXiv:1509.00519, section 5:
    784-200-200-50, tanh.

    Args:
        event_shape: Shape of one example, any rank.
        latent_dim: Numbers in z.
        width: Units of each hidden layer.
        depth: Number of hidden layers, from 0 to 256.
        activation: Name of a Keras activation.
        num_classes: Number of classes, or None for a network without labels.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    sizes = {"latent_dim": latent_dim, "width": width, "depth": depth, "num_classes": num_classes}
    weights = arguments.perceptron(math.prod(event_shape) + (num_classes or 0), width, depth, 2 * latent_dim)
    arguments.limit(weights, event_shape=event_shape, **sizes)
    x = keras.Input(event_shape, name="x")
    label, h = _with_label(layers.Flatten()(x), num_classes)
    for _ in range(depth):
        h = layers.Dense(width, activation)(h)
    return keras.Model([x, *label] if label else x, _posterior(h, latent_dim), name="encoder")


@checked(event_shape=arguments.event, **SIZES | OUTPUTS)
def mlp_decoder(
    event_shape,
    latent_dim=50,
    width=200,
    depth=2,
    activation="tanh",
    parameters=1,
    num_classes=None,
    bias=0.0,
    log_scale=None,
):
    """z (batch, latent_dim) -> parameters of p(x | z), (batch, *event_shape[:-1], c * parameters).

    Args:
        event_shape, latent_dim, width, depth, activation, num_classes: As in `mlp_encoder`.
        parameters: Outputs for each number of x.
        bias: Initial bias of the last layer, a number or an array that broadcasts to the output. The log-odds
            of the data's mean pixels spare a Bernoulli decoder the first epochs.
        log_scale: None, or the initial value, in [-80, 80], of one learned logarithm of the standard
            deviation (scale) for all numbers of x, which is then appended to the means that the layers give.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    shape = (*event_shape[:-1], event_shape[-1] * parameters)
    bias = arguments.broadcast("bias", bias, shape)
    sizes = {"width": width, "depth": depth, "parameters": parameters, "num_classes": num_classes}
    weights = arguments.perceptron(latent_dim + (num_classes or 0), width, depth, math.prod(shape))
    arguments.limit(weights, event_shape=event_shape, latent_dim=latent_dim, **sizes)
    z = keras.Input((latent_dim,), name="z")
    label, h = _with_label(z, num_classes)
    for _ in range(depth):
        h = layers.Dense(width, activation)(h)
    last = layers.Dense(math.prod(shape), dtype="float32")
    out = layers.Reshape(shape, dtype="float32")(last(h))
    last.bias.assign(bias.ravel())
    return keras.Model([z, *label] if label else z, _scaled(out, log_scale), name="decoder")


@checked(features=checks.flag, **IMAGES | {"depth": arguments.down_levels})
def conv_encoder(
    image_shape,
    latent_dim=20,
    width=32,
    depth=2,
    hidden=256,
    activation="relu",
    num_classes=None,
    features=False,
):
    """image (batch, h, w, c) -> [mean, log_std], each (batch, latent_dim).

    Args:
        image_shape: (height, width, channels), any size.
        latent_dim: Numbers in z.
        width: Filters of the level next to the image; doubled at every level above it.
        depth: Number of convolutions of stride 2, from 0 to 16.
        hidden: Units of the dense layer between the convolutions and z.
        activation: Name of a Keras activation.
        num_classes: Number of classes, or None for a network without labels; they enter
            at the dense layer.
        features: Whether that layer's units (batch, hidden) are a third output.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    arguments.limit_convolutions(image_shape, latent_dim, width, depth, hidden, num_classes)
    x = h = keras.Input(image_shape, name="x")
    for level in range(depth):
        h = layers.Conv2D(width * 2**level, 4, 2, "same", activation=activation)(h)
    label, h = _with_label(layers.Flatten()(h), num_classes)
    h = layers.Dense(hidden, activation)(h)
    outputs = _posterior(h, latent_dim) + [h] * features
    return keras.Model([x, *label] if label else x, outputs, name="encoder")


@checked(**IMAGES | OUTPUTS | {"depth": arguments.levels})
def conv_decoder(
    image_shape,
    latent_dim=20,
    width=32,
    depth=2,
    hidden=256,
    activation="relu",
    parameters=1,
    num_classes=None,
    bias=0.0,
    log_scale=None,
):
    """z (batch, latent_dim) -> parameters of p(x | z), (batch, h, w, c * parameters).

    The mirror of `conv_encoder`; each level doubles the sides, and one row and column are cropped where
    a level's side is odd.

    Args:
        image_shape, latent_dim, width, depth, hidden, activation, num_classes: As in `conv_encoder`.
            Here `depth` is at least 1.
        parameters, bias, log_scale: As in `mlp_decoder`; `bias` is broadcast to the last axis.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    bias = arguments.broadcast("bias", bias, (image_shape[-1] * parameters,))
    arguments.limit_convolutions(image_shape, latent_dim, width, depth, hidden, num_classes, parameters)
    *sides, channels = image_shape
    sizes = [[-(-side // 2**level) for side in sides] for level in range(depth + 1)]
    filters = width * 2 ** (depth - 1)
    z = keras.Input((latent_dim,), name="z")
    label, h = _with_label(z, num_classes)
    h = layers.Dense(hidden, activation)(h)
    h = layers.Dense(math.prod(sizes[depth]) * filters, activation)(h)
    h = layers.Reshape((*sizes[depth], filters))(h)
    for level in reversed(range(depth)):
        last = level == 0
        filters = channels * parameters if last else width * 2 ** (level - 1)
        if last:
            up = SubpixelTranspose(filters)
        else:
            up = layers.Conv2DTranspose(filters, 4, 2, "same", activation=activation)
        h = up(h)
        odd = [side % 2 for side in sizes[level]]
        h = layers.Cropping2D([(0, one) for one in odd])(h) if any(odd) else h
    up.bias.assign(bias)
    out = layers.Activation("linear", dtype="float32")(h)
    return keras.Model([z, *label] if label else z, _scaled(out, log_scale), name="decoder")


@checked(
    dims=arguments.several_units,
    latent_dim=arguments.units,
    width=arguments.units,
    depth=arguments.layers,
    activation=arguments.activation,
    name=arguments.layer_name,
)
def mlp_code(dims, latent_dim, width=200, depth=2, activation="relu", name="code"):
    """Vectors -> [mean, log_std] of a code, each (batch, latent_dim).

    Args:
        dims: Numbers in each vector: one int a vector (batch, dim) that goes in.
        latent_dim, width, depth, activation: As in `mlp_encoder`.
        name: Name of the network.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    weights = arguments.perceptron(sum(dims), width, depth, 2 * latent_dim)
    arguments.limit(weights, dims=dims, width=width, depth=depth)
    inputs = [keras.Input((dim,)) for dim in dims]
    h = layers.Concatenate()(inputs) if len(inputs) > 1 else inputs[0]
    for _ in range(depth):
        h = layers.Dense(width, activation)(h)
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], _posterior(h, latent_dim), name=name)


@checked(event_shape=arguments.event, num=arguments.units, log_odds=arguments.real, spread=arguments.spread)
def pseudo_inputs(event_shape, num=500, log_odds=0.0, spread=1.0):
    """One-hot numbers (batch, num) -> learned examples (batch, *event_shape) in [0, 1].

    Args:
        event_shape: Shape of one example.
        num: Number of pseudo-inputs.
        log_odds, spread: Their logits start as draws from N(log_odds, spread^2); spread >= 0.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    arguments.limit(num * math.prod(event_shape), event_shape=event_shape, num=num)
    index = keras.Input((num,), name="index")
    start = keras.initializers.RandomNormal(log_odds, spread)
    table = layers.Dense(math.prod(event_shape), "sigmoid", use_bias=False, kernel_initializer=start)
    return keras.Model(index, layers.Reshape(event_shape)(table(index)), name="pseudo_inputs")


def _with_label(h, num_classes):
    """([], h), or ([label input], h (batch, d) with the one-hot label beside it)."""
    if num_classes is None:
        return [], h
    label = keras.Input((), name="label", dtype="int32")
    return [label], layers.Concatenate()([h, ops.one_hot(label, num_classes)])


def _posterior(h, latent_dim):
    return [layers.Dense(latent_dim, name=name, dtype="float32")(h) for name in ("mean", "log_std")]


def _scaled(out, log_scale):
    return out if log_scale is None else GlobalLogScale(log_scale, dtype="float32")(out)
