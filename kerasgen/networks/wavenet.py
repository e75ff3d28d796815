"""Networks of waveforms in levels: what stands before each sample, int32 (batch, length), to its logits."""

import keras
from keras import layers

from kerasgen.layers import stepwise
from kerasgen.layers.causal import Gate
from kerasgen.layers.dilated import DilatedConvolution
from kerasgen.networks import arguments, conditioning
from kerasgen.networks.arguments import checked
from kerasgen.ops import checks

SIZES = {
    "vocabulary": arguments.classes,
    "length": arguments.units,
    "embedding": arguments.units,
    "dropout": arguments.rate,
    "num_classes": arguments.optional(arguments.classes),
    "encoder": arguments.optional(checks.network),
}


DILATIONS = tuple(2**k for k in range(10)) * 2  # twice 1 to 512: 2,047 samples


@checked(dilations=arguments.dilations, width=arguments.units, skip_width=arguments.units, **SIZES)
def wavenet(
    vocabulary,
    length,
    dilations=DILATIONS,
    width=48,
    skip_width=96,
    embedding=48,
    dropout=0.0,
    num_classes=None,
    encoder=None,
):
    """int32 (batch, length) in [0, V], and perhaps a condition, -> logits (batch, length, V = vocabulary).

    van den Oord et al. (2016), arXiv:1609.03499, figure 4: layers z = tanh(W_f * x + V_f h) sigmoid(W_g * x +
    V_g h), each with a residual connection; a linear function of all z together, which is the sum of all skip
    connections; and two layers of 1x1 with rectifiers before them. `layers.dilated.receptive_field` says
    how much it sees.

    Args:
        vocabulary: V, number of levels and the end; V itself stands before the first sample.
        length: Samples of a waveform.
        dilations: Of the convolutions of two inputs, one layer each.
        width: Channels of the residual connections and of each gate.
        skip_width: Channels of the skip connections.
        embedding: Numbers of the vector of a level.
        dropout: Rate in [0, 1) before each convolution.
        num_classes: If set, there is a second input: int32 labels (batch,) in [0, num_classes], whose vectors
            h have `width` numbers.
        encoder: If set, the second input is that of this network, which gives vectors h (batch, any) for all
            gates. It excludes `num_classes`.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    weights = len(dilations) * width * (7 * width + skip_width) + skip_width * (skip_width + vocabulary)
    x, inputs, told, h = _begin(weights, vocabulary, length, embedding, width, num_classes, encoder)
    h = h if embedding == width else layers.Dense(width)(h)
    gates = []
    for dilation in dilations:
        n = layers.Dropout(dropout)(h) if dropout else h
        gates.append(Gate()(told(DilatedConvolution(2 * width, dilation)(n))))
        h = layers.Add()([h, layers.Dense(width)(gates[-1])])
    together = layers.Concatenate()(gates) if len(gates) > 1 else gates[0]
    return _end(x, inputs, layers.Dense(skip_width)(together), skip_width, vocabulary, "wavenet")


@checked(units=arguments.units, hidden=arguments.units, **SIZES)
def recurrent(
    vocabulary, length, units=256, embedding=48, hidden=96, dropout=0.0, num_classes=None, encoder=None
):
    """The same of an LSTM, which sees all samples before: what its paper, section 3.2, compares with.

    Args:
        vocabulary, length, embedding, num_classes, encoder: As in `wavenet`; a condition is added to what the
            LSTM reads and to its state.
        units: Of the LSTM.
        hidden: Units of the layer before the logits.
        dropout: Rate in [0, 1) behind the LSTM.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    weights = units * (4 * (units + embedding) + hidden) + hidden * vocabulary
    x, inputs, told, h = _begin(weights, vocabulary, length, embedding, units, num_classes, encoder)
    h = stepwise.LSTM(units)(told(h))
    h = layers.Dropout(dropout)(h) if dropout else h
    return _end(x, inputs, told(h), hidden, vocabulary, "recurrent")


def _begin(weights, vocabulary, length, embedding, width, num_classes, encoder):
    """(input, [condition input], function that adds the condition to features, vectors of the samples)."""
    weights += embedding * (vocabulary + width) + width * (num_classes or 0)
    sizes = {"vocabulary": vocabulary, "embedding": embedding, "width": width, "num_classes": num_classes}
    arguments.limit(weights, **sizes)
    conditioning.check(num_classes, encoder)
    x = keras.Input((length,), dtype="int32", name="tokens")
    if encoder is None:
        inputs, vector = conditioning.vector(width, num_classes)
    else:
        inputs = [keras.Input(encoder.input_shape[1:], dtype=encoder.inputs[0].dtype, name="condition")]
        vector = encoder(inputs[0])
    return x, inputs, _teller(vector), layers.Embedding(vocabulary + 1, embedding)(x)


def _teller(vector):
    """h -> h + a linear function of the vector of the condition, or h where there is none."""
    if vector is None:
        return lambda h: h
    vector = layers.Reshape((1, vector.shape[-1]))(vector)
    return lambda h: layers.Add()([h, layers.Dense(h.shape[-1], use_bias=False)(vector)])


def _end(x, inputs, h, hidden, vocabulary, name):
    """The network, with two layers on each sample behind its features."""
    h = layers.Dense(hidden)(layers.ReLU()(h))
    logits = layers.Dense(vocabulary, dtype="float32")(layers.ReLU()(h))
    return keras.Model([x, *inputs] if inputs else x, logits, name=name)
