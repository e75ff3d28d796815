"""The checks at the door: bad examples are refused before any variable changes."""

import warnings

import numpy as np
import tensorflow as tf

from kerasgen.errors import InvalidDataError

GREY = (
    "`{}` must hold 0 and 1 only: it goes to a Bernoulli likelihood. Received: grey values. "
    "binarize='dynamic' draws bits from them, likelihood='cross_entropy' takes them as they are."
)
SLACK = 1e-3  # of the range: what resizing and half precision may overshoot


def integer(name, value, low, high):
    """`value` as an int in [low, high]; TypeError or ValueError otherwise."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"`{name}` must be an int. Received: {name}={value!r}.")
    if not low <= value <= high:
        raise ValueError(f"`{name}` must be from {low} to {high}. Received: {name}={value}.")
    return int(value)


def choice(name, value, choices):
    """`value`, if it is one of `choices`; ValueError otherwise."""
    if value not in choices:
        raise ValueError(f"`{name}` must be one of {list(choices)}. Received: {name}={value!r}.")
    return value


def number(name, value, low, high=float("inf")):
    """`value`, if it is a number in [low, high]; ValueError otherwise (NaN included)."""
    if not low <= value <= high:
        raise ValueError(f"`{name}` must be from {low} to {high}. Received: {name}={value}.")
    return value


def array(name, value, shape):
    """`value` as a float64 array; ValueError if it is not finite or of another shape."""
    value = np.asarray(value, "float64")
    if value.shape != shape or not np.isfinite(value).all():
        raise ValueError(f"`{name}` must be finite, of shape {shape}. Received: shape {value.shape}.")
    return value


def interval(name, value):
    """(low, high), floats with 0 <= low < high <= 1."""
    low, high = map(float, array(name, value, (2,)))
    if not 0 <= low < high <= 1:
        raise ValueError(f"`{name}` must be 0 <= low < high <= 1. Received: {(low, high)}.")
    return low, high


def positive(name, value):
    """`value`, if it is a finite number > 0; ValueError otherwise (NaN included)."""
    if not 0 < value < float("inf"):
        raise ValueError(f"`{name}` must be finite and > 0. Received: {name}={value}.")
    return value


def spec(shape, dtype, event_shape, name="x"):
    """Refuses examples of a static shape (batch, ...) or type that a model cannot take."""
    if shape.rank is not None and not shape[1:].is_compatible_with(event_shape):
        what = "rank" if shape.rank != len(event_shape) + 1 else "shape"
        raise InvalidDataError(
            f"`{name}` must have shape (batch, {', '.join(map(str, event_shape))}). "
            f"Received: {name} of wrong {what}, shape {tuple(shape)}."
        )
    if not dtype.is_floating:
        raise InvalidDataError(
            f"`{name}` must hold floats. Received: {name} of dtype {dtype.name}; "
            "`kerasgen.data.from_array` scales uint8 images."
        )


def examples(x, event_shape, value_range, name="x", bits=False):
    """Refuses an array of examples: wrong shape or type, empty, not finite, out of range, grey.

    Args:
        x: Array (batch, *event_shape).
        event_shape: Shape of one example.
        value_range: (low, high), or None for any finite value.
        name: The argument's name in the message.
        bits: Whether every number must be 0 or 1.

    Raises:
        InvalidDataError: With the argument's name and what was received.
    """
    x = np.asarray(x)
    spec(tf.TensorShape(x.shape), tf.as_dtype(x.dtype), event_shape, name)
    if not x.size:
        raise InvalidDataError(f"`{name}` is empty. Received: shape {x.shape}.")
    low, high = x.min(), x.max()  # NaN if any element is
    if not (np.isfinite(low) and np.isfinite(high)):
        raise InvalidDataError(f"`{name}` must be finite. Received: {name} with NaN or infinity.")
    if value_range is None:
        return
    least, most = value_range
    slack = SLACK * (most - least)
    if low < least - slack or high > most + slack:
        raise InvalidDataError(
            f"`{name}` must lie in [{least}, {most}]. Received: values from {low} to {high}."
        )
    if bits and ((x > 0) & (x < 1)).any():
        raise InvalidDataError(GREY.format(name))
    if least < 0 <= low and len(x) > 1:
        warnings.warn(
            f"`{name}` has no value below 0, but the model's range is [{least}, {most}]: "
            "were the images scaled to [0, 1]?",
            stacklevel=3,
        )


def in_graph(x, value_range, name="x", bits=False):
    """`x` itself, with the check of `examples` on values made part of the graph."""
    low, high = value_range or (x.dtype.min, x.dtype.max)
    slack = SLACK * (high - low) if value_range else 0
    good = tf.reduce_all((x >= low - slack) & (x <= high + slack))  # False where NaN
    problem = f"`{name}` must be finite and lie in [{low}, {high}]. Received: another value."
    checks = [tf.debugging.Assert(good, [problem])]
    if bits:
        checks.append(tf.debugging.Assert(tf.reduce_all((x <= 0) | (x >= 1)), [GREY.format(name)]))
    with tf.control_dependencies(checks):
        return tf.identity(x)


def codes(z, shape, num, name="z"):
    """Refuses an array of integer codes: wrong shape or type, empty, not in [0, num).

    Args:
        z: Array (batch, *shape).
        shape: Shape of one code.
        num: How many values each integer may take.
        name: The argument's name in the message.

    Raises:
        InvalidDataError: With the argument's name and what was received.
    """
    z = np.asarray(z)
    if z.shape[1:] != tuple(shape) or z.ndim != len(shape) + 1 or z.dtype.kind not in "iu":
        raise InvalidDataError(
            f"`{name}` must hold ints, shape (batch, {', '.join(map(str, shape))}). "
            f"Received: {z.dtype.name} of shape {z.shape}."
        )
    if not z.size:
        raise InvalidDataError(f"`{name}` is empty. Received: shape {z.shape}.")
    if not 0 <= z.min() <= z.max() < num:
        raise InvalidDataError(
            f"`{name}` must hold codes from 0 to {num - 1}. Received: codes from {z.min()} to {z.max()}."
        )


def labels(y, num, num_classes, name="y"):
    """Refuses labels that are missing, not one int an example, or not in [0, num_classes)."""
    if y is None:
        raise InvalidDataError(f"`{name}` must hold labels from 0 to {num_classes - 1}. Received: None.")
    y = np.asarray(y)
    if y.shape != (num,) or y.dtype.kind not in "iu":
        raise InvalidDataError(
            f"`{name}` must hold one int an example, shape ({num},). "
            f"Received: {y.dtype.name} of shape {y.shape}."
        )
    if num and not 0 <= y.min() <= y.max() < num_classes:
        raise InvalidDataError(
            f"`{name}` must hold labels from 0 to {num_classes - 1}. "
            f"Received: labels from {y.min()} to {y.max()}."
        )


def labels_in_graph(y, num_classes, name="y"):
    """`y` itself, with the check of `labels` on values made part of the graph."""
    good = tf.reduce_all((y >= 0) & (y < tf.cast(num_classes, y.dtype)))
    problem = f"`{name}` must hold labels from 0 to {num_classes - 1}. Received: another value."
    with tf.control_dependencies([tf.debugging.Assert(good, [problem])]):
        return tf.identity(y)
