"""Checks of arguments: a wrong one is refused by name before anything changes.

Every function takes the argument's name first and returns the value in the type that the caller works
with. None of them can fail in another way, whatever it is given.
"""

import collections.abc
import itertools
import math
import numbers

import numpy as np
import tensorflow as tf

from kerasgen.errors import InvalidDataError

LARGEST = 1e15  # of an unbounded number: sums of squares of such numbers stay finite in float32
MOST_NUMBERS = 2**31 - 1  # in one example
MOST_MEMBERS = 2**20  # of a sequence


def received(value):
    """A short text of any value for an error message; never raises."""
    try:
        if isinstance(value, np.ndarray) or tf.is_tensor(value):
            return f"{type(value).__name__} of shape {tuple(value.shape)} and dtype {value.dtype}"
        return f"{value!r:.200}"
    except Exception:
        return f"an object of type {type(value).__name__}"


def integer(name, value, low, high):
    """`value` as an int in [low, high].

    Raises:
        TypeError: If it is no int; bool is none, NumPy's integers are.
        ValueError: If it is out of range.
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise TypeError(f"`{name}` must be an int. Received: {name}={received(value)}.")
    if not low <= value <= high:
        raise ValueError(f"`{name}` must be from {low} to {high}. Received: {name}={received(value)}.")
    return int(value)


def number(name, value, low=-math.inf, high=math.inf, ends="[]"):
    """`value` as a finite float between `low` and `high`.

    Args:
        name: Of the argument.
        value: A Python or NumPy number; bool is none.
        low, high: Bounds; an infinite one is no bound.
        ends: Whether the bounds themselves are allowed: "[]", "[)", "(]" or "()".

    Raises:
        TypeError: If it is no number.
        ValueError: If it is not finite, or out of range.
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"`{name}` must be a number. Received: {name}={received(value)}.")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    above = found > low or (found == low and ends[0] == "[")
    below = found < high or (found == high and ends[1] == "]")
    if not (math.isfinite(found) and above and below):
        words = _bounds(low, high, ends)
        raise ValueError(f"`{name}` must be {words}. Received: {name}={received(value)}.")
    return found


def positive(name, value):
    """`value` as a finite float > 0; errors as in `number`."""
    return number(name, value, 0, ends="()")


def _bounds(low, high, ends):
    if math.isinf(low) and math.isinf(high):
        return "finite"
    if math.isinf(high):
        return f"finite and {'>=' if ends[0] == '[' else '>'} {low:g}"
    return f"in {ends[0]}{low:g}, {high:g}{ends[1]}"


def flag(name, value):
    """`value` as a bool; TypeError if it is no bool."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"`{name}` must be True or False. Received: {name}={received(value)}.")
    return bool(value)


def choice(name, value, choices):
    """`value`, if it is one of the strings (or None) in `choices`; ValueError otherwise."""
    if not (value is None or isinstance(value, str)) or value not in choices:
        raise ValueError(f"`{name}` must be one of {list(choices)}. Received: {name}={received(value)}.")
    return None if value is None else str(value)  # NumPy's strings are strings


def text(name, value):
    """`value`, if it is a string that is not empty; TypeError or ValueError otherwise."""
    if not isinstance(value, str):
        raise TypeError(f"`{name}` must be a string. Received: {name}={received(value)}.")
    if not value:
        raise ValueError(f"`{name}` must not be empty. Received: {name}=''.")
    return str(value)


def name(argument, value):
    """`value`, if it is None or what Keras takes for a name: a text without a slash."""
    if value is not None and "/" in text(argument, value):
        raise ValueError(f"`{argument}` must not hold a slash. Received: {argument}={received(value)}.")
    return value


def function(name, value):
    """`value`, if it can be called; TypeError otherwise."""
    if not callable(value):
        raise TypeError(f"`{name}` must be callable. Received: {name}={received(value)}.")
    return value


def network(name, value):
    """`value`, if it is a built Keras model whose inputs and outputs are known.

    Raises:
        TypeError: If it is no Keras model.
        ValueError: If it has not been built.
    """
    import keras

    if not isinstance(value, keras.Model):
        raise TypeError(f"`{name}` must be a Keras model. Received: {name}={received(value)}.")
    try:
        known = bool(value.inputs) and bool(value.outputs)
    except (AttributeError, ValueError):
        known = False
    if not known:
        raise ValueError(
            f"`{name}` must be a built Functional model, with known inputs and outputs. "
            f"Received: {type(value).__name__} {value.name!r}."
        )
    return value


def members(name, value, kind, most=MOST_MEMBERS):
    """The members of a sequence or an array, at most `most` + 1 of them; TypeError if it is none.

    Texts, dictionaries, sets and iterators are none. `kind` is what the value must be, in words.
    """
    plain = isinstance(value, (collections.abc.Sequence, np.ndarray, tf.TensorShape))
    try:
        if not plain or isinstance(value, (str, bytes, bytearray)):
            raise TypeError
        return tuple(itertools.islice(value, most + 1))
    except Exception as error:  # an array without axes
        raise TypeError(f"`{name}` must be {kind}. Received: {name}={received(value)}.") from error


def shape(name, value, least_rank=0):
    """`value` as a tuple of ints >= 1: the shape of one example.

    Raises:
        TypeError: If it is no sequence of ints.
        ValueError: If a side is < 1, the rank is not in [least_rank, 8], or it has 2^31 numbers or more.
    """
    sides = members(name, value, "a tuple of ints", 8)
    sides = tuple(integer(name, side, 1, MOST_NUMBERS) for side in sides)
    if not least_rank <= len(sides) <= 8 or math.prod(sides) > MOST_NUMBERS:
        raise ValueError(
            f"`{name}` must have {least_rank} to 8 axes and fewer than 2^31 numbers. "
            f"Received: {name}={received(value)}."
        )
    return sides


def array(name, value, shape=None, error=ValueError):
    """`value` as a finite float64 array.

    Args:
        name: Of the argument.
        value: What NumPy can make numbers of; strings, complex and ragged lists are not.
        shape: Its shape; None takes any.
        error: Class of the error.
    """
    found = real(name, value, error).astype("float64")
    if (shape is not None and found.shape != tuple(shape)) or not np.isfinite(found).all():
        expected = "finite" if shape is None else f"finite, of shape {tuple(shape)}"
        raise error(f"`{name}` must be {expected}. Received: {name} of shape {found.shape}.")
    return found


def real(name, value, error=InvalidDataError):
    """`value` as an array of real numbers, ints or bools, in native byte order; `error` if it is none."""
    try:
        found = np.asarray(value)
    except Exception as problem:
        raise error(f"`{name}` must be an array of numbers. Received: {received(value)}.") from problem
    if found.dtype.kind not in "fiub" and found.dtype.name != "bfloat16":
        raise error(
            f"`{name}` must be an array of real numbers. Received: {name} of dtype {found.dtype.name}."
        )
    return found if found.dtype.isnative else found.astype(found.dtype.newbyteorder("="))


def value_range(name, value, needed=False):
    """(low, high), floats with low < high up to 1e15 in size, or None unless it is needed.

    Raises:
        TypeError, ValueError: If it is neither.
    """
    if value is None and not needed:
        return None
    low, high = pair(name, value, -LARGEST, LARGEST)
    if not low < high:
        raise ValueError(f"`{name}` must be (low, high) with low < high. Received: {(low, high)}.")
    return low, high


def pair(name, value, least, most):
    """Two numbers from `least` to `most`, as floats; ValueError or TypeError otherwise."""
    found = members(name, value, "(low, high)", 2)
    if len(found) != 2:
        raise ValueError(f"`{name}` must be (low, high). Received: {name}={received(value)}.")
    return tuple(number(name, member, least, most) for member in found)


def instance(name, value, kind):
    """`value`, if it is of the class `kind`; TypeError otherwise."""
    if not isinstance(value, kind):
        raise TypeError(f"`{name}` must be a `{kind.__name__}`. Received: {name}={received(value)}.")
    return value


def texts(name, value):
    """`value` as a tuple of different texts, one or more.

    Raises:
        TypeError: If it is no sequence of strings.
        ValueError: If it is empty, or a text is empty or there twice.
    """
    found = members(name, value, "a sequence of texts")
    found = tuple(text(name, member) for member in found)
    if not found or len(set(found)) < len(found):
        raise ValueError(
            f"`{name}` must be different texts, one or more. Received: {name}={received(value)}."
        )
    return found
