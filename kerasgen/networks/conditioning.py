"""Embeddings of a condition, and of the time of a denoiser."""

import math

import keras
from keras import layers, ops

SHAPES = {2: "(batch, any)", 4: "(batch, h, w, any)"}  # of what an encoder gives, by rank


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
    inputs, condition = vector(width, num_classes, encoder)
    h = h + condition if inputs else h
    return inputs, layers.Activation("silu")(h)


def vector(width, num_classes=None, encoder=None):
    """([condition input], its vector (batch, width)); ([], None) without a condition.

    Args:
        width: Numbers of the vector.
        num_classes: If set, the condition is an int32 label (batch,) in [0, num_classes].
        encoder: If set, the condition is the input of this network, which gives vectors (batch, any).
    """
    if num_classes is not None:
        label = keras.Input((), name="label", dtype="int32")
        return [label], layers.Embedding(num_classes + 1, width)(label)
    if encoder is not None:
        condition = keras.Input(encoder.input_shape[1:], dtype=encoder.inputs[0].dtype, name="condition")
        return [condition], layers.Dense(width)(encoder(condition))
    return [], None


def check(num_classes, encoder, ranks=(2,)):
    """Refuses two conditions, and an encoder whose output is of none of these ranks: ValueError."""
    if encoder is None:
        return
    if num_classes is not None:
        raise ValueError(
            f"`num_classes` must be None beside an encoder. Received: num_classes={num_classes}."
        )
    if len(encoder.inputs) != 1 or len(encoder.outputs) != 1 or len(encoder.outputs[0].shape) not in ranks:
        found = [tuple(output.shape) for output in encoder.outputs]
        raise ValueError(
            f"`encoder` must have one input and one output of shape {' or '.join(map(SHAPES.get, ranks))}. "
            f"Received: {len(encoder.inputs)} inputs and outputs of shapes {found}."
        )
