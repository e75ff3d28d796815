"""PixelCNN and gated PixelCNN: the parameters of every pixel from the pixels before it, by convolutions.

van den Oord et al. (2016a), arXiv:1601.06759, and (2016b), arXiv:1606.05328. Outputs are float32.
"""

from keras import layers

from kerasgen.layers.causal import CoordinateBias
from kerasgen.layers.masked import MaskedConv2D, VerticalConv2D
from kerasgen.networks import arguments, gated, raster
from kerasgen.networks.arguments import checked

SIZES = raster.SIZES | raster.CONDITIONS | {"blocks": arguments.layers}


@checked(**SIZES)
def pixelcnn(
    image_shape,
    outputs=1,
    width=16,
    blocks=15,
    hidden=32,
    dropout=0.0,
    joint=False,
    vocabulary=None,
    value_range=(0.0, 1.0),
    num_classes=None,
    encoder=None,
):
    """x (batch, h, w, c), and perhaps a condition, -> (batch, h, w, outputs).

    2016a, table 1: a convolution of 7x7 with mask A; residual blocks of ReLU and 1x1, ReLU and 3x3
    with mask B, ReLU and 1x1; two layers of 1x1. Features learn where they are from a linear function of
    row and column.

    Args:
        image_shape: (height, width, channels), or (height, width) of a grid of tokens.
        outputs: Numbers for each pixel, such as c logits of bits; output k belongs to channel k mod c.
        width: Features within a block, of which there are twice as many between blocks; h in the paper.
        blocks: Residual blocks, from 0 to 256; 15 in the paper.
        hidden: Features of the two last layers.
        dropout: Rate in [0, 1) before the last layer of a block.
        joint: Whether the channels of a pixel are not told apart, as a mixture of logistics wants it. Else
            green follows red, blue both, and `outputs`, `width` and `hidden` are multiples of c.
        vocabulary: Number of tokens, where x is a grid of them, int32.
        value_range: (low, high) of x, which is scaled to [-1, 1].
        num_classes: If set, there is a second input: int32 labels (batch,) in [0, num_classes].
        encoder: If set, the second input is that of this network, which gives vectors (batch, any) or
            features (batch, h, w, any); a linear function of them is added in every block. It excludes
            `num_classes`.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    sizes = (image_shape, outputs, width, hidden, joint, vocabulary, value_range, num_classes, encoder)
    x, pixels, inputs, features, channels = raster.begin(13 * blocks * width**2, *sizes, blocks=blocks)
    h = CoordinateBias()(MaskedConv2D(2 * width, 7, "A", channels)(pixels))
    for _ in range(blocks):
        n = raster.told(raster.pointwise(width, channels)(layers.ReLU()(h)), features)
        n = layers.ReLU()(MaskedConv2D(width, 3, "B", channels)(layers.ReLU()(n)))
        n = layers.Dropout(dropout)(n) if dropout else n
        h = layers.Add()([h, raster.pointwise(2 * width, channels)(n)])
    return raster.model(x, inputs, raster.head(h, hidden, outputs, channels), "pixelcnn")


@checked(attention=arguments.indices, **SIZES)
def gated_pixelcnn(
    image_shape,
    outputs=1,
    width=32,
    blocks=8,
    hidden=64,
    attention=(),
    dropout=0.0,
    joint=False,
    vocabulary=None,
    value_range=(0.0, 1.0),
    num_classes=None,
    encoder=None,
):
    """x (batch, h, w, c), and perhaps a condition, -> (batch, h, w, outputs).

    2016b, figure 2: a vertical stack of gated convolutions over the rows above, and a horizontal one over
    the pixels to the left which is told what the vertical one has found, so that no earlier pixel is in a
    blind spot. Kernels are 2x3 and 1x2; those next to the image 3x7 and 1x3.

    Args:
        image_shape, outputs, hidden, joint, vocabulary, value_range, num_classes, encoder: As in `pixelcnn`.
        width: Features of each stack.
        blocks: Gated blocks, from 0 to 256.
        attention: Blocks, counted from 0, that are followed by attention to all earlier pixels.
        dropout: Rate in [0, 1) behind the horizontal gate of a block.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    sizes = (image_shape, outputs, width, hidden, joint, vocabulary, value_range, num_classes, encoder)
    x, pixels, inputs, features, channels = raster.begin(21 * blocks * width**2, *sizes, blocks=blocks)
    if any(block >= blocks for block in attention):
        raise ValueError(f"`attention` must hold blocks below {blocks}. Received: attention={attention}.")
    v = CoordinateBias()(VerticalConv2D(width, 3, 7, shifted=True)(pixels))
    h = MaskedConv2D(width, (1, 7), "A", channels)(pixels)
    h = CoordinateBias()(layers.Add()([h, layers.Dense(width)(v)]))
    for block in range(blocks):
        v, h = gated.gated_block(v, h, features, channels, dropout)
        h = gated.attended(h, v, pixels, channels) if block in attention else h
    return raster.model(x, inputs, raster.head(h, hidden, outputs, channels), "gated_pixelcnn")
