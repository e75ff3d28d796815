"""p(x | given) of images component by component, whichever family a network of them belongs to."""

import numpy as np
import tensorflow as tf
from keras import ops

from kerasgen.ops import rng
from kerasgen.samplers import raster
from kerasgen.samplers.stages import Stages

SLACK = 1e-4  # of the largest output: what rounding may change


class Pixelwise:
    """p(x | given) = prod_i p(x_i | x_1, ..., x_i-1, given), by a network that is causal in raster order.

    Args:
        network: x, and perhaps what is given, to the parameters of every component; it is trained.
        average: The same network, or an average of it, which scores and draws.
        pixels: `models.core.pixels.Pixels` of the network.

    Attributes:
        stages: `samplers.stages.Stages` of the average, or None if it draws by whole passes.

    Raises:
        ValueError: If a component of the network's output is seen to depend on itself or on later ones.
    """

    def __init__(self, network, average, pixels):
        self.network, self.average, self.pixels = network, average, pixels
        self.stages = stages_of(average, pixels)

    def output(self, rows, given=(), training=False):
        """The network's output, (batch, h, w, any), of x as `pixels.rows` gives it."""
        network = self.network if training else self.average
        return network(raster.inputs(network, rows, given), training=training)

    def log_prob(self, x, given=(), training=False):
        """log p(x | given) in nats, (batch,), of x (batch, *event.shape)."""
        rows = self.pixels.rows(x)
        return self.pixels.log_prob(rows, ops.cast(self.output(rows, given, training), "float32"))

    def draw(self, keys, given=(), known=None):
        """Examples component by component; row i from keys[i]. What is known, (x, mask), is kept."""
        return self.drawn(rng.by_row(self.uniform, keys), given, known)

    def drawn(self, uniform, given=(), known=None):
        """Examples of uniform numbers (batch, h, w, any)."""
        options = {"conditions": given, "known": known, "joint": self.pixels.joint}
        if self.stages is None:
            x = raster.naive(self.average, self.pixels, uniform, **options)
        else:
            x = raster.cached(self.stages, self.pixels, uniform, **options)
        return self.pixels.examples(x)

    def uniform(self, key):
        """All numbers that an image is drawn with, (h, w, any)."""
        return rng.uniform(rng.stream(key, "pixels"), self.pixels.uniform_shape)


def stages_of(network, pixels):
    """`Stages` of a network, or None if it must be evaluated as a whole for each component.

    Raises:
        ValueError: If the network depends on what it is to predict.
    """
    try:
        stages = Stages(network)
    except NotImplementedError:
        stages = None
    if stages is None or pixels.channels > 1:
        check_order(network, pixels)
    return stages


def check_order(network, pixels):
    """Changes the later components of an example: ValueError if outputs of earlier ones change with them."""
    random = np.random.default_rng(0)
    height, width = network.inputs[0].shape[1:3]
    shape, size = (height, width, pixels.channels), height * width * pixels.channels
    starts = np.unique(np.linspace(0, size - 1, 5).astype(int))
    if pixels.joint:
        starts -= starts % pixels.channels
    examples = tf.constant(pixels.event.examples(2, random))
    first, other = pixels.rows(examples).numpy().reshape(2, size)
    changed = np.where(np.arange(size) < starts[:, None], first, other)
    x = np.concatenate([first[None], changed]).reshape(-1, *shape)
    given = [np.zeros((len(x), *one.shape[1:]), one.dtype) for one in network.inputs[1:]]
    output = np.asarray(network(raster.inputs(network, x, given)), "float32")
    told_apart = 1 if pixels.joint else pixels.channels
    output = output.reshape(len(x), height * width, -1, told_apart)
    output = output.transpose(0, 1, 3, 2).reshape(len(x), height * width * told_apart, -1)
    for start, one in zip(starts * told_apart // pixels.channels, output[1:], strict=True):
        if np.abs(one - output[0])[: start + 1].max() > SLACK * max(np.abs(output).max(), 1e-6):
            raise ValueError(
                "`network` must predict a component from those before it. "
                f"Received: {network.name}, whose output at {start} or before changes with what is there."
            )
