"""Space: the set of values that an argument or a result may take; Endpoint: a function between spaces."""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from kerasgen.errors import InvalidDataError
from kerasgen.ops import checks


class Space:
    """A set of values, one a row of a batch.

    A space is a small frozen object. The checks of `fit` and of every method, those in an exported graph,
    the README of an export, warm-up requests and tests all follow from it, so that a new kind of
    data is a new space.

    A subclass is a frozen dataclass that writes `shape`, `dtype`, `rule`, `convert`, `valid`, `examples`
    and `wrong`; as a condition of a model also `null` and `draw`.

    Attributes:
        shape: Of one value, without the batch axis.
        dtype: Name of the type in which networks take the values.
        served_dtype: Name of the type in which a request brings them.
        argument: Name of the input of a served model that takes conditions of this kind.
        rule: What values must be, in words that follow "must be".
    """

    argument = "condition"
    classes = {}  # noqa: RUF012 - name -> subclass, for `conversion.from_config`

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        Space.classes[cls.__name__] = cls

    @property
    def served_dtype(self):
        return self.dtype

    def get_config(self):
        """{argument: value} of the constructor, plain data."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @property
    def range(self):
        """(low, high), or None where values have no bounds."""
        return None

    def spec(self, name):
        """`tf.TensorSpec` of a batch of any number of rows, as a request brings it."""
        return tf.TensorSpec([None, *self.shape], self.served_dtype, name)

    # What a subclass writes.

    def convert(self, values, name):
        """`values` as an array of `dtype` or of the served one; InvalidDataError if it is of another kind."""
        raise NotImplementedError

    def valid(self, rows):
        """Whether all values of a tensor are in the space: a bool scalar tensor."""
        raise NotImplementedError

    def numbers(self, rows):
        """Rows as a request brings them, a tensor, in the numbers that networks take."""
        return tf.cast(rows, self.dtype)

    def examples(self, num, generator=None):
        """`num` valid values in the served type: random ones by a NumPy generator, else plain ones."""
        raise NotImplementedError

    def wrong(self):
        """{what is wrong: a batch of one row or more that the space does not contain}."""
        raise NotImplementedError

    def null(self, num):
        """The value, `num` times, that tells a network that nothing is asked for."""
        raise NotImplementedError(f"{type(self).__name__} has no value for no condition.")

    def draw(self, keys):
        """One value per key of shape (num, 2), in `dtype`, where nothing is asked for."""
        raise NotImplementedError(f"{type(self).__name__} cannot be drawn from.")

    # What follows.

    def check(self, values, name, num=None):
        """A batch of values as an array of `dtype`.

        Args:
            values: (batch, *shape).
            name: Of the argument, for the message.
            num: Rows that there must be; None takes any number from 1 on.

        Raises:
            InvalidDataError: With the argument's name and what was received.
        """
        if values is None:
            raise InvalidDataError(f"`{name}` must be {self}. Received: None.")
        values = self.convert(values, name)
        if values.shape[1:] != self.shape or values.ndim != len(self.shape) + 1:
            expected = ", ".join(map(str, ("batch" if num is None else num, *self.shape)))
            raise InvalidDataError(
                f"`{name}` must have shape ({expected}). Received: {name} of shape {values.shape}."
            )
        if num is not None and len(values) != num:
            raise InvalidDataError(f"`{name}` must have {num} rows. Received: {len(values)}.")
        if not values.size:
            raise InvalidDataError(f"`{name}` is empty. Received: shape {values.shape}.")
        return self.contained(values, name)

    def contained(self, values, name):
        """`values` in `dtype` after the check of what they are; InvalidDataError otherwise."""
        if not bool(self.valid(values)):
            raise InvalidDataError(f"`{name}` must be {self.rule}. Received: {describe(values)}.")
        return np.asarray(self.numbers(values))

    def rows(self, values, num, name):
        """As `check` for `num` rows; a single value stands for all of them."""
        values = self.convert(values, name)
        if values.ndim == len(self.shape):
            values = np.broadcast_to(values, (num, *values.shape))
        return self.check(values, name, num)

    def static(self, spec, name):
        """Refuses a `tf.TensorSpec` that no batch of values can have: InvalidDataError."""
        expected = tf.TensorShape([None, *self.shape])
        if not spec.shape.is_compatible_with(expected):
            words = ", ".join(map(str, ("batch", *self.shape)))
            raise InvalidDataError(
                f"`{name}` must have shape ({words}). Received: {name} of shape {spec.shape}."
            )

    def row_shape(self, dtype):
        """The shape of one row as a request or a stream brings it, in a type of TensorFlow."""
        return self.shape

    def shaped(self, rows, name):
        """`rows` with the shape that they must have, checked in the graph where it was not known before."""
        shape = self.row_shape(rows.dtype)
        if rows.shape.rank is not None and rows.shape[1:].is_fully_defined():
            return tf.ensure_shape(rows, [None, *shape])
        sides = tf.raw_ops.Equal(x=tf.shape(rows)[1:], y=list(shape), incompatible_shape_error=False)
        same = tf.equal(tf.rank(rows), len(shape) + 1) & tf.reduce_all(sides)
        words = ", ".join(map(str, ("batch", *shape)))
        with tf.control_dependencies([tf.debugging.Assert(same, [f"`{name}` must have shape ({words})."])]):
            return tf.ensure_shape(tf.identity(rows), [None, *shape])

    def in_graph(self, rows, name, most=None):
        """A tensor of rows in the numbers that networks take, its check a part of the graph.

        Args:
            rows: (batch, *shape), as a request or a stream brings it.
            name: Of the argument, for the message.
            most: Most rows, or None for any number.
        """
        rows = self.shaped(rows, name)
        num = tf.shape(rows)[0]
        some = num >= 1 if most is None else (num >= 1) & (num <= most)
        words = "1 or more" if most is None else f"1 to {most}"
        tests = [
            tf.debugging.Assert(some, [f"`{name}` must have {words} rows."]),
            tf.debugging.Assert(self.valid(rows), [f"`{name}` must be {self.rule}."]),
        ]
        with tf.control_dependencies(tests):
            return self.numbers(tf.identity(rows))

    def __str__(self):
        return f"{self.served_dtype} {self.shape}, {self.rule}"


def describe(values):
    """What an array holds, in a few words, for the end of an error message."""
    if values.dtype.kind not in "fiub":
        return checks.received(values.ravel()[:3].tolist())
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        return "NaN or infinity"
    return f"values from {values.min()} to {values.max()}"


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """A function that is served, and the spaces of what it takes and gives.

    Attributes:
        function: Of one tensor an input, in their order, checked and in the numbers that networks take;
            returns {name of an output: tensor}.
        inputs, outputs: {name: Space}, one or more; rows come first.

    Raises:
        TypeError: If an attribute is none of these.
    """

    function: Callable
    inputs: dict
    outputs: dict

    def __post_init__(self):
        checks.function("function", self.function)
        for name in ("inputs", "outputs"):
            value = getattr(self, name)
            named = isinstance(value, dict) and value and all(isinstance(key, str) for key in value)
            if not named or not all(isinstance(space, Space) for space in value.values()):
                raise TypeError(
                    f"`{name}` must be a dictionary of spaces. Received: {name}={checks.received(value)}."
                )

    @property
    def specs(self):
        """`tf.TensorSpec`s of the inputs, in their order."""
        return [space.spec(name) for name, space in self.inputs.items()]

    def examples(self, num, generator=None):
        """{input: array} of a request of `num` rows."""
        return {name: space.examples(num, generator) for name, space in self.inputs.items()}
