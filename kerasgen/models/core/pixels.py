"""What a network says of a pixel: the distribution of its channels, by name, and the values they take."""

import dataclasses

import tensorflow as tf
from keras import ops

from kerasgen import spaces
from kerasgen.distributions import logistic_mixture
from kerasgen.distributions.bernoulli import Bernoulli
from kerasgen.distributions.categorical import Categorical
from kerasgen.distributions.logistic_mixture import LogisticMixture
from kerasgen.distributions.patterns import Patterns
from kerasgen.ops import checks


@dataclasses.dataclass(frozen=True)
class Pixels:
    """p(pixel | the pixels before it) of images (h, w, c), made of a network's output (batch, h, w, any).

    Calling it with an output and uniform numbers draws pixels. Output k belongs to channel k mod c.

    Args:
        shape: What the network reads: (h, w, c), or (h, w) for a grid of tokens.
        levels: K, how many values a channel takes.
        value_range: (low, high) of the levels, evenly spaced; None for tokens, ints in [0, K).
        block: Side of the blocks of an example whose pixels are the channels that the network reads.

    Attributes:
        joint: Whether the network says at once what all channels of a pixel are.
        dtype: Of the numbers that the network reads.
        support: See `models.core.generative`.
    """

    shape: tuple
    levels: int
    value_range: tuple | None
    block: int = 1

    joint = False
    dtype = "float32"
    support = "levels"

    @property
    def channels(self):
        return self.shape[2] if len(self.shape) == 3 else 1

    @property
    def sides(self):
        """(h, w, c) of what is drawn in turn."""
        return (*self.shape[:2], self.channels)

    @property
    def uniforms(self):
        """Uniform numbers that a pixel is drawn with."""
        return self.channels

    @property
    def uniform_shape(self):
        """Of all uniform numbers that an example is drawn with."""
        return (*self.shape[:2], self.uniforms)

    @property
    def event(self):
        """Space of one example."""
        if self.value_range is None:
            return spaces.Tokens(self.shape, self.levels)
        return spaces.Box(self.shape, *self.value_range)

    def outputs(self, given):
        """How many numbers a network must give for each pixel, one that gives `given`."""
        raise NotImplementedError

    def distribution(self, output, event_rank=1):
        """p(pixels) of an output (..., any), `event_rank` axes of which are those of one event."""
        raise NotImplementedError

    def log_prob(self, x, output):
        """log p(x) in nats, (batch,), of x (batch, h, w, c) as `rows` gives it."""
        return self.distribution(output, 3).log_prob(x)

    def __call__(self, output, u):
        """Pixels (..., c) of uniform numbers (..., uniforms)."""
        return self.distribution(output).from_uniform(u)

    def rows(self, x):
        """Examples as (batch, h, w, c), each number at the nearest level."""
        if self.value_range is None:
            return ops.cast(self.grid(x), "int32")
        low, high = self.value_range
        width = (high - low) / (self.levels - 1)
        return low + width * ops.clip(ops.round((x - low) / width), 0, self.levels - 1)

    def grid(self, x):
        """Numbers of the shape of examples, (batch, *event.shape), as (batch, h, w, c)."""
        return x if len(self.shape) == 3 else x[..., None]

    def examples(self, x):
        """The inverse of `grid`, and of `rows`."""
        return x if len(self.shape) == 3 else x[..., 0]


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


class Levels(Pixels):
    """Any of K levels or tokens, with K logits each: those of level k are the outputs from k c on."""

    @property
    def dtype(self):
        return "int32" if self.value_range is None else "float32"

    def outputs(self, given):
        return self.channels * self.levels

    def distribution(self, output, event_rank=1):
        shape = (*ops.shape(output)[:-1], self.levels, self.channels)
        return Categorical(ops.swapaxes(ops.reshape(output, shape), -1, -2), event_rank)

    def log_prob(self, x, output):
        return super().log_prob(self.numbers(x), output)

    def numbers(self, x):
        """The number of each level, int32."""
        if self.value_range is None:
            return x
        low, high = self.value_range
        return ops.cast(ops.round((x - low) * ((self.levels - 1) / (high - low))), "int32")

    def __call__(self, output, u):
        x = super().__call__(output, u)
        if self.value_range is None:
            return x
        low, high = self.value_range
        return low + ((high - low) / (self.levels - 1)) * ops.cast(x, "float32")


class Mixture(Pixels):
    """A mixture of discretized logistic distributions, whose channels follow one another in order."""

    joint = True

    @property
    def uniforms(self):
        return self.channels + 1

    def outputs(self, given):
        each = logistic_mixture.parameters(self.channels)
        return each * max(given // each, 1)

    def distribution(self, output, event_rank=1):
        return LogisticMixture(output, self.channels, self.value_range, self.levels, event_rank)


LIKELIHOODS = {
    "bernoulli": Bits,
    "bit_patterns": BitPatterns,
    "categorical": Levels,
    "logistic_mixture": Mixture,
}
MOST_BITS = 12  # of a pattern: 4,096 logits


def pixels(likelihood, network, levels, value_range, block=1, name="network"):
    """The `Pixels` of a network, the argument of this name.

    Raises:
        TypeError, ValueError: If an argument is none of these, or they do not go together.
    """
    kind = LIKELIHOODS[checks.choice("likelihood", likelihood, LIKELIHOODS)]
    levels, block = checks.integer("levels", levels, 2, 2**16), checks.integer("block", block, 1, 16)
    value_range = checks.value_range("value_range", value_range)
    inputs = checks.network(name, network).inputs[0]
    shape, output = tuple(inputs.shape[1:]), tuple(network.outputs[0].shape[1:])
    tokens = likelihood == "categorical" and value_range is None
    if len(shape) not in ((2, 3) if tokens else (3,)) or None in shape:
        raise ValueError(f"`{name}` must take images (height, width, channels). Received: {shape}.")
    if issubclass(kind, Bits) and value_range != (0, 1):
        raise ValueError(f"`value_range` must be (0, 1) for bits. Received: value_range={value_range}.")
    if value_range is None and not tokens:
        raise ValueError("`value_range` must be given for the levels of a pixel. Received: None.")
    check_block(block, likelihood, shape)
    found = kind(shape, levels, value_range, block)
    expected = (*shape[:2], found.outputs(output[-1] if output else 0))
    if len(network.outputs) != 1 or output != expected:
        raise ValueError(f"`{name}` must give one output of shape {expected}. Received: {output}.")
    return found


def check_block(block, likelihood, shape):
    """Refuses blocks of pixels that the network does not read as channels."""
    if likelihood != "bit_patterns" and block != 1:
        raise ValueError(f"`block` must be 1 for likelihood={likelihood!r}. Received: block={block}.")
    if likelihood == "bit_patterns" and (shape[2] % block**2 or shape[2] > MOST_BITS):
        raise ValueError(
            f"`block` must be the side of blocks of at most {MOST_BITS} bits, the channels that `network` "
            f"reads. Received: block={block}, a network of {shape[2]} channels."
        )
