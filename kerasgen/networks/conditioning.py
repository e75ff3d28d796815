"""Embeddings of the time and the condition of a denoiser."""

import math

import keras
from keras import layers, ops


def embed(time, width, periods, num_classes=None, encoder=None):
    """([condition input], SiLU of the embedding of the time and the condition, (batch, width)).

    Args:
        time: Input (batch,) in [0, 1], embedded by sinusoids whose periods go from 2 pi / 1000 to 2 pi.
        width: Units of the embedding.
        periods: Number of sinusoids, >= 4.
        num_classes: If set, the condition is an int32 label (batch,) in [0, num_classes].
        encoder: If set, the condition is the input of this network, which gives vectors (batch, any).
    """
    rates = ops.exp(-math.log(1000) * ops.arange(periods // 2, dtype="float32") / (periods // 2 - 1))
    angles = 1000 * time[:, None] * rates[None]
    h = layers.Dense(width, "silu")(ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1))
    h = layers.Dense(width)(h)
    if num_classes is not None:
        label = keras.Input((), name="label", dtype="int32")
        h, inputs = h + layers.Embedding(num_classes + 1, width)(label), [label]
    elif encoder is not None:
        condition = keras.Input(encoder.input_shape[1:], dtype=encoder.inputs[0].dtype, name="condition")
        h, inputs = h + layers.Dense(width)(encoder(condition)), [condition]
    else:
        inputs = []
    return inputs, layers.Activation("silu")(h)
