"""Short texts of known words."""

import dataclasses
import functools

import numpy as np
import tensorflow as tf

from kerasgen.errors import InvalidDataError
from kerasgen.ops import checks, rng
from kerasgen.spaces.base import Space
from kerasgen.spaces.integers import within
from kerasgen.spaces.strings import Written, decoded, encodes


@dataclasses.dataclass(frozen=True)
class Text(Written, Space):
    """Short texts of known words; networks take each as a row of word numbers, 0 behind the last word.

    Case and ASCII punctuation are ignored; words are divided by ASCII white space. The empty text, all 0,
    stands for no text.

    Args:
        captions: Texts whose words are the known ones; the longest gives the number of words that a
            text may have. One of them is drawn, all with equal probability, where nothing is asked for.

    Attributes:
        words: The known words, sorted; word i has the number i + 1.
        length: Most words of a text.
        vocabulary: Numbers that a network is given lie in [0, vocabulary).
        shape: Of the numbers of one text, (length,).

    Raises:
        TypeError, ValueError: If `captions` are not texts, or one has no word.
    """

    captions: tuple

    argument, kind = "text", "words"

    def __post_init__(self):
        captions = self.captions
        captions = [captions] if isinstance(captions, str) else captions
        captions = checks.members("captions", captions, "texts")
        if not captions or not all(isinstance(caption, str) and encodes(caption) for caption in captions):
            raise ValueError(f"`captions` must be texts, one or more. Received: {checks.received(captions)}.")
        captions = tuple(decoded(str(one), "captions") for one in captions)  # NumPy's would not be saved
        if not all(split(captions)):
            raise ValueError(
                f"`captions` must have words, none empty. Received: {checks.received(captions)}."
            )
        object.__setattr__(self, "captions", captions)

    @functools.cached_property
    def words(self):
        return tuple(sorted({word for words in split(self.captions) for word in words}))

    @functools.cached_property
    def length(self):
        return max(map(len, split(self.captions)))

    @property
    def vocabulary(self):
        return len(self.words) + 1

    @property
    def rule(self):
        return f"up to {self.length} of the words {', '.join(self.words)}"

    def split(self, texts):
        """[[word, ...], ...] of texts, by the same operations as in a served graph."""
        return split(texts)

    def contained(self, values, name):
        if values.dtype == object:
            return self._looked_up(values, split(values), name)
        if not bool(self.valid(values)):
            raise InvalidDataError(
                f"`{name}` must hold word numbers from 0 to {self.vocabulary - 1}. "
                f"Received: values from {values.min()} to {values.max()}."
            )
        return np.asarray(self.numbers(values))

    def _looked_up(self, texts, rows, name):
        """What `numbers` gives, of texts in their words."""
        found = np.zeros((len(texts), self.length), "int32")
        for row, text, words in zip(found, texts, rows, strict=True):
            self._explain(text, words, name)
            row[: len(words)] = [1 + self.words.index(word) for word in words]
        return found

    def _explain(self, text, words, name):
        unknown = [word for word in words if word not in self.words]
        if unknown:
            raise InvalidDataError(
                f"`{name}` has words that are not known. Received: {', '.join(unknown)}. "
                f"Known: {', '.join(self.words)}."
            )
        if len(words) > self.length:
            raise InvalidDataError(f"`{name}` must have up to {self.length} words. Received: {text!r:.200}.")

    def valid(self, rows):
        rows = tf.convert_to_tensor(rows)
        if rows.dtype == tf.string:
            return tf.reduce_all(self.numbers(rows) >= 0)
        return within(rows, 0, self.vocabulary - 1)

    def numbers(self, rows):
        """int32 (num, length): -1 is an unknown word, and so is every number of a text that is too long."""
        rows = tf.convert_to_tensor(rows)
        if rows.dtype != tf.string:
            return tf.cast(rows, "int32")
        words = _split(rows)
        same = words.flat_values[:, None] == tf.constant(self.words)
        found = tf.argmax(tf.cast(same, "int32"), axis=1, output_type="int32") + 1
        numbers = words.with_flat_values(tf.where(tf.reduce_any(same, axis=1), found, -1))
        long = tf.cast(words.row_lengths() > self.length, "int32")[:, None]
        return numbers.to_tensor(0, shape=(None, self.length)) - long * (self.vocabulary + 1)

    def examples(self, num, generator=None):
        captions = np.array(self.captions, object)
        if generator is None:
            return np.resize(captions, num)
        return captions[generator.integers(len(captions), size=num)]

    def wrong(self):
        long = " ".join([self.words[0]] * (self.length + 1))
        return {
            "unknown word": np.array(["no-such-word-here"] * 2, object),
            "too many words": np.array([long] * 2, object),
            "wrong shape": np.array([[self.captions[0]]] * 2, object),
        }

    def null(self, num):
        return tf.zeros([num, self.length], "int32")

    def draw(self, keys):
        draw = lambda key: rng.integers(rng.stream(key, "label"), (), len(self.captions))
        numbers = self.numbers(tf.constant(self.captions))
        return tf.gather(numbers, tf.map_fn(draw, keys, fn_output_signature="int32"))

    def __str__(self):
        return f"text of {self.rule}"


def split(texts):
    """[[word, ...], ...] of texts, by the same operations as in a served graph."""
    with tf.init_scope():  # also where a graph is being traced
        words = _split_at_once(tf.constant(list(texts), "string")).to_list()
    return [[word.decode() for word in row] for row in words]


def _split(texts):
    """The words of strings (num,), ragged: lower case, without ASCII punctuation."""
    plain = tf.strings.regex_replace(tf.strings.lower(texts, "utf-8"), r"[[:punct:]]|\s", " ")
    plain = tf.strings.strip(tf.strings.regex_replace(plain, r" +", " "))
    words = tf.strings.split(plain, " ")
    return tf.ragged.boolean_mask(words, words != "")


_split_at_once = tf.function(_split, input_signature=[tf.TensorSpec([None], "string")], autograph=False)
