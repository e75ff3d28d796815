"""Texts as sequences of characters or of words: spaces that are tokenizers."""

import dataclasses
import functools

import numpy as np
import tensorflow as tf

from kerasgen.errors import InvalidDataError
from kerasgen.ops import checks, rng
from kerasgen.spaces.base import Space
from kerasgen.spaces.strings import Written, encodes

HASHES = 2**62  # among which a symbol has its own


@dataclasses.dataclass(frozen=True)
class Characters(Written, Space):
    """Texts of known characters; networks take each as a row of their numbers, 0 behind the last one.

    The first 0 is the end of a text. A text is given and served as a string.

    Args:
        symbols: The known characters, a string of different ones; that at i has the number i + 1.
        length: Most characters of a text.
        lengths: Numbers of characters that a text may have, `length` among them; None for any from 1 on.

    Attributes:
        vocabulary: Numbers that a network is given lie in [0, vocabulary).
        shape: Of the numbers of one text, (length,).

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    symbols: tuple
    length: int
    lengths: tuple | None = None

    argument, kind, joint = "text", "characters", ""  # the last stands between symbols

    def __post_init__(self):
        symbols = tuple(self.symbols) if isinstance(self.symbols, str) else self.symbols
        symbols = checks.texts("symbols", symbols)
        object.__setattr__(self, "symbols", symbols)
        object.__setattr__(self, "length", checks.integer("length", self.length, 1, 2**20))
        if not all(map(encodes, symbols)) or [[one] for one in symbols] != self.split(symbols):
            raise ValueError(f"`symbols` must be single {self.kind}. Received: {checks.received(symbols)}.")
        if self.lengths is not None:
            found = checks.members("lengths", self.lengths, "ints")
            found = {checks.integer("lengths", one, 1, self.length) for one in found}
            if self.length not in found:
                words = f"`lengths` must hold `length`, {self.length}"
                raise ValueError(f"{words}. Received: {checks.received(self.lengths)}.")
            object.__setattr__(self, "lengths", tuple(sorted(found)))

    @property
    def vocabulary(self):
        return len(self.symbols) + 1

    @property
    def counts(self):
        """Numbers of symbols that a text may have, rising."""
        return self.lengths or tuple(range(1, self.length + 1))

    @property
    def rule(self):
        counts = f"1 to {self.length}" if self.lengths is None else " or ".join(map(str, self.lengths))
        few = f" {self.joint.join(self.symbols)!r}" if len(self.symbols) <= 10 else ""
        return f"{counts} of {len(self.symbols):,} known {self.kind}{few}"

    def prefixes(self):
        """The space of beginnings that leave a symbol open or more; None where texts have one symbol."""
        return None if self.length == 1 else dataclasses.replace(self, length=self.length - 1, lengths=None)

    # The tokenizer: of strings (num,) in graphs and in Python.

    def pieces(self, texts):
        """The symbols of strings, ragged (num, any)."""
        return tf.strings.unicode_split(texts, "UTF-8", errors="replace")

    def strings(self, numbers):
        """The texts, strings (num,), of rows of numbers (num, any), each up to its first 0."""
        pieces = tf.gather(tf.constant(("", *self.symbols)), self.alive(numbers))
        joined = tf.strings.reduce_join(pieces, axis=-1, separator=self.joint)
        return tf.strings.strip(joined) if self.joint else joined

    @staticmethod
    def alive(numbers):
        """Rows of numbers with 0 for all that stands behind a 0."""
        return numbers * tf.math.cumprod(tf.cast(numbers > 0, "int32"), axis=-1)

    def split(self, texts):
        """[[symbol, ...], ...] of texts, by the same operations as in a served graph."""
        with tf.init_scope():  # also where a graph is being traced
            pieces = self.pieces(tf.constant(list(texts), "string")).to_list()
        return [[piece.decode() for piece in row] for row in pieces]

    def texts(self, numbers):
        """A list of `str` of rows of numbers, such as samples."""
        with tf.init_scope():
            found = self.strings(tf.constant(np.asarray(numbers), "int32")).numpy()
        return [text.decode() for text in found]

    @functools.cached_property
    def _table(self):
        """(hashes of the symbols, rising; the number of the symbol that each belongs to)."""
        with tf.init_scope():
            hashes = tf.strings.to_hash_bucket_fast(tf.constant(self.symbols), HASHES).numpy()
        order = np.argsort(hashes)
        return hashes[order], (order + 1).astype("int32")

    def numbers(self, rows):
        """int32 (num, length): -1 is an unknown symbol, and so is every number of a text that is too long."""
        rows = tf.convert_to_tensor(rows)
        if rows.dtype != tf.string:
            return tf.cast(rows, "int32")
        pieces = self.pieces(rows)
        hashes, numbers = map(tf.constant, self._table)
        wanted = tf.strings.to_hash_bucket_fast(pieces.flat_values, HASHES)
        at = tf.minimum(tf.searchsorted(hashes, wanted), len(self.symbols) - 1)
        found = tf.where(tf.gather(hashes, at) == wanted, tf.gather(numbers, at), -1)
        long = tf.cast(pieces.row_lengths() > self.length, "int32")[:, None]
        found = pieces.with_flat_values(found).to_tensor(0, shape=(None, self.length))
        return found - long * (self.vocabulary + 1)

    # Checks.

    def valid(self, rows):
        numbers = self.numbers(rows)
        known = tf.reduce_all((numbers >= 0) & (numbers < self.vocabulary))
        some = tf.cast(numbers > 0, "int32")
        at_the_end = tf.reduce_all(some[:, 1:] <= some[:, :-1])
        counted = tf.reduce_any(tf.reduce_sum(some, axis=1)[:, None] == list(self.counts), axis=1)
        return known & at_the_end & tf.reduce_all(counted)

    def contained(self, values, name):
        if values.dtype != object:
            return super().contained(values, name)
        texts = tf.constant(values.tolist(), "string")
        if not bool(self.valid(texts)):
            for text in values:
                self._explain(text, name)
        return self.numbers(texts).numpy()

    def _explain(self, text, name):
        """Refuses a text that is not contained, and says why."""
        symbols = self.split([text])[0]
        unknown = list(dict.fromkeys(one for one in symbols if one not in self.symbols))
        if unknown:
            listed = ", ".join(map(repr, unknown[:10]))
            raise InvalidDataError(f"`{name}` has {self.kind} that are not known. Received: {listed}.")
        if len(symbols) not in self.counts:
            words = f"`{name}` must have {self.rule}"
            raise InvalidDataError(f"{words}. Received: {len(symbols)}, {text!r:.200}.")

    # Values.

    def examples(self, num, generator=None):
        if generator is None:
            counts = [self.counts[-1]] * num
            chosen = [np.arange(row, row + count) % len(self.symbols) for row, count in enumerate(counts)]
        else:
            counts = generator.choice(self.counts, num)
            chosen = [generator.integers(len(self.symbols), size=count) for count in counts]
        texts = [self.joint.join(self.symbols[at] for at in row) for row in chosen]
        return np.array(texts, object)

    def wrong(self):
        one = self.symbols[0]
        other = next(c for c in map(chr, range(0x4E00, 0x9FFF)) if c not in self.symbols)
        first = self.joint.join([one] * (self.counts[-1] - 1) + [other])
        found = {
            f"unknown {self.kind}": np.array([first] * 2, object),
            f"too many {self.kind}": np.array([self.joint.join([one] * (self.length + 1))] * 2, object),
            "no text": np.array([""] * 2, object),
            "wrong shape": np.array([[one]] * 2, object),
        }
        between = [count for count in range(1, self.length) if count not in self.counts]
        if between:
            found["wrong length"] = np.array([self.joint.join([one] * between[0])] * 2, object)
        return found

    def null(self, num):
        return tf.zeros([num, self.length], "int32")

    def draw(self, keys):
        count = self.counts[-1]
        draw = lambda key: 1 + rng.integers(rng.stream(key, "condition"), (count,), len(self.symbols))
        numbers = tf.map_fn(draw, keys, fn_output_signature="int32")
        return tf.pad(numbers, [(0, 0), (0, self.length - count)])

    def __str__(self):
        return f"text of {self.rule}"


@dataclasses.dataclass(frozen=True)
class Words(Characters):
    """The same of known words: texts are divided at white space, and marks of punctuation stand alone.

    Args:
        symbols: The known words and marks, a tuple of different ones.
        length, lengths: As in `Characters`, of words.
    """

    kind, joint = "words", " "

    def pieces(self, texts):
        marked = tf.strings.regex_replace(texts, r"([^\pL\pM\pN\s'])", r" \1 ")
        words = tf.strings.split(tf.strings.strip(tf.strings.regex_replace(marked, r"\s+", " ")), " ")
        return tf.ragged.boolean_mask(words, words != "")
