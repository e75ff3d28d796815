"""U-Nets (Ronneberger et al., 2015, arXiv:1505.04597): an image, a time and perhaps a condition -> an image.

The blocks are those of Ho et al. (2020), arXiv:2006.11239, appendix B: two convolutions with group
normalization and SiLU before each, the embedding of the time added between them, a skip connection
from every block of the downward path to one of the upward path.
"""

import keras
from keras import layers, ops

from kerasgen.layers.attention import SelfAttention
from kerasgen.layers.normalization import GroupNormSiLU
from kerasgen.layers.upsampling import UpsampledConv2D
from kerasgen.networks import arguments, conditioning
from kerasgen.networks.arguments import checked
from kerasgen.ops import checks


@checked(
    image_shape=arguments.image,
    widths=arguments.several_units,
    blocks=arguments.layers,
    patch=arguments.units,
    attention=arguments.indices,
    groups=arguments.units,
    dropout=arguments.rate,
    num_classes=arguments.optional(arguments.classes),
    encoder=arguments.optional(checks.network),
)
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
        widths: Channels of each level, at least 4 of the first; the sides are halved between levels.
        blocks: Residual blocks of a level on the downward path, from 0 to 256; one more on the upward path.
        patch: Side of the squares of pixels that become the channels of one position before the first level
            and pixels again after the last (arXiv:1609.05158): with 2, a quarter of the positions.
        attention: Levels, counted from 0, whose blocks are followed by self-attention; so is the middle
            if there is any.
        groups: Groups of the normalization; divides every width.
        dropout: Rate in [0, 1) before the second convolution of a block.
        num_classes: If set, there is a third input: int32 labels (batch,) in [0, num_classes], the last of
            which stands for no label.
        encoder: If set, the third input is that of this network, a built Functional model from a condition
            such as word indices to vectors (batch, any); see `networks.text`. It excludes `num_classes`.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.

    `time` is embedded by sinusoids whose periods go from 2 pi / 1000 to 2 pi, suited to times in [0, 1].
    """
    _check(image_shape, widths, blocks, patch, attention, groups)
    conditioning.check(num_classes, encoder)
    arguments.limit(4 * widths[0] * (num_classes or 0), num_classes=num_classes, widths=widths[0])
    x = keras.Input(image_shape, name="x")
    time = keras.Input((), name="time")
    inputs, embedding = conditioning.embed(time, 4 * widths[0], widths[0], num_classes, encoder)
    block = lambda h, width: _block(h, embedding, width, groups, dropout)
    attend = lambda h, wanted=True: SelfAttention(groups=groups)(h) if wanted else h
    h = layers.Conv2D(widths[0], 3, padding="same")(_patchify(x, patch))
    skips = [h]
    for level, width in enumerate(widths):
        for _ in range(blocks):
            h = attend(block(h, width), level in attention)
            skips.append(h)
        if level < len(widths) - 1:
            h = layers.Conv2D(width, 3, 2, padding="same")(h)
            skips.append(h)
    h = block(attend(block(h, widths[-1]), bool(attention)), widths[-1])
    for level, width in reversed(list(enumerate(widths))):
        for _ in range(blocks + 1):
            h = attend(block(layers.Concatenate()([h, skips.pop()]), width), level in attention)
        if level:
            h = UpsampledConv2D(width)(h)
    h = _last(GroupNormSiLU(groups)(h), image_shape[-1] * patch**2)
    return keras.Model([x, time, *inputs], _unpatchify(h, patch), name="denoiser")


def _check(image_shape, widths, blocks, patch, attention, groups):
    """Refuses sizes that do not go together."""
    levels = len(widths)
    sides = patch * 2 ** (levels - 1)
    if any(side % sides for side in image_shape[:2]):
        raise ValueError(
            f"`image_shape` must have sides divisible by {sides}, for patch={patch} and {levels} "
            f"levels. Received: {image_shape}."
        )
    if widths[0] < 4:
        raise ValueError(f"`widths` must begin with at least 4 channels. Received: widths={widths}.")
    if any(width % groups for width in widths):
        raise ValueError(f"`groups` must divide every width of {widths}. Received: groups={groups}.")
    if any(level >= levels for level in attention):
        raise ValueError(f"`attention` must hold levels below {levels}. Received: attention={attention}.")
    of_block = sum(30 * width**2 for width in widths)
    weights = (2 * blocks + 3) * of_block + 18 * image_shape[-1] * patch**2 * widths[0]
    arguments.limit(weights, image_shape=image_shape, widths=widths, blocks=blocks, patch=patch)


def _patchify(x, patch):
    """(batch, h, w, c) -> (batch, h / patch, w / patch, patch^2 c)."""
    if patch == 1:
        return x
    height, width, channels = x.shape[1] // patch, x.shape[2] // patch, x.shape[3]
    x = ops.reshape(x, (-1, height, patch, width, patch, channels))
    return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, height, width, patch**2 * channels))


def _unpatchify(x, patch):
    """The inverse of `_patchify`."""
    if patch == 1:
        return x
    height, width, channels = x.shape[1], x.shape[2], x.shape[3] // patch**2
    x = ops.reshape(x, (-1, height, width, patch, patch, channels))
    return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, height * patch, width * patch, channels))


def _block(h, embedding, width, groups, dropout):
    """h + f(h), f: normalization, convolution, normalization with the embedding, convolution."""
    h, skip = GroupNormSiLU(groups, carry=True)(h)
    skip = skip if skip.shape[-1] == width else layers.Conv2D(width, 1)(skip)
    h = layers.Conv2D(width, 3, padding="same", use_bias=False)(h)
    # The embedding's bias is the convolution's: both are added to every position.
    h = GroupNormSiLU(groups)(h, layers.Dense(width)(embedding))
    h = layers.Dropout(dropout)(h) if dropout else h
    h = layers.Conv2D(width, 3, padding="same", kernel_initializer="zeros")(h)
    return skip + h


def _last(h, channels):
    """A convolution that gives 0 at first, in float32."""
    return layers.Conv2D(channels, 3, padding="same", kernel_initializer="zeros", dtype="float32")(h)
