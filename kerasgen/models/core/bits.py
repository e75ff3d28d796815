"""What a network says of bits: one by one, or of blocks of them."""

import tensorflow as tf

from kerasgen import spaces
from kerasgen.distributions.bernoulli import Bernoulli
from kerasgen.distributions.patterns import Patterns
from kerasgen.models.core.pixels import Pixels


class Bits(Pixels):
    """Bits with one logit each."""

    support = "bits"

    @property
    def example_shape(self):
        """Shape of one example."""
        return self.shape

    @property
    def event(self):
        return spaces.Bits(self.example_shape)

    @property
    def gray(self):
        """Space of the probabilities of bits."""
        return spaces.Box(self.example_shape, 0.0, 1.0)

    def outputs(self, given):
        return self.channels

    def distribution(self, output, event_rank=1):
        return Bernoulli(output, event_rank)

    def rows(self, x):
        return x


class BitPatterns(Bits):
    """Blocks of bits, whose bits come together: one logit for each of their 2^c patterns."""

    joint = True
    uniforms = 1

    @property
    def example_shape(self):
        height, width, channels = self.shape
        return height * self.block, width * self.block, channels // self.block**2

    def outputs(self, given):
        return 2**self.channels

    def distribution(self, output, event_rank=1):
        return Patterns(output, self.channels, event_rank)

    def rows(self, x):
        return self.grid(x)

    def grid(self, x):
        return x if self.block == 1 else tf.nn.space_to_depth(x, self.block)

    def examples(self, x):
        return x if self.block == 1 else tf.nn.depth_to_space(x, self.block)
