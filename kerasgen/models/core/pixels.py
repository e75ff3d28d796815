"""What a network says of a pixel: the distribution of its channels, by name, and the values they take."""

import dataclasses

from keras import ops

from kerasgen import spaces
from kerasgen.distributions import logistic_mixture
from kerasgen.distributions.categorical import Categorical
from kerasgen.distributions.logistic_mixture import LogisticMixture


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
