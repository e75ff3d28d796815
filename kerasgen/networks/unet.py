"""U-Nets: an image, a time and perhaps a condition to an image of the same size (arXiv:1505.04597).

The blocks are those of Ho et al. (2020), arXiv:2006.11239, appendix B: two convolutions with group
normalisation and SiLU before each, the embedding of the time added between them, a skip connection
from every block on the way down to one on the way up.
"""

import math

import keras
from keras import layers, ops

from kerasgen.layers.attention import SelfAttention
from kerasgen.layers.normalization import GroupNormSiLU
from kerasgen.layers.transposed import UpsampledConv2D


def unet(
    image_shape,
    widths=(32, 64, 64),
    blocks=2,
    patch=1,
    attention=(),
    groups=8,
    dropout=0.0,
    num_classes=None,
    encoder=None,
):
    """[image (batch, h, w, c), time (batch,)] and perhaps a condition -> (batch, h, w, c), float32.

    Args:
        image_shape: (height, width, channels); sides divisible by `patch`, and then by 2 at each level
            but the last.
        widths: Channels of each level; the sides are halved between two of them.
        blocks: Residual blocks of a level on the way down; one more on the way up.
        patch: Pixels of a side that become channels before the first level and pixels again after the
            last (arXiv:1609.05158): with 2, a quarter of the positions.
        attention: Levels, counted from 0, whose blocks are followed by self-attention; so is the middle
            if there is any.
        groups: Of the normalisation; divides every width.
        dropout: Rate in [0, 1) before a block's second convolution.
        num_classes: If set, a third input: int32 labels (batch,) in [0, num_classes], the last for none.
        encoder: If set, the third input is its own: Functional model, a condition such as word numbers
            to vectors (batch, any); see `networks.text`.

    `time` is embedded by sinusoids whose periods go from 2 pi / 1000 to 2 pi, fit for times in [0, 1].
    """
    _check(image_shape, widths, patch, groups)
    x = keras.Input(image_shape, name="x")
    time = keras.Input((), name="time")
    inputs, embedding = embedded(time, 4 * widths[0], widths[0], num_classes, encoder)
    block = lambda h, width: _block(h, embedding, width, groups, dropout)
    attend = lambda h: SelfAttention(groups=groups)(h)
    h = layers.Conv2D(widths[0], 3, padding="same")(_folded(x, patch))
    skips = [h]
    for level, width in enumerate(widths):
        for _ in range(blocks):
            h = block(h, width)
            h = attend(h) if level in attention else h
            skips.append(h)
        if level < len(widths) - 1:
            h = layers.Conv2D(width, 3, 2, padding="same")(h)
            skips.append(h)
    h = block(h, widths[-1])
    h = block(attend(h) if attention else h, widths[-1])
    for level, width in reversed(list(enumerate(widths))):
        for _ in range(blocks + 1):
            h = block(layers.Concatenate()([h, skips.pop()]), width)
            h = attend(h) if level in attention else h
        if level:
            h = UpsampledConv2D(width)(h)
    h = GroupNormSiLU(groups)(h)
    last = layers.Conv2D(
        image_shape[-1] * patch**2, 3, padding="same", kernel_initializer="zeros", dtype="float32"
    )
    return keras.Model([x, time, *inputs], _unfolded(last(h), patch), name="denoiser")


def _check(image_shape, widths, patch, groups):
    sides = patch * 2 ** (len(widths) - 1)
    if any(side % sides for side in image_shape[:2]):
        raise ValueError(
            f"`image_shape` must have sides divisible by {sides}, for patch={patch} and {len(widths)} "
            f"levels. Received: {tuple(image_shape)}."
        )
    if any(width % groups for width in widths):
        raise ValueError(f"`groups` must divide every width of {tuple(widths)}. Received: groups={groups}.")


def _folded(x, patch):
    """(batch, h, w, c) -> (batch, h / patch, w / patch, patch^2 c)."""
    if patch == 1:
        return x
    height, width, channels = x.shape[1] // patch, x.shape[2] // patch, x.shape[3]
    x = ops.reshape(x, (-1, height, patch, width, patch, channels))
    return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, height, width, patch**2 * channels))


def _unfolded(x, patch):
    """The way back."""
    if patch == 1:
        return x
    height, width, channels = x.shape[1], x.shape[2], x.shape[3] // patch**2
    x = ops.reshape(x, (-1, height, width, patch, patch, channels))
    return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, height * patch, width * patch, channels))


def embedded(time, width, periods, num_classes, encoder):
    """([condition input], SiLU of the embedding of the time and condition (batch, width))."""
    rates = ops.exp(-math.log(1000) * ops.arange(periods // 2, dtype="float32") / (periods // 2 - 1))
    angles = 1000 * time[:, None] * rates[None]
    h = layers.Dense(width, "silu")(ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1))
    h = layers.Dense(width)(h)
    if num_classes is not None:
        label = keras.Input((), name="label", dtype="int32")
        h, inputs = h + layers.Embedding(num_classes + 1, width)(label), [label]
    elif encoder is not None:
        condition = keras.Input(encoder.input_shape[1:], dtype=encoder.inputs[0].dtype, name="condition")
        h, inputs = h + layers.Dense(width)(encoder(condition)), [condition]
    else:
        inputs = []
    return inputs, layers.Activation("silu")(h)


def _block(h, embedding, width, groups, dropout):
    """h + f(h): normalise, convolve, normalise with the embedding, convolve."""
    h, skip = GroupNormSiLU(groups, carry=True)(h)
    skip = skip if skip.shape[-1] == width else layers.Conv2D(width, 1)(skip)
    h = layers.Conv2D(width, 3, padding="same", use_bias=False)(h)
    # The embedding's bias is the convolution's: both are added to every position.
    h = GroupNormSiLU(groups)(h, layers.Dense(width)(embedding))
    h = layers.Dropout(dropout)(h) if dropout else h
    h = layers.Conv2D(width, 3, padding="same", kernel_initializer="zeros")(h)
    return skip + h
