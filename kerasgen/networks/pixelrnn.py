"""Pixel recurrent networks: the parameters of every pixel from the pixels before it, by LSTMs.

van den Oord et al. (2016), arXiv:1601.06759; their grid: Kalchbrenner et al. (2016), arXiv:1507.01526.
Outputs are float32.
"""

from keras import layers

from kerasgen.layers.causal import CoordinateBias
from kerasgen.layers.diagonal import DiagonalBiLSTM, GridLSTM
from kerasgen.layers.masked import MaskedConv2D
from kerasgen.layers.recurrent import RasterLSTM, RowLSTM
from kerasgen.networks import arguments, raster
from kerasgen.networks.arguments import checked

SIZES = raster.SIZES | raster.CONDITIONS | {"units": arguments.several_units}


@checked(**SIZES)
def row_lstm(
    image_shape,
    outputs=1,
    units=(32, 32, 32),
    width=64,
    hidden=64,
    dropout=0.0,
    joint=False,
    vocabulary=None,
    value_range=(0.0, 1.0),
    num_classes=None,
    encoder=None,
):
    """x (batch, h, w, c), and perhaps a condition, -> (batch, h, w, outputs).

    Table 1: a convolution of 7x7 with mask A, LSTMs that move down row by row (`layers.recurrent.RowLSTM`)
    with residual connections through 1x1 layers, two layers of 1x1.

    Args:
        image_shape: (height, width, channels), or (height, width) of a grid of tokens.
        outputs: Numbers for each pixel, such as c logits of bits; output k belongs to channel k mod c.
        units: Of the LSTM layers, from 1 to 16 of them.
        width: Features between the layers.
        hidden: Features of the two last layers.
        dropout: Rate in [0, 1) behind each LSTM layer.
        joint: Whether the channels of a pixel are not told apart, as a mixture of logistics wants it. Else
            green follows red, blue both, and the other sizes are multiples of c.
        vocabulary: Number of tokens, where x is a grid of them, int32.
        value_range: (low, high) of x, which is scaled to [-1, 1].
        num_classes: If set, there is a second input: int32 labels (batch,) in [0, num_classes].
        encoder: If set, the second input is that of this network, which gives vectors (batch, any) or
            features (batch, h, w, any); a linear function of them is added before every layer. It excludes
            `num_classes`.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    sizes = (image_shape, outputs, width, hidden, joint, vocabulary, value_range, num_classes, encoder)
    weights = sum(size * (12 * width + 13 * size) for size in units)
    return _stacked(RowLSTM, "row_lstm", units, dropout, weights, *sizes)


@checked(**SIZES)
def diagonal_bilstm(
    image_shape,
    outputs=1,
    units=(32,),
    width=64,
    hidden=64,
    dropout=0.0,
    joint=False,
    vocabulary=None,
    value_range=(0.0, 1.0),
    num_classes=None,
    encoder=None,
):
    """x (batch, h, w, c), and perhaps a condition, -> (batch, h, w, outputs).

    As `row_lstm`, of LSTMs along both diagonals (`layers.diagonal.DiagonalBiLSTM`): no earlier pixel is
    unseen.

    Args:
        image_shape, outputs, units, width, hidden, dropout, joint: As in `row_lstm`.
        vocabulary, value_range, num_classes, encoder: As in `row_lstm`.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    sizes = (image_shape, outputs, width, hidden, joint, vocabulary, value_range, num_classes, encoder)
    weights = sum(size * (9 * width + 16 * size) for size in units)
    return _stacked(DiagonalBiLSTM, "diagonal_bilstm", units, dropout, weights, *sizes)


def _stacked(layer, name, units, dropout, weights, image_shape, outputs, width, hidden, *options):
    """A stem, recurrent layers with residual connections, and a head."""
    sizes = (image_shape, outputs, width, hidden, *options)
    x, pixels, inputs, features, channels = _begin(units, weights, *sizes)
    h = CoordinateBias()(MaskedConv2D(width, 7, "A", channels)(pixels))
    for size in units:
        told = [pixels] if layer is DiagonalBiLSTM else []
        n = layer(size, channels)(raster.told(h, features), *told)
        n = layers.Dropout(dropout)(n) if dropout else n
        h = layers.Add()([h, raster.pointwise(width, channels)(n)])
    return raster.model(x, inputs, raster.head(h, hidden, outputs, channels), name)


def _begin(units, weights, *sizes):
    """As `raster.begin`; refuses units that the channels cannot share."""
    x, pixels, inputs, features, channels = raster.begin(weights, *sizes, units=units)
    if any(size % channels for size in units):
        raise ValueError(f"`units` must be multiples of {channels} channels. Received: units={units}.")
    return x, pixels, inputs, features, channels


@checked(**SIZES)
def grid_lstm(
    image_shape,
    outputs=1,
    units=(16, 16),
    width=64,
    hidden=64,
    dropout=0.0,
    joint=False,
    vocabulary=None,
    value_range=(0.0, 1.0),
    num_classes=None,
    encoder=None,
):
    """x (batch, h, w, c), and perhaps a condition, -> (batch, h, w, outputs).

    A convolution of 7x7 with mask A, then blocks of a three-dimensional grid of LSTMs
    (`layers.diagonal.GridLSTM`): along the rows, along the columns and in depth, from block to block.

    Args:
        image_shape, outputs, width, hidden, dropout, joint: As in `row_lstm`.
        units: Of each LSTM of the blocks, from 1 to 16 of them.
        vocabulary, value_range, num_classes, encoder: As in `row_lstm`; a condition is added before the first
            block and before the head.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    weights = units[0] * 26 * width + sum(48 * unit**2 + 52 * unit * max(units) for unit in units)
    sizes = (image_shape, outputs, width, hidden, joint, vocabulary, value_range, num_classes, encoder)
    x, pixels, inputs, features, channels = _begin(units, weights, *sizes)
    h = CoordinateBias()(MaskedConv2D(width, 7, "A", channels)(pixels))
    h = raster.told(h, features)
    for size in units:
        h = GridLSTM(size, channels)(h, pixels)
        h = layers.Dropout(dropout)(h) if dropout else h
    h = raster.told(raster.pointwise(hidden, channels)(h), features)
    h = raster.pointwise(outputs, channels, dtype="float32")(layers.ReLU()(h))
    return raster.model(x, inputs, h, "grid_lstm")


@checked(context=arguments.units, embedding=arguments.units, **SIZES | {"units": arguments.units})
def raster_lstm(
    image_shape,
    outputs=1,
    units=192,
    context=1,
    embedding=16,
    width=32,
    hidden=64,
    dropout=0.0,
    joint=False,
    vocabulary=None,
    value_range=(0.0, 1.0),
    num_classes=None,
    encoder=None,
):
    """x (batch, h, w, c), and perhaps a condition, -> (batch, h, w, outputs).

    An LSTM that reads an image like a text, every pixel a word, and says what comes next
    (`layers.recurrent.RasterLSTM`). It knows nothing of the plane but the position.

    Args:
        image_shape, outputs, hidden, joint, vocabulary, value_range: As in `row_lstm`.
        units: Of the state.
        context: Pixels that a step reads: 1, or as many as a row has.
        embedding: Numbers of the vector of a position.
        width: Numbers of the vector of a pixel.
        dropout: Rate in [0, 1) behind the LSTM.
        num_classes, encoder: As in `row_lstm`; a condition is added to what the LSTM reads and to its state.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    weights = 4 * units * (units + context * width + embedding) + units * hidden
    sizes = (image_shape, outputs, width, hidden, joint, vocabulary, value_range, num_classes, encoder)
    x, pixels, inputs, features, channels = raster.begin(weights, *sizes, units=units, context=context)
    words = raster.told(layers.Dense(width)(pixels), features)
    h = RasterLSTM(units, image_shape[2] if len(image_shape) == 3 else 1, context, embedding)(words)
    h = layers.Dropout(dropout)(h) if dropout else h
    h = raster.told(layers.Dense(hidden)(h), features)
    if channels > 1:
        h = layers.Add()([h, MaskedConv2D(hidden, 1, "A", channels)(pixels)])
    h = raster.pointwise(outputs, channels, dtype="float32")(layers.ReLU()(h))
    return raster.model(x, inputs, h, "raster_lstm")
