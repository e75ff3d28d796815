"""Texts in the numbers of networks, and as they are served."""

import dataclasses

import numpy as np
import tensorflow as tf

from kerasgen.errors import InvalidDataError
from kerasgen.ops import checks
from kerasgen.spaces.base import Space


class Written:
    """What spaces share whose values are texts, and for networks rows of numbers (length,).

    A subclass has `length`, and `kind`: what is numbered, in words.
    """

    dtype, served_dtype = "int32", "string"

    @property
    def shape(self):
        return (self.length,)

    def spec(self, name):
        return tf.TensorSpec([None], "string", name)

    def row_shape(self, dtype):
        return () if dtype == tf.string else self.shape

    def check(self, values, name, num=None):
        if values is None:
            return super().check(values, name, num)
        values = self.convert(values, name)
        shape = () if values.dtype == object else self.shape
        batch = values.ndim == len(shape) + 1 and values.shape[1:] == shape and values.size
        if not batch or num not in (None, len(values)):
            expected = "batch" if num is None else num
            raise InvalidDataError(
                f"`{name}` must hold one text an example, shape ({expected},), or rows of {self.length} "
                f"numbers of {self.kind}. Received: {name} of dtype {values.dtype.name}, "
                f"shape {values.shape}."
            )
        return self.contained(values, name)

    def rows(self, values, num, name):
        values = self.convert(values, name)
        single = 0 if values.dtype == object else 1
        if values.ndim == single:
            values = np.broadcast_to(values, (num, *values.shape))
        return self.check(values, name, num)

    def convert(self, values, name):
        """An object array of `str`, or an int array of numbers."""
        try:
            values = np.asarray(values)
        except Exception as error:
            raise InvalidDataError(
                f"`{name}` must hold texts. Received: {checks.received(values)}."
            ) from error
        if values.dtype.kind in "iu":
            return values
        if values.dtype.kind not in "OSU":
            raise InvalidDataError(
                f"`{name}` must hold texts. Received: {name} of dtype {values.dtype.name}, "
                f"shape {values.shape}."
            )
        texts = [decoded(text, name) for text in values.ravel()]
        return np.array(texts, object).reshape(values.shape)

    def static(self, spec, name):
        texts = spec.dtype == tf.string and spec.shape.rank in (None, 1)
        if not texts and not (spec.dtype.is_integer and spec.shape[1:] == self.shape):
            raise InvalidDataError(
                f"`{name}` must hold texts, or rows of {self.length} numbers of {self.kind}. Received: "
                f"{name} of dtype {spec.dtype.name}, shape {spec.shape}."
            )


def decoded(text, name):
    """`text` as a `str` that UTF-8 can hold; InvalidDataError if it is none."""
    if isinstance(text, bytes):
        return text.decode("utf-8", "replace")
    if not isinstance(text, str) or not encodes(text):
        raise InvalidDataError(f"`{name}` must hold texts. Received: {checks.received(text)}.")
    return str(text)


def encodes(text):
    """Whether a string can be written as UTF-8: it has no half of a pair of surrogates."""
    return all(not 0xD800 <= ord(character) < 0xE000 for character in text)


@dataclasses.dataclass(frozen=True)
class Strings(Space):
    """Texts of any characters, in UTF-8: what a server answers, not what networks take."""

    shape, dtype, rule = (), "string", "text"

    def get_config(self):
        return {}

    def convert(self, values, name):
        values = np.asarray(values)
        if values.dtype.kind not in "OSU":
            raise InvalidDataError(f"`{name}` must hold texts. Received: {checks.received(values)}.")
        texts = [decoded(text, name) for text in values.ravel()]
        return np.array(texts, object).reshape(values.shape)

    def valid(self, rows):
        return True

    def contained(self, values, name):
        return values

    def examples(self, num, generator=None):
        return np.array(["text"] * num, object)

    def wrong(self):
        return {"wrong shape": np.array([["text"]] * 2, object), "numbers": np.zeros(2, "int32")}

    def __str__(self):
        return "text"
