"""Encoders of short texts, given as word indices (Vaswani et al., 2017, arXiv:1706.03762)."""

import keras
from keras import layers, ops

from kerasgen.networks import arguments
from kerasgen.networks.arguments import checked


@checked(
    vocabulary_size=arguments.classes,
    length=arguments.units,
    width=arguments.units,
    depth=arguments.layers,
    heads=arguments.units,
    dropout=arguments.rate,
)
def encoder(vocabulary_size, length, width=64, depth=2, heads=4, dropout=0.0):
    """int32 word indices (batch, length), padded with 0 at the end, -> vectors (batch, width).

    A Transformer encoder with layer normalization before each sublayer. A learned token is put before the
    words; the output is its vector, so that an empty text has one too.

    Args:
        vocabulary_size: Number of indices, which lie in [0, vocabulary_size); 0 stands for no word.
        length: Indices of a text. Both are those of the condition of a model: `vocabulary` and `length` of
            its `kerasgen.spaces.Text`.
        width: Numbers of every vector; divisible by `heads`.
        depth: Number of blocks, from 0 to 256.
        heads: Number of attention heads.
        dropout: Rate in [0, 1) behind each sublayer.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    if width % heads:
        raise ValueError(f"`heads` must divide `width`. Received: heads={heads}, width={width}.")
    sizes = {"vocabulary_size": vocabulary_size, "length": length, "width": width, "depth": depth}
    arguments.limit(width * (vocabulary_size + length + 12 * depth * width), **sizes)
    words = keras.Input((length,), dtype="int32", name="words")
    tokens = ops.concatenate([ops.full_like(words[:, :1], vocabulary_size), words], axis=1)
    positions = ops.cumsum(ops.ones_like(tokens), axis=1) - 1
    h = layers.Embedding(vocabulary_size + 1, width)(tokens) + layers.Embedding(length + 1, width)(positions)
    mask = ops.expand_dims(tokens > 0, 1)  # (batch, 1, length + 1)
    drop = layers.Dropout(dropout)
    for _ in range(depth):
        n = layers.LayerNormalization()(h)
        h = h + drop(layers.MultiHeadAttention(heads, width // heads)(n, n, attention_mask=mask))
        n = layers.LayerNormalization()(h)
        h = h + drop(layers.Dense(width)(layers.Dense(4 * width, "gelu")(n)))
    return keras.Model(words, layers.LayerNormalization()(h[:, 0]), name="text_encoder")
