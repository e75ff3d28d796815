"""p(x | z) = prod_i p(x_i | x_1, ..., x_i-1, z): a decoder that reads the image as it is drawn.

Gulrajani et al. (2017), PixelVAE, arXiv:1611.05013.
"""

import tensorflow as tf
from keras import ops

from kerasgen.distributions.likelihoods import LIKELIHOODS
from kerasgen.models.core.pixel_likelihoods import pixels
from kerasgen.models.core.pixelwise import Pixelwise, stages_of
from kerasgen.ops import checks


class PixelObservation:
    """What `Observation` is where bits are not independent, given z.

    Args:
        decoder: Functional model, [x, z (batch, latent_dim)] to the parameters of every block of bits, which
            must depend on earlier ones alone.
        likelihood: "bernoulli".
        condition, binarize, value_range: None, None or "dynamic", and (0, 1).
        sample_mode: What a sample is: "sample", x ~ p(x | z), or "mean", each block at the median of its
            distribution, which for single bits is the likelier value.
        block: Side of blocks of pixels, 1 to 16, that come together.

    Raises:
        TypeError, ValueError: If one of them is wrong, or they do not go together.
    """

    density = True

    def __init__(self, decoder, likelihood, value_range, condition, binarize, sample_mode, block):
        checks.network("decoder", decoder)
        checks.choice("binarize", binarize, (None, "dynamic"))
        self.sample_mode = checks.choice("sample_mode", sample_mode, ("mean", "sample"))
        block = checks.integer("block", block, 1, 16)
        if checks.choice("likelihood", likelihood, LIKELIHOODS) != "bernoulli" or condition is not None:
            raise ValueError(
                "`block` needs likelihood='bernoulli' and no condition. "
                f"Received: likelihood={likelihood!r}, condition={condition}."
            )
        if len(decoder.inputs) != 2 or len(decoder.inputs[1].shape) != 2:
            raise ValueError(
                f"`decoder` must take [x, z] if `block` is set. Received: {decoder.input_shape}."
            )
        self.likelihood = LIKELIHOODS[likelihood]
        kind = "bernoulli" if block == 1 else "bit_patterns"
        self.pixels, self.decoder = pixels(kind, decoder, 2, value_range, block, name="decoder"), decoder
        self.value_range = self.pixels.value_range
        stages_of(decoder, self.pixels)
        self.event = self.pixels.event if binarize is None else self.pixels.gray
        self.latent_dim = decoder.inputs[1].shape[-1]
        self.average = decoder

    @property
    def average(self):
        """The network that scores and draws."""
        return self.factors.average

    @average.setter
    def average(self, network):
        self.factors = Pixelwise(self.decoder, network, self.pixels)

    def log_prob(self, x, z, condition=None, training=False):
        """log p(x | z), (k, batch), of x (batch, *event.shape) and z (k, batch, latent_dim)."""
        k = z.shape[0]
        x = ops.tile(x, [k] + [1] * (len(x.shape) - 1))
        found = self.factors.log_prob(x, (ops.reshape(z, (-1, self.latent_dim)),), training)
        return ops.reshape(found, (k, -1))

    def mean(self, z, condition=None):
        """Blocks at their medians, given z and the blocks before them: (num, *event.shape)."""
        halves = tf.fill([ops.shape(z)[0], *self.pixels.uniform_shape], 0.5)
        return self.factors.drawn(halves, (z,))

    def emitted(self, z, keys, condition=None):
        """What a sample is, as `sample_mode` says; row i draws from keys[i]."""
        return self.mean(z) if self.sample_mode == "mean" else self.factors.draw(keys, (z,))
