"""The tokens that a sequence model reads and predicts, and what they are of: tokens, texts, waveforms."""

import dataclasses
import functools

import numpy as np
import tensorflow as tf

from kerasgen import spaces
from kerasgen.ops import checks, companding

FORBIDDEN = -1e9  # added to a logit


class Symbols:
    """Sequences of a space as int32 tokens (batch, length), and back.

    Args:
        event: Space of one sequence.
        size: V, the tokens that the network tells apart; the number V itself is what stands before the first.
    """

    ends = None  # of a text: (length,) whether it may end before a position, with a token 0

    def __init__(self, event, size):
        self.event, self.size, self.length = event, size, event.shape[0]

    def tokens(self, x):
        """int32 tokens of sequences as `event` has them."""
        return tf.cast(x, "int32")

    def known(self, prompt):
        """int32 tokens of the beginning of a sequence."""
        return self.tokens(prompt)

    def values(self, tokens):
        """The inverse of `tokens`."""
        return tokens

    def permitted(self, logits, at=None):
        """Logits (batch, length, V), or (batch, V) of a step, of the tokens that may stand there."""
        return logits

    def following(self, tokens, previous):
        """Tokens that have been drawn, (batch,), but for what the token before leaves no choice of."""
        return tokens

    def alive(self, tokens):
        """1.0 for every token that is not decided by those before it, (batch, length); None if all count."""
        return None

    def prefixes(self, length):
        """The space of the first `length` elements of a sequence."""
        return dataclasses.replace(self.event, shape=(length,))

    def begun(self, prompt, num, name="prompt"):
        """(tokens, mask), both (num, length), of one prompt for all rows or one a row.

        Raises:
            InvalidDataError, ValueError: If it is none, empty, or leaves nothing to draw.
        """
        found = self._rows(checks.members(name, prompt, "a sequence"), num, name)
        known = np.arange(self.length) < found.shape[1]
        tokens = np.pad(self.known(found), [(0, 0), (0, self.length - found.shape[1])])
        return tokens, np.broadcast_to(known, tokens.shape)

    def _rows(self, prompt, num, name):
        prompt = self.prefixes(1).convert(prompt, name)
        if prompt.ndim not in (1, 2) or not 1 <= prompt.shape[-1] < self.length:
            words = f"`{name}` must have from 1 to {self.length - 1} elements"
            raise ValueError(f"{words}. Received: shape {prompt.shape}.")
        return self.prefixes(prompt.shape[-1]).rows(prompt, num, name)


class Grid(Symbols):
    """Tokens as they are."""

    def prefixes(self, length):
        return spaces.Tokens(length, self.event.vocabulary)


class Ending(Symbols):
    """Sequences of which the first token 0 is the end and all behind it are 0, too."""

    def following(self, tokens, previous):
        return tf.where(previous == 0, 0, tokens)

    def alive(self, tokens):
        return tf.math.cumprod(tf.cast(tokens > 0, "float32"), axis=1, exclusive=True)


class Levels(Ending):
    """Waveforms of one channel in V - 1 levels by the mu-law, token k + 1 being level k.

    A waveform ends where only zeros follow. No level is 0, since there is an even number of them.
    """

    def tokens(self, x):
        sounds = tf.cumsum(tf.cast(tf.not_equal(x, 0), "int32"), axis=1, reverse=True) > 0
        return tf.where(sounds, self.known(x), 0)

    def known(self, prompt):
        return 1 + companding.encode(prompt, self.size - 1)

    def values(self, tokens):
        return tf.where(tokens > 0, companding.decode(tokens - 1, self.size - 1), 0.0)


class Texts(Ending):
    """Texts, strings or numbers, which may end behind some numbers of symbols alone."""

    def __init__(self, event, size):
        super().__init__(event, size)
        self.ends = np.isin(np.arange(self.length), event.counts)

    def tokens(self, x):
        return self.event.numbers(x)

    def permitted(self, logits, at=None):
        barred = FORBIDDEN * (1 - tf.cast(self.ends, "float32"))
        barred = barred[:, None] if at is None else barred[at]
        return logits + barred * tf.one_hot(0, self.size)

    def begun(self, prompt, num, name="prompt"):
        prefixes = self.event.prefixes()
        if prefixes is None:
            raise ValueError(f"`{name}` must be None for texts of one symbol. Received: a prompt.")
        tokens = np.pad(prefixes.rows(prompt, num, name), [(0, 0), (0, 1)])
        return tokens, tokens > 0


@functools.singledispatch
def symbols(event, size):
    """The `Symbols` of a space and of a network with `size` outputs for each token.

    Raises:
        TypeError: If the space is of no sequences.
        ValueError: If the network tells another number of tokens apart.
    """
    raise TypeError(
        "`event` must be a space of tokens, texts or waveforms with one axis. "
        f"Received: event={checks.received(event)}."
    )


@symbols.register
def _(event: spaces.Tokens, size):
    return Grid(_of_one_axis(event), _sized(event, size))


@symbols.register
def _(event: spaces.Characters, size):
    return Texts(event, _sized(event, size))


@symbols.register
def _(event: spaces.Waveform, size):
    if event.range != (-1, 1):
        raise ValueError(f"`event` must be of waveforms from -1 to 1. Received: {event}.")
    if size < 3 or size % 2 == 0:
        words = "`network` must give an odd number of logits from 3: an even number of levels, and the end"
        raise ValueError(f"{words}. Received: {size}.")
    return Levels(_of_one_axis(event), size)


def _of_one_axis(event):
    if len(event.shape) != 1:
        raise ValueError(f"`event` must have one axis, that of time. Received: shape {event.shape}.")
    return event


def _sized(event, size):
    if size != event.vocabulary:
        words = f"`network` must give {event.vocabulary} logits for each token of `event`"
        raise ValueError(f"{words}. Received: {size}.")
    return size
