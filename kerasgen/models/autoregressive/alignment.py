"""What a model of sequences attends to in its condition."""

import keras
import tensorflow as tf

from kerasgen.layers.source_attention import SourceAttention
from kerasgen.models.core.rows import by_chunks


def alignment(model, x, condition):
    """How much each token of x draws on each element of its source, float32 (num, length, source length).

    a_ts of `layers.source_attention.SourceAttention` when the token at t is predicted: rows add up to 1 and
    are 0 for the padding of a source. Behind the end of a text they say nothing. Of a network that attends
    more than once, they are those of the last time.

    Args:
        model: `SequenceModel` whose network attends to its condition.
        x: Examples (num, *event.shape), as for `fit`; texts as strings, too.
        condition: One value for all rows or one per row.

    Raises:
        InvalidDataError: If `x` or `condition` is not of that kind.
        ValueError: If `condition` is missing, or the network does not attend to it.
    """
    layer = attention_of(model.average)
    if layer is None:
        words = "`network` must attend to its condition: `layers.source_attention`"
        raise ValueError(f"{words}. Received: {model.network.name}.")
    read = keras.Model(model.average.inputs, layer.input)

    def weights(x, condition):
        inputs = read([model.preceding(model.symbols.tokens(x)), condition])
        return tf.cast(layer.alignment(*inputs), "float32")

    return by_chunks(weights, model.example_rows(x, condition), model.chunk)


def attention_of(network):
    """The last layer of a network that attends to a condition, or None."""
    found = [layer for layer in network.layers if isinstance(layer, SourceAttention)]
    return found[-1] if found else None
