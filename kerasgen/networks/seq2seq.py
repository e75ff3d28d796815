"""Networks from one sequence to another: what stands before each token, and a source, to its logits."""

import keras
from keras import layers, ops

from kerasgen.layers import stepwise
from kerasgen.layers.reversal import Reversal
from kerasgen.layers.source_attention import SourceAttention
from kerasgen.layers.token_embedding import TokenEmbedding
from kerasgen.networks import arguments
from kerasgen.networks.arguments import checked
from kerasgen.networks.language import CELLS
from kerasgen.ops import checks


@checked(
    vocabulary=arguments.classes,
    length=arguments.units,
    source_length=arguments.units,
    source_vocabulary=arguments.optional(arguments.classes),
    width=arguments.units,
    units=arguments.units,
    cell=lambda name, value: checks.choice(name, value, CELLS),
    dropout=arguments.rate,
)
def attentive(
    vocabulary, length, source_length, source_vocabulary=None, width=128, units=128, cell="gru", dropout=0.0
):
    """int32 (batch, length) in [0, V] and a source (batch, source_length) -> logits (batch, length, V).

    An encoder reads the source in both directions (Bahdanau et al., 2015, arXiv:1409.0473, section 3.2). The
    decoder is told what it has read of the whole, the states at the first element, at every position (Cho et
    al., 2014, arXiv:1406.1078, section 2.2), and attends to all of its states: with h_t the decoder's state
    and c_t what it finds, the logits are those of tanh(W [c_t; h_t]) (Luong et al., 2015, arXiv:1508.04025,
    equation 5), with the vectors of the tokens as weights (Press & Wolf, 2017, arXiv:1608.05859).

    Args:
        vocabulary: V, number of tokens; V itself stands before the first one.
        length: Tokens of a sequence.
        source_length: Numbers of a source, which is padded with 0 at its end.
        source_vocabulary: Numbers of a source lie in [0, source_vocabulary). None if they mean what the
            tokens mean: then both have the same vectors.
        width: Numbers of a token's vector.
        units: Of the recurrent layers, one for each direction of the source and one that writes.
        cell: "lstm" or "gru".
        dropout: Rate in [0, 1) behind the vectors, the decoder and the last hidden layer.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    sizes = {"vocabulary": vocabulary, "length": length, "source_vocabulary": source_vocabulary or 0}
    tables = width * (vocabulary + length + source_length + (source_vocabulary or 0))
    arguments.limit(tables + 12 * units * (width + units) + 3 * units * width, **sizes, units=units)
    x, source = (
        keras.Input((size,), dtype="int32", name=name)
        for size, name in ((length, "tokens"), (source_length, "source"))
    )
    drop = layers.Dropout(dropout) if dropout else lambda h: h
    embedding, lengths = TokenEmbedding(vocabulary, width), ops.count_nonzero(source, axis=1)
    vectors = embedding if source_vocabulary is None else layers.Embedding(source_vocabulary, width)
    memory = _read(drop(stepwise.PositionEmbedding()(vectors(source))), lengths, CELLS[cell], units)
    whole = layers.Reshape((1, width))(layers.Dense(width)(memory[:, 0]))
    h = drop(layers.Add()([stepwise.PositionEmbedding()(embedding(x)), whole]))
    h = drop(CELLS[cell](units)(h))
    h = layers.Concatenate()([SourceAttention()(h, memory, lengths), h])
    return keras.Model(
        [x, source], embedding(drop(layers.Dense(width, "tanh")(h)), reverse=True), name="seq2seq"
    )


def _read(h, lengths, cell, units):
    """The states of two recurrent layers at each element, one from the left and one from the right."""
    turn = Reversal()
    backward = turn(cell(units)(turn(h, lengths)), lengths)
    return layers.Concatenate()([cell(units)(h), backward])
