"""Checks of what is shown: a picture of samples never fails for what a diverged model drew."""

import numpy as np

from kerasgen.ops import checks, pixels

CHANNELS = (1, 3, 4)  # gray, RGB, RGBA


def numbers(name, value, words, ranks, last=None):
    """`value` as an array of finite real numbers; others are shown as 0, as a diverged model's are.

    Args:
        name: Of the argument.
        value: What NumPy can make real numbers of, with at least one of them.
        words: The shapes that it may have, in words.
        ranks: Numbers of axes that it may have.
        last: Lengths that its last axis may have; None for any.

    Raises:
        InvalidDataError: If it is no array of real numbers.
        ValueError: If it has another shape.
    """
    value = checks.real(name, value)
    if value.ndim not in ranks or not value.size or (last and value.shape[-1] not in last):
        raise ValueError(f"`{name}` must have shape {words}. Received: shape {value.shape}.")
    if value.dtype.kind in "iub":
        return value
    finite = np.nan_to_num(value.astype("float64"), nan=0.0, posinf=checks.LARGEST, neginf=-checks.LARGEST)
    return np.clip(finite, -checks.LARGEST, checks.LARGEST).astype("float32")


def images(name, value, value_range=None, channels=CHANNELS):
    """`value` as uint8 (num, height, width, channels).

    Args:
        name: Of the argument.
        value: Array of that shape.
        value_range: (low, high), shown as black and white; None for 256 levels, and for floats without a
            range, whose least and greatest value are taken.
        channels: Numbers of channels that it may have.
    """
    words = f"(num, height, width, channels) with {_listed(channels)} channels"
    return levels(numbers(name, value, words, (4,), channels), value_range)


def films(name, value, value_range=None):
    """`value` as uint8 (num, time, height, width, channels); arguments as in `images`."""
    words = "(num, time, height, width, channels) with 1 or 3 channels"
    return levels(numbers(name, value, words, (5,), (1, 3)), value_range)


def levels(x, value_range):
    """Numbers as uint8."""
    value_range = checks.value_range("value_range", value_range)
    if value_range is None and x.dtype.kind == "f":
        low, high = float(x.min()), float(x.max())
        value_range = (low, high if high > low else low + 1)
    return pixels.to_uint8(x, value_range) if value_range else np.clip(x, 0, 255).astype("uint8")


def columns(value):
    """Pictures in a row: an int >= 1."""
    return checks.integer("columns", value, 1, 2**16)


def _listed(numbers):
    return f"{', '.join(map(str, numbers[:-1]))} or {numbers[-1]}"
