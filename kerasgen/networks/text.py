"""Encoders of short texts in word numbers (Vaswani et al., 2017, arXiv:1706.03762)."""

import keras
from keras import layers, ops


def encoder(size, length, width=64, depth=2, heads=4, dropout=0.0):
    """int32 word numbers (batch, length), 0 behind the last, -> (batch, width).

    A Transformer encoder, normalised before each part. A token of its own stands before the words; what
    becomes of it is the output, so that the empty text has one too.

    Args:
        size, length: Numbers lie in [0, size), `length` of them to a text: those of the condition of a
            model, `kerasgen.models.conditions.Texts`.
        width: Of every vector; divisible by `heads`.
        depth: Number of blocks.
        heads: Of the attention.
        dropout: Rate in [0, 1) behind each part.
    """
    if width % heads:
        raise ValueError(f"`heads` must divide `width`. Received: heads={heads}, width={width}.")
    words = keras.Input((length,), dtype="int32", name="words")
    tokens = ops.concatenate([ops.full_like(words[:, :1], size), words], axis=1)
    positions = ops.cumsum(ops.ones_like(tokens), axis=1) - 1
    h = layers.Embedding(size + 1, width)(tokens) + layers.Embedding(length + 1, width)(positions)
    seen = ops.expand_dims(tokens > 0, 1)  # (batch, 1, length + 1)
    drop = layers.Dropout(dropout)
    for _ in range(depth):
        n = layers.LayerNormalization()(h)
        h = h + drop(layers.MultiHeadAttention(heads, width // heads)(n, n, attention_mask=seen))
        n = layers.LayerNormalization()(h)
        h = h + drop(layers.Dense(width)(layers.Dense(4 * width, "gelu")(n)))
    return keras.Model(words, layers.LayerNormalization()(h[:, 0]), name="text_encoder")
