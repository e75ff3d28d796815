"""Poems in lines of equal length, as sequences of their characters."""

import dataclasses

import tensorflow as tf

from kerasgen.ops import checks
from kerasgen.spaces.characters import Characters

MARKS = ("\uff0c", "\u3002")  # a comma behind the odd lines, a full stop behind the even ones
BETWEEN = r"[\s\pP]"  # what is left out where a poem is read


@dataclasses.dataclass(frozen=True)
class Verses(Characters):
    """Poems of known characters in lines of equal length, such as Chinese ones of five characters a line.

    White space and marks between characters are not counted: they are left out where a poem is read, and
    where one is written there is a comma behind its odd lines and a full stop behind the even ones.

    Args:
        symbols, length, lengths: As in `Characters`.
        line: Characters of a line.
    """

    line: int = 5

    def __post_init__(self):
        checks.integer("line", self.line, 1, 2**20)
        super().__post_init__()

    def pieces(self, texts):
        return super().pieces(tf.strings.regex_replace(texts, BETWEEN, ""))

    def strings(self, numbers):
        known = tf.gather(tf.constant(("", *self.symbols)), self.alive(numbers))
        lines = -(-self.length // self.line)
        known = tf.pad(known, [(0, 0), (0, lines * self.line - self.length)], constant_values="")
        known = tf.reshape(known, (-1, lines, self.line))
        marks = tf.constant([MARKS[number % 2] for number in range(lines)])
        marks = tf.where(known[:, :, -1] == "", "", marks)
        return tf.strings.reduce_join(tf.strings.reduce_join(known, axis=-1) + marks, axis=-1)
