"""Discriminators of texts: convolutions over windows of tokens, each with the largest answer of its text."""

import keras
from keras import layers

from kerasgen.networks import arguments, conditioning
from kerasgen.networks.arguments import checked
from kerasgen.ops import checks


@checked(
    vocabulary=arguments.classes,
    length=arguments.units,
    width=arguments.units,
    windows=arguments.several_units,
    filters=arguments.units,
    hidden=arguments.units,
    dropout=arguments.rate,
    num_classes=arguments.optional(arguments.classes),
    relaxed=checks.flag,
)
def discriminator(
    vocabulary,
    length,
    width=32,
    windows=(1, 2, 3, 4, 5),
    filters=50,
    hidden=100,
    dropout=0.25,
    num_classes=None,
    relaxed=False,
):
    """Tokens int32 (batch, length) in [0, V), and perhaps labels, -> float32 logits (batch, 1).

    Vectors of the tokens, convolutions of several widths, the maximum of each filter over all places, and two
    dense layers (Kim, 2014, arXiv:1408.5882; as a discriminator Yu et al., 2017, arXiv:1609.05473).

    Args:
        vocabulary: V, number of tokens.
        length: Tokens of a sequence.
        width: Numbers of a token's vector.
        windows: Tokens that a filter sees, for each kind of filter, at most `length`.
        filters: Of each kind.
        hidden: Units of the layer behind them.
        dropout: Rate in [0, 1) before the last layer.
        num_classes: If set, there is a second input: int32 labels (batch,) in [0, num_classes].
        relaxed: Whether it takes weights of the tokens, float32 (batch, length, V), instead: of a token k
            they are 1 at k, and 0 elsewhere. The logit can then be differentiated with respect to them.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    if max(windows) > length:
        raise ValueError(f"`windows` must be at most `length`. Received: windows={windows}, length={length}.")
    weights = width * vocabulary + filters * (width * sum(windows) + len(windows) * hidden)
    sizes = {"vocabulary": vocabulary, "width": width, "windows": windows, "filters": filters}
    sizes |= {"hidden": hidden, "num_classes": num_classes}
    arguments.limit(weights + hidden * (num_classes or 0), **sizes)
    if relaxed:
        x = keras.Input((length, vocabulary), name="weights")
        start = keras.initializers.RandomUniform(-0.05, 0.05)  # that of the vectors of tokens
        h = layers.Dense(width, use_bias=False, kernel_initializer=start)(x)
    else:
        x = keras.Input((length,), dtype="int32", name="tokens")
        h = layers.Embedding(vocabulary, width)(x)
    found = [
        layers.GlobalMaxPooling1D()(layers.Conv1D(filters, size, activation="relu")(h)) for size in windows
    ]
    h = layers.Dense(hidden, "relu")(layers.Concatenate()(found) if len(found) > 1 else found[0])
    inputs, label = conditioning.vector(hidden, num_classes)
    h = layers.Add()([h, label]) if inputs else h
    logit = layers.Dense(1, dtype="float32")(layers.Dropout(dropout)(h))
    return keras.Model([x, *inputs] if inputs else x, logit, name="textcnn")
