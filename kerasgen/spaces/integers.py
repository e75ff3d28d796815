"""Spaces of integers: seeds, labels, tokens."""

import dataclasses

import numpy as np
import tensorflow as tf

from kerasgen.errors import InvalidDataError
from kerasgen.ops import checks, rng
from kerasgen.spaces.base import Space


@dataclasses.dataclass(frozen=True)
class Integers(Space):
    """Arrays of ints from `low` to `high`, both included.

    Args:
        low, high: Ints with low <= high.
        shape: Of one value.
        dtype: "int32", or "int64" for what may be larger.
    """

    low: int
    high: int
    shape: tuple = ()
    dtype: str = "int32"

    def __post_init__(self):
        object.__setattr__(self, "shape", checks.shape("shape", self.shape))
        limit = np.iinfo(checks.choice("dtype", self.dtype, ("int32", "int64"))).max
        checks.integer("high", self.high, checks.integer("low", self.low, -limit, limit), limit)

    @property
    def rule(self):
        top = "2^63 - 1" if self.high == 2**63 - 1 else str(self.high)
        return f"from {self.low} to {top}"

    def convert(self, values, name):
        values = checks.real(name, values)
        if values.dtype.kind not in "iu":
            raise InvalidDataError(
                f"`{name}` must hold ints. Received: {name} of dtype {values.dtype.name}, "
                f"shape {values.shape}."
            )
        return values

    def static(self, spec, name):
        super().static(spec, name)
        if not spec.dtype.is_integer:
            raise InvalidDataError(f"`{name}` must hold ints. Received: {name} of dtype {spec.dtype.name}.")

    def valid(self, rows):
        if isinstance(rows, np.ndarray):
            return bool(((rows >= self.low) & (rows <= self.high)).all())
        return within(rows, self.low, self.high)

    def contained(self, values, name):
        if not self.valid(values):
            raise InvalidDataError(
                f"`{name}` must be {self.rule}. Received: values from {values.min()} to {values.max()}."
            )
        return values.astype(self.dtype)

    def examples(self, num, generator=None):
        shape = (num, *self.shape)
        if generator is not None:
            return generator.integers(self.low, self.high, size=shape, endpoint=True).astype(self.dtype)
        rows = self.low + np.arange(num) % (self.high - self.low + 1)
        return np.broadcast_to(rows.reshape(-1, *[1] * len(self.shape)), shape).astype(self.dtype)

    def wrong(self):
        good = self.examples(2)
        info = np.iinfo(self.dtype)
        found = {}
        if self.low > info.min:
            found["too small"] = np.full_like(good, self.low - 1)
        if self.high < info.max:
            found["too large"] = np.full_like(good, self.high + 1)
        found["wrong shape"] = np.stack([good, good], axis=-1)
        return found

    def null(self, num):
        return tf.fill([num, *self.shape], tf.constant(self.low, self.dtype))

    def draw(self, keys):
        count = self.high - self.low + 1
        if count > 2**31 - 1:
            raise NotImplementedError(f"Integers of {count} values cannot be drawn from.")
        draw = lambda key: rng.integers(rng.stream(key, "label"), self.shape, count)
        numbers = tf.cast(tf.map_fn(draw, keys, fn_output_signature="int32"), self.dtype)
        return self.low + numbers

    def __str__(self):
        return f"{self.dtype} {self.shape} {self.rule}"


def within(rows, low, high):
    """Whether all ints of a tensor, of any int type, lie in [low, high]: a bool scalar tensor."""
    wide = tf.cast(rows, "int64")
    inside = (wide >= low) & (wide <= high)
    if rows.dtype == tf.uint64:
        inside &= rows <= tf.constant(2**63 - 1, "uint64")
    return tf.reduce_all(inside)


@dataclasses.dataclass(frozen=True, init=False)
class Tokens(Integers):
    """Arrays of ints in [0, vocabulary): numbers of words, of characters, or of vectors of a codebook.

    Args:
        shape: Of one value: the length of a sequence, or the shape of a grid.
        vocabulary: K >= 1, how many values each may take.
    """

    def __init__(self, shape, vocabulary):
        shape = (shape,) if isinstance(shape, (int, np.integer)) else shape
        super().__init__(0, checks.integer("vocabulary", vocabulary, 1, 2**31 - 1) - 1, shape)

    @property
    def vocabulary(self):
        return self.high + 1

    def get_config(self):
        return {"shape": self.shape, "vocabulary": self.vocabulary}


@dataclasses.dataclass(frozen=True, init=False)
class Label(Integers):
    """Ints in [0, num_classes). The number `num_classes` itself stands for no label.

    Args:
        num_classes: 2 or more.

    Attributes:
        vocabulary: Ints that a network is given lie in [0, vocabulary).
    """

    argument = "label"

    def __init__(self, num_classes):
        super().__init__(0, checks.integer("num_classes", num_classes, 2, 2**31 - 2) - 1)

    @property
    def num_classes(self):
        return self.high + 1

    @property
    def vocabulary(self):
        return self.num_classes + 1

    def null(self, num):
        return tf.fill([num], self.num_classes)

    def get_config(self):
        return {"num_classes": self.num_classes}


@dataclasses.dataclass(frozen=True, init=False)
class Seeds(Integers):
    """Row seeds, int64 >= 0: seed + row * 2^32, see `kerasgen.ops.rng`."""

    def __init__(self):
        super().__init__(0, 2**63 - 1, dtype="int64")

    def examples(self, num, generator=None):
        return np.arange(num, dtype="int64") if generator is None else super().examples(num, generator)

    def get_config(self):
        return {}
