"""Gated convolutions in two stacks (van den Oord et al., 2016, arXiv:1606.05328), and attention."""

from keras import layers

from kerasgen.layers.causal import CoordinateBias, Gate
from kerasgen.layers.causal_attention import CausalAttention
from kerasgen.layers.masked import MaskedConv2D, VerticalConv2D
from kerasgen.networks import raster


def gated_block(v, h, features=None, channels=1, dropout=0.0):
    """(v, h) behind a gated block: figure 2 and equation 4, the condition being a bias in both gates."""
    width = h.shape[-1]
    above = VerticalConv2D(2 * width)(v)
    left = MaskedConv2D(2 * width, (1, 3), "B", channels)(h)
    gate = Gate()(raster.told(layers.Add()([left, layers.Dense(2 * width)(above)]), features))
    gate = layers.Dropout(dropout)(gate) if dropout else gate
    h = layers.Add()([h, raster.pointwise(width, channels)(gate)])
    return Gate()(raster.told(above, features)), h


def attended(h, v, pixels, channels=1, heads=1):
    """h plus what attention finds in the features and the numbers of all earlier pixels.

    The question is one of the features, or where these know some channels of the pixel, of the vertical
    stack.
    """
    memory = CoordinateBias()(layers.Concatenate()([h, pixels]))
    found = CausalAttention(heads=heads)(memory, CoordinateBias()(h if channels == 1 else v))
    return layers.Add()([h, layers.Dense(h.shape[-1])(found)])
