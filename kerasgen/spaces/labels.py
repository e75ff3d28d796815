"""Several labels at once."""

import dataclasses

import numpy as np
import tensorflow as tf

from kerasgen.errors import InvalidDataError
from kerasgen.ops import checks, rng
from kerasgen.spaces.base import Space
from kerasgen.spaces.integers import Integers


@dataclasses.dataclass(frozen=True)
class Labels(Space):
    """Several labels at once, int32 (number of labels,): label k is in [0, sizes[k]).

    Its own size stands for no label, for each by itself. Values may also be given by name,
    {"digit": 3, "speaker": [0, 1]}.

    Args:
        names: Of the labels, different texts.
        sizes: How many classes each label has, ints >= 2.

    Raises:
        TypeError, ValueError: If an argument is none of these, or they are not of one length.
    """

    names: tuple
    sizes: tuple

    argument, dtype = "labels", "int32"

    def __post_init__(self):
        object.__setattr__(self, "names", checks.texts("names", self.names))
        sizes = checks.members("sizes", self.sizes, "ints")
        sizes = tuple(checks.integer("sizes", size, 2, 2**31 - 2) for size in sizes)
        if len(sizes) != len(self.names):
            raise ValueError(f"`sizes` must be {len(self.names)} ints. Received: sizes={self.sizes}.")
        object.__setattr__(self, "sizes", sizes)

    @property
    def shape(self):
        return (len(self.names),)

    @property
    def rule(self):
        parts = (f"{name} from 0 to {size - 1}" for name, size in zip(self.names, self.sizes, strict=True))
        return ", ".join(parts)

    def convert(self, values, name):
        if isinstance(values, dict):
            if set(values) != set(self.names):
                words = f"`{name}` must have the labels {', '.join(self.names)}"
                raise InvalidDataError(f"{words}. Received: {checks.received(values)}.")
            try:
                values = np.stack(np.broadcast_arrays(*(values[one] for one in self.names)), axis=-1)
            except Exception as error:
                words = f"`{name}` must hold labels of one length"
                raise InvalidDataError(f"{words}. Received: {checks.received(values)}.") from error
        return Integers(0, 1).convert(values, name)

    def static(self, spec, name):
        super().static(spec, name)
        Integers(0, 1, self.shape).static(spec, name)

    def valid(self, rows):
        wide = tf.cast(rows, "int64")
        return tf.reduce_all((wide >= 0) & (wide < list(self.sizes)))

    def examples(self, num, generator=None):
        if generator is not None:
            return generator.integers(self.sizes, size=(num, *self.shape)).astype("int32")
        return (np.arange(num)[:, None] % self.sizes).astype("int32")

    def wrong(self):
        good = self.examples(2)
        return {
            "too small": np.full_like(good, -1),
            "too large": good * 0 + np.array(self.sizes, "int32"),
            "wrong shape": np.stack([good, good], axis=-1),
        }

    def null(self, num):
        return tf.tile(tf.constant([self.sizes], "int32"), (num, 1))

    def draw(self, keys):
        def draw(key):
            uniform = rng.uniform(rng.stream(key, "label"), self.shape)
            return tf.cast(uniform * tf.constant(self.sizes, "float32"), "int32")

        return tf.map_fn(draw, keys, fn_output_signature="int32")

    def __str__(self):
        return f"int32 {self.shape}: {self.rule}"
