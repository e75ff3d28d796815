"""PixelSNAIL: causal convolutions for what is near, attention for what is far.

Chen et al. (2018), arXiv:1712.09763. Outputs are float32.
"""

from keras import layers

from kerasgen.layers.causal import CoordinateBias, Gate
from kerasgen.layers.masked import MaskedConv2D
from kerasgen.networks import arguments, gated, raster
from kerasgen.networks.arguments import checked


@checked(heads=arguments.units, convolutions=arguments.layers, blocks=arguments.layers)
@checked(**raster.SIZES, **raster.CONDITIONS)
def pixelsnail(
    image_shape,
    outputs=1,
    width=64,
    blocks=4,
    convolutions=2,
    heads=4,
    hidden=128,
    dropout=0.0,
    vocabulary=None,
    value_range=(0.0, 1.0),
    num_classes=None,
    encoder=None,
):
    """x (batch, h, w, c), and perhaps a condition, -> (batch, h, w, outputs).

    Figure 3: a block is some gated residual convolutions and one attention to all earlier positions, whose
    memory is the features and the image. What 3x3 kernels with mask B leave in their blind spot attention
    reaches. The channels of a pixel are not told apart: they come together.

    Args:
        image_shape, outputs, hidden, vocabulary, value_range, num_classes, encoder: As in
            `pixelcnn.pixelcnn`.
        width: Features.
        blocks: From 0 to 256.
        convolutions: In a block, from 0 to 256.
        heads: Of an attention, with keys of 16 and values of 32 numbers each.
        dropout: Rate in [0, 1) behind every gate, and before the last layer.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    sizes = (image_shape, outputs, width, hidden, True, vocabulary, value_range, num_classes, encoder)
    weights = blocks * (11 * convolutions * width**2 + 96 * heads * width)
    more = {"blocks": blocks, "convolutions": convolutions, "heads": heads}
    x, pixels, inputs, features, _ = raster.begin(weights, *sizes, **more)
    h = CoordinateBias()(MaskedConv2D(width, 5, "A")(pixels))
    for _ in range(blocks):
        for _ in range(convolutions):
            h = _residual(h, features, dropout)
        h = gated.attended(h, None, pixels, heads=heads)
    h = layers.Dropout(dropout)(h) if dropout else h
    return raster.model(x, inputs, raster.head(h, hidden, outputs), "pixelsnail")


def _residual(h, features, dropout):
    """h plus a gated convolution of it."""
    width = h.shape[-1]
    n = raster.told(MaskedConv2D(2 * width, 3, "B")(layers.LayerNormalization(epsilon=1e-5)(h)), features)
    n = layers.Dropout(dropout)(Gate()(n)) if dropout else Gate()(n)
    return layers.Add()([h, layers.Dense(width)(n)])
