"""Dense networks whose outputs are the conditional distributions of an image's components: MADE and NADE.

Germain et al. (2015), arXiv:1502.03509; Larochelle & Murray (2011), AISTATS. Outputs are float32.
"""

import itertools
import math

import keras
from keras import layers

from kerasgen.layers.autoencoding import MADE, NADE
from kerasgen.networks import arguments, raster
from kerasgen.networks.arguments import checked
from kerasgen.ops import checks

SIZES = {"image_shape": arguments.image, "outputs": arguments.units} | raster.CONDITIONS


@checked(hidden=arguments.several_units, direct=checks.flag, dropout=arguments.rate, **SIZES)
def made(
    image_shape, outputs=1, hidden=(1024, 1024), direct=True, num_classes=None, encoder=None, dropout=0.0
):
    """x (batch, h, w, c), and perhaps a condition, -> (batch, h, w, outputs), by `layers.autoencoding.MADE`.

    Args:
        image_shape: (height, width, channels).
        outputs: Numbers for each pixel, a multiple of c; output k belongs to channel k mod c.
        hidden: Units of the hidden layers, from 1 to 16 of them.
        direct: Whether there are weights from each component straight to all later ones.
        num_classes: If set, there is a second input: int32 labels (batch,) in [0, num_classes].
        encoder: If set, the second input is that of this network, which gives vectors (batch, any); a linear
            function of them is added to the first hidden layer. It excludes `num_classes`.
        dropout: Rate in [0, 1) at which hidden units are left out in training.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    last = math.prod(image_shape[:2]) * outputs
    units = (math.prod(image_shape), *hidden, last)
    weights = sum(a * b for a, b in itertools.pairwise(units)) + direct * units[0] * last
    sizes = {"outputs": outputs, "hidden": hidden, "num_classes": num_classes}
    arguments.limit(weights + hidden[0] * (num_classes or 0), image_shape=image_shape, **sizes)
    layer = MADE(outputs, hidden, direct, dropout, dtype="float32")
    return _network(layer, "made", image_shape, outputs, hidden[0], num_classes, encoder)


@checked(units=arguments.units, **SIZES)
def nade(image_shape, outputs=1, units=500, num_classes=None, encoder=None):
    """x (batch, h, w, c), and perhaps a condition, -> (batch, h, w, outputs), by `layers.autoencoding.NADE`.

    Args:
        image_shape, outputs, num_classes, encoder: As in `made`.
        units: Hidden units.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or range, or the network too large.
    """
    weights = math.prod(image_shape[:2]) * units * (image_shape[2] + outputs) + units * (num_classes or 0)
    sizes = {"outputs": outputs, "units": units, "num_classes": num_classes}
    arguments.limit(weights, image_shape=image_shape, **sizes)
    layer = NADE(outputs, units, dtype="float32")
    return _network(layer, "nade", image_shape, outputs, units, num_classes, encoder)


def _network(layer, name, image_shape, outputs, units, num_classes, encoder):
    if outputs % image_shape[2]:
        words = f"`outputs` must be a multiple of {image_shape[2]} channels."
        raise ValueError(f"{words} Received: outputs={outputs}.")
    x = keras.Input(image_shape, name="x")
    inputs, features = raster.condition_input(units, num_classes, encoder)
    if features is not None and tuple(features.shape[1:3]) != (1, 1):
        raise ValueError(f"`encoder` must give vectors (batch, any). Received: {tuple(features.shape)}.")
    given = [] if features is None else [layers.Dense(units, use_bias=False)(features)]
    return raster.model(x, inputs, layer(x, *given), name)
