"""PixelCNN and gated PixelCNN: the parameters of every pixel from the pixels before it, by convolutions.

van den Oord et al. (2016a), arXiv:1601.06759, and (2016b), arXiv:1606.05328. Outputs are float32.
"""

import keras
from keras import layers

from kerasgen.layers.causal import CoordinateBias, Gate
from kerasgen.layers.masked import MaskedConv2D, VerticalConv2D
from kerasgen.networks import arguments, raster
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
    with mask B, ReLU and 1x1; two layers of 1x1. Features learn where they are from a linear function of row and column.

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
        encoder: If set, the second input is that of this network, which gives vectors (batch, any) or features
            (batch, h, w, any); a linear function of them is added in every block. It excludes `num_classes`.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    channels = raster.check(image_shape, outputs, width, hidden, joint, vocabulary)
    sizes = {"width": width, "blocks": blocks, "hidden": hidden, "outputs": outputs}
    weights = 13 * blocks * width**2 + hidden * (2 * width + outputs)
    _limit(weights, 50 * width, image_shape, vocabulary, num_classes, **sizes)
    x, h = raster.image_input(image_shape, width, vocabulary, value_range)
    inputs, features = raster.condition_input(width, num_classes, encoder)
    h = CoordinateBias()(MaskedConv2D(2 * width, 7, "A", channels)(h))
    for _ in range(blocks):
        n = raster.told(raster.pointwise(width, channels)(layers.ReLU()(h)), features)
        n = layers.ReLU()(MaskedConv2D(width, 3, "B", channels)(layers.ReLU()(n)))
        n = layers.Dropout(dropout)(n) if dropout else n
        h = layers.Add()([h, raster.pointwise(2 * width, channels)(n)])
    h = raster.head(h, hidden, outputs, channels)
    return keras.Model([x, *inputs] if inputs else x, h, name="pixelcnn")


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
    channels = raster.check(image_shape, outputs, width, hidden, joint, vocabulary)
    sizes = {"width": width, "blocks": blocks, "hidden": hidden, "outputs": outputs}
    weights = 21 * blocks * width**2 + hidden * (width + outputs)
    _limit(weights, 24 * width, image_shape, vocabulary, num_classes, **sizes)
    x, pixels = raster.image_input(image_shape, width, vocabulary, value_range)
    inputs, features = raster.condition_input(width, num_classes, encoder)
    v = CoordinateBias()(VerticalConv2D(width, 3, 7, shifted=True)(pixels))
    h = MaskedConv2D(width, (1, 7), "A", channels)(pixels)
    h = CoordinateBias()(layers.Add()([h, layers.Dense(width)(v)]))
    for _ in range(blocks):
        v, h = gated_block(v, h, features, channels, dropout)
    h = raster.head(h, hidden, outputs, channels)
    return keras.Model([x, *inputs] if inputs else x, h, name="gated_pixelcnn")


def gated_block(v, h, features=None, channels=1, dropout=0.0):
    """(v, h) behind a gated block: 2016b, figure 2 and equation 4, the condition being a bias in both gates."""
    width = h.shape[-1]
    above = VerticalConv2D(2 * width)(v)
    left = MaskedConv2D(2 * width, (1, 3), "B", channels)(h)
    gate = Gate()(raster.told(layers.Add()([left, layers.Dense(2 * width)(above)]), features))
    gate = layers.Dropout(dropout)(gate) if dropout else gate
    h = layers.Add()([h, raster.pointwise(width, channels)(gate)])
    return Gate()(raster.told(above, features)), h


def _limit(weights, first, image_shape, vocabulary, num_classes, width, **sizes):
    """Refuses a network of too many weights, of which `first` are behind each input channel."""
    inputs = image_shape[2] if vocabulary is None else width
    weights += first * inputs + width * ((vocabulary or 0) + (num_classes or 0))
    sizes |= {"vocabulary": vocabulary, "num_classes": num_classes}
    arguments.limit(weights, image_shape=image_shape, width=width, **sizes)
