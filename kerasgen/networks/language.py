"""Networks of texts: what stands before each token, int32 (batch, length), to its logits."""

import keras
from keras import layers

from kerasgen.layers import stepwise
from kerasgen.layers.causal_self_attention import CausalSelfAttention
from kerasgen.layers.token_embedding import TokenEmbedding
from kerasgen.networks import arguments, conditioning
from kerasgen.networks.arguments import checked
from kerasgen.ops import checks

CELLS = {"lstm": stepwise.LSTM, "gru": stepwise.GRU}
SIZES = {
    "vocabulary": arguments.classes,
    "length": arguments.units,
    "width": arguments.units,
    "depth": arguments.layers,
    "dropout": arguments.rate,
    "num_classes": arguments.optional(arguments.classes),
    "encoder": arguments.optional(checks.network),
}


@checked(units=arguments.units, cell=lambda name, value: checks.choice(name, value, CELLS), **SIZES)
def recurrent(
    vocabulary,
    length,
    width=160,
    units=256,
    depth=1,
    cell="lstm",
    dropout=0.0,
    num_classes=None,
    encoder=None,
):
    """int32 (batch, length) in [0, V], and perhaps a condition, -> logits (batch, length, V = vocabulary).

    Vectors of tokens and of positions, recurrent layers, a linear function to `width` numbers, and the
    vectors of the tokens again as weights of their logits (Press & Wolf, 2017, arXiv:1608.05859).

    Args:
        vocabulary: V, number of tokens; V itself stands before the first one.
        length: Tokens of a sequence.
        width: Numbers of a token's vector.
        units: Of each recurrent layer.
        depth: Number of recurrent layers, from 0 to 256.
        cell: "lstm" or "gru".
        dropout: Rate in [0, 1) behind the vectors and behind each layer (Zaremba et al., 2014,
            arXiv:1409.2329).
        num_classes: If set, there is a second input: int32 labels (batch,) in [0, num_classes].
        encoder: If set, the second input is that of this network, which gives vectors (batch, any); a linear
            function of them is added at every position. It excludes `num_classes`.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    drop = _dropping(dropout)
    weights = 4 * units * (width + (2 * depth + 1) * units)
    x, inputs, embedding, h = _begin(weights, vocabulary, length, width, num_classes, encoder)
    h = drop(h)
    for _ in range(depth):
        h = drop(CELLS[cell](units)(h))
    return _end(x, inputs, embedding, layers.Dense(width)(h), cell)


@checked(heads=arguments.units, **SIZES)
def transformer(vocabulary, length, width=128, depth=4, heads=4, dropout=0.0, num_classes=None, encoder=None):
    """int32 (batch, length) in [0, V], and perhaps a condition, -> logits (batch, length, V = vocabulary).

    A Transformer decoder with layer normalization before each sublayer, as GPT-2 (Radford et al., 2019);
    its logits have the vectors of the tokens as weights.

    Args:
        vocabulary, length, width, num_classes, encoder: As in `recurrent`.
        depth: Number of blocks, from 0 to 256.
        heads: Number of attention heads; divides `width`.
        dropout: Rate in [0, 1) behind the vectors and each sublayer.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    if width % heads:
        raise ValueError(f"`heads` must divide `width`. Received: heads={heads}, width={width}.")
    drop = _dropping(dropout)
    weights = 12 * depth * width**2
    x, inputs, embedding, h = _begin(weights, vocabulary, length, width, num_classes, encoder)
    h = drop(h)
    for _ in range(depth):
        h = layers.Add()([h, drop(CausalSelfAttention(heads)(layers.LayerNormalization()(h)))])
        n = layers.Dense(4 * width, "gelu")(layers.LayerNormalization()(h))
        h = layers.Add()([h, drop(layers.Dense(width)(n))])
    return _end(x, inputs, embedding, layers.LayerNormalization()(h), "transformer")


def _begin(weights, vocabulary, length, width, num_classes=None, encoder=None):
    """(input, [condition input], the layer of the tokens' vectors, features (batch, length, width))."""
    sizes = {"vocabulary": vocabulary, "length": length, "width": width, "num_classes": num_classes}
    weights += width * (vocabulary + length + (num_classes or 0))
    arguments.limit(weights, **sizes)
    conditioning.check(num_classes, encoder)
    x = keras.Input((length,), dtype="int32", name="tokens")
    embedding = TokenEmbedding(vocabulary, width)
    h = stepwise.PositionEmbedding()(embedding(x))
    inputs, vector = conditioning.vector(width, num_classes, encoder)
    if inputs:
        h = layers.Add()([h, layers.Reshape((1, width))(vector)])
    return x, inputs, embedding, h


def _end(x, inputs, embedding, h, name):
    """The network, of features whose products with the tokens' vectors are the logits."""
    return keras.Model([x, *inputs] if inputs else x, embedding(h, reverse=True), name=name)


def _dropping(rate):
    """A function of features that leaves out a share of them in training."""
    return layers.Dropout(rate) if rate else lambda h: h
