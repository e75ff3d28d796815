"""What a conditional model may be asked for: labels or short texts, as int32 rows for its networks."""

import re

import numpy as np
import tensorflow as tf

from kerasgen.errors import InvalidDataError
from kerasgen.ops import checks, rng


def of(num_classes=None, captions=None):
    """`Labels`, `Texts`, or None where neither is given; ValueError for both."""
    if num_classes is not None and captions is not None:
        raise ValueError(f"`captions` must be None beside labels. Received: num_classes={num_classes} too.")
    if captions is not None:
        return Texts(captions)
    return None if num_classes is None else Labels(num_classes)


class Labels:
    """Ints in [0, num_classes). The number `num_classes` itself stands for no label.

    Attributes:
        shape: Of one condition, behind the batch axis.
        size: Ints that a network is given lie in [0, size).
        name: Of the argument of a served model.
    """

    shape, name = (), "label"

    def __init__(self, num_classes):
        self.num_classes = checks.integer("num_classes", num_classes, 2, 2**31 - 1)
        self.size = num_classes + 1
        self.rule = f"in [0, {num_classes})"

    def checked(self, y, num, name="y"):
        """int32 (num,) of one int an example; InvalidDataError if `y` is anything else."""
        checks.labels(y, num, self.num_classes, name)
        return np.asarray(y, "int32")

    def in_graph(self, y, name="y"):
        """The same of a tensor, the check a part of the graph."""
        return tf.cast(checks.labels_in_graph(y, self.num_classes, name), "int32")

    def drawn(self, keys):
        """A uniform one for each key."""
        draw = lambda key: rng.integers(rng.fold_in(key, 1), (), self.num_classes)
        return tf.map_fn(draw, keys, fn_output_signature="int32")

    def none(self, num):
        """No condition, `num` times."""
        return tf.fill([num], self.num_classes)

    def spec(self):
        """Of the argument of a served model."""
        return tf.TensorSpec([None], "int32", self.name)

    def served(self, y):
        """(int32 rows for the networks, whether they are all as `rule` says) of that argument."""
        return y, tf.reduce_all((y >= 0) & (y < self.num_classes))


class Texts:
    """Short texts of known words, each a row of word numbers: int32 (length,), 0 behind the last.

    Case and punctuation are ignored. The empty text, all 0, stands for no text.

    Args:
        captions: Texts whose words are the known ones; the longest says `length`. One of
            them is drawn, all alike, where nothing is asked for.

    Attributes:
        words: The known words, sorted; word i has the number i + 1.
        shape, size, name: See `Labels`.
    """

    name, rule = "text", "of known words"

    def __init__(self, captions):
        captions = [captions] if isinstance(captions, str) else list(captions)
        split = [words_of(caption) for caption in captions if isinstance(caption, str)]
        if not captions or len(split) < len(captions) or not all(split):
            raise ValueError(
                f"`captions` must be texts, one or more, none empty. Received: {captions!r:.200}."
            )
        self.captions = tuple(captions)
        self.words = tuple(sorted({word for words in split for word in words}))
        self.length = max(map(len, split))
        self.shape, self.size = (self.length,), len(self.words) + 1
        self.examples = self._in_numbers(tf.constant(self.captions)).numpy()

    def checked(self, y, num, name="y"):
        """int32 (num, length) of texts, or of rows of word numbers."""
        if y is None:
            raise InvalidDataError(f"`{name}` must hold a text for each example. Received: None.")
        y = np.asarray(y)
        if y.dtype.kind in "iu" and y.shape == (num, self.length):
            if 0 <= y.min() <= y.max() < self.size:
                return y.astype("int32")
            raise InvalidDataError(f"`{name}` must hold numbers of words from 0 to {self.size - 1}.")
        if y.shape != (num,) or y.dtype.kind not in "OSU":
            raise InvalidDataError(
                f"`{name}` must hold one text an example, shape ({num},). "
                f"Received: {y.dtype.name} of shape {y.shape}."
            )
        texts = [text.decode() if isinstance(text, bytes) else str(text) for text in y]
        for text in set(texts):
            self._check(text, name)
        return self._in_numbers(tf.constant(texts)).numpy()

    def in_graph(self, y, name="y"):
        """The same of a tensor of texts, or of rows of word numbers."""
        numbers, known = self.served(y)
        problem = f"`{name}` must hold up to {self.length} of the words {', '.join(self.words)}."
        with tf.control_dependencies([tf.debugging.Assert(known, [problem])]):
            return tf.identity(numbers)

    def drawn(self, keys):
        draw = lambda key: rng.integers(rng.fold_in(key, 1), (), len(self.captions))
        return tf.gather(self.examples, tf.map_fn(draw, keys, fn_output_signature="int32"))

    def none(self, num):
        return tf.zeros([num, self.length], "int32")

    def spec(self):
        return tf.TensorSpec([None], "string", self.name)

    def served(self, y):
        numbers = self._in_numbers(y) if y.dtype == tf.string else tf.cast(y, "int32")
        return numbers, tf.reduce_all((numbers >= 0) & (numbers < self.size))

    def _check(self, text, name):
        words = words_of(text)
        unknown = [word for word in words if word not in self.words]
        if unknown:
            raise InvalidDataError(
                f"`{name}` has words that are not known. Received: {', '.join(unknown)}. "
                f"Known: {', '.join(self.words)}."
            )
        if len(words) > self.length:
            raise InvalidDataError(f"`{name}` must have up to {self.length} words. Received: {text!r}.")

    def _in_numbers(self, texts):
        """int32 (num, length) of strings (num,): -1 is an unknown word, and so is what is too long."""
        plain = tf.strings.regex_replace(tf.strings.lower(texts, "utf-8"), r"[[:punct:]]", " ")
        words = tf.strings.split(plain)
        same = words.flat_values[:, None] == tf.constant(self.words)
        found = tf.argmax(tf.cast(same, "int32"), axis=1, output_type="int32") + 1
        numbers = words.with_flat_values(tf.where(tf.reduce_any(same, axis=1), found, -1))
        long = tf.cast(words.row_lengths() > self.length, "int32")[:, None]
        return numbers.to_tensor(0, shape=(None, self.length)) - long * (self.size + 1)


def words_of(text):
    """The words of a text: lower case, without punctuation."""
    return re.sub(r"[!-/:-@\[-`{-~]", " ", text.lower()).split()
