"""Encoders x -> (mean, log_std) of q(z | x) and decoders z -> parameters of p(x | z).

A conditional network takes int32 labels (batch,) as its second input. Outputs are float32.
`parameters` is the number of a likelihood's parameters for each number of x; see
`distributions.likelihoods`.
"""

import math

import keras
import numpy as np
from keras import layers, ops

from kerasgen.layers.transposed import SubpixelTranspose


def mlp_encoder(event_shape, latent_dim=50, width=200, depth=2, activation="tanh", num_classes=None):
    """x (batch, *event_shape) -> [mean, log_std], each (batch, latent_dim).

    The defaults are the one-layer network of Burda et al. (2016), arXiv:1509.00519, section 5:
    784-200-200-50, tanh.

    Args:
        event_shape: Shape of one example, any rank.
        latent_dim: Numbers in z.
        width: Units of each hidden layer.
        depth: Number of hidden layers.
        activation: Name of a Keras activation.
        num_classes: Number of labels, or None for a network without them.
    """
    x = keras.Input(event_shape, name="x")
    label, h = _with_label(layers.Flatten()(x), num_classes)
    for _ in range(depth):
        h = layers.Dense(width, activation)(h)
    return keras.Model([x, *label] if label else x, _posterior(h, latent_dim), name="encoder")


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
        parameters: Numbers that the network makes for each number of x.
        bias: Initial bias of the last layer, broadcast to the output. The log-odds of
            the data's mean pixels spare a Bernoulli decoder the first epochs.
        log_scale: None, or the initial value of one learned logarithm of the standard deviation (scale)
            for all numbers of x, which is then appended: the network makes the means alone.
    """
    z = keras.Input((latent_dim,), name="z")
    label, h = _with_label(z, num_classes)
    for _ in range(depth):
        h = layers.Dense(width, activation)(h)
    shape = (*event_shape[:-1], event_shape[-1] * parameters)
    last = layers.Dense(math.prod(shape), dtype="float32")
    out = layers.Reshape(shape, dtype="float32")(last(h))
    last.bias.assign(np.broadcast_to(bias, shape).ravel())
    return keras.Model([z, *label] if label else z, _scaled(out, log_scale), name="decoder")


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
        width: Filters next to the image; doubled at every level above it.
        depth: Number of convolutions of stride 2.
        hidden: Units of the dense layer between the convolutions and z.
        activation: Name of a Keras activation.
        num_classes: Number of labels, or None for a network without them; they enter
            at the dense layer.
        features: Whether that layer's units (batch, hidden) are a third output.
    """
    x = h = keras.Input(image_shape, name="x")
    for level in range(depth):
        h = layers.Conv2D(width * 2**level, 4, 2, "same", activation=activation)(h)
    label, h = _with_label(layers.Flatten()(h), num_classes)
    h = layers.Dense(hidden, activation)(h)
    outputs = _posterior(h, latent_dim) + [h] * features
    return keras.Model([x, *label] if label else x, outputs, name="encoder")


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
        parameters, bias, log_scale: As in `mlp_decoder`; `bias` is broadcast to the last axis.
    """
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
    up.bias.assign(np.broadcast_to(bias, (filters,)))
    out = layers.Activation("linear", dtype="float32")(h)
    return keras.Model([z, *label] if label else z, _scaled(out, log_scale), name="decoder")


def mlp_code(dims, latent_dim, width=200, depth=2, activation="relu", name="code"):
    """Vectors -> [mean, log_std] of a code, each (batch, latent_dim).

    Args:
        dims: Numbers in each vector: one int a vector (batch, dim) that goes in.
        latent_dim, width, depth, activation: As in `mlp_encoder`.
        name: Of the network.
    """
    inputs = [keras.Input((dim,)) for dim in dims]
    h = layers.Concatenate()(inputs) if len(inputs) > 1 else inputs[0]
    for _ in range(depth):
        h = layers.Dense(width, activation)(h)
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], _posterior(h, latent_dim), name=name)


def pseudo_inputs(event_shape, num=500, log_odds=0.0, spread=1.0):
    """One-hot numbers (batch, num) -> learned examples (batch, *event_shape) in [0, 1].

    Args:
        event_shape: Shape of one example.
        num: Number of pseudo-inputs.
        log_odds, spread: Their logits begin as N(log_odds, spread^2).
    """
    index = keras.Input((num,), name="index")
    start = keras.initializers.RandomNormal(log_odds, spread)
    table = layers.Dense(math.prod(event_shape), "sigmoid", use_bias=False, kernel_initializer=start)
    return keras.Model(index, layers.Reshape(event_shape)(table(index)), name="pseudo_inputs")


@keras.saving.register_keras_serializable("kerasgen")
class GlobalLogScale(layers.Layer):
    """Appends one learned number to means (..., c): (..., 2 c), the second half all equal.

    Rybkin et al. (2021), sigma-VAE, arXiv:2006.13202, section 3: a shared variance that is learned
    balances distortion and rate without a beta.

    Args:
        initial: Initial value, log of a standard deviation or scale.
    """

    def __init__(self, initial=0.0, **kwargs):
        super().__init__(**kwargs)
        self.initial = initial
        self.log_scale = self.add_weight(
            shape=(), initializer=keras.initializers.Constant(initial), name="log_scale"
        )

    def call(self, mean):
        return ops.concatenate([mean, ops.zeros_like(mean) + self.log_scale], axis=-1)

    def get_config(self):
        return super().get_config() | {"initial": self.initial}


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
