"""Checks of the arrays that measures take: one door for all of them."""

import numpy as np

from kerasgen.errors import InvalidDataError
from kerasgen.ops import checks

LOWEST = np.finfo("float64").min
LARGEST = 1e50  # magnitude of numbers in a row, whose products of six must be finite


def array(name, x, rank=None, low=LOWEST):
    """`x` as a float64 array with at least one number.

    Args:
        name: The argument's name in the message.
        x: What NumPy can make real numbers of; strings, complex and ragged lists are not.
        rank: Number of axes, or None for any.
        low: Lowest value allowed: the default takes every finite one, -inf takes -inf too.

    Raises:
        InvalidDataError: If it is no array of real numbers, empty, of another rank, or holds NaN,
            +inf or a value below `low`.
    """
    x = checks.real(name, x)
    if not x.size or rank not in (None, x.ndim):
        axes = "" if rank is None else f" with {rank} axes"
        raise InvalidDataError(f"`{name}` must be a filled array{axes}. Received: shape {x.shape}.")
    x = x.astype("float64", copy=False)
    _bounded(name, x, low)
    return x


def rows(name, x, least=2, width=None, dtype="float64", varied=False, like=None):
    """`x` as an array (num, width), every example flattened to one row.

    Args:
        name: The argument's name in the message.
        x: Array (num, ...).
        least: Fewest rows that will do.
        width: Numbers a row must have, or None.
        dtype: Of the result; None keeps that of `x`, which saves memory for pictures.
        varied: Whether at least 2 rows must differ, as they do in every set of real examples. Samples
            of a model that has collapsed may all be equal.
        like: Name of the argument whose rows have that width, for the message.

    Raises:
        InvalidDataError: If it is no array of rows of finite real numbers, has too few rows (the message
            says how many would do), rows of another width, or rows that are all equal where they must not be.
    """
    x = checks.real(name, x)
    if x.ndim < 2:
        raise InvalidDataError(f"`{name}` must have shape (num, width). Received: shape {x.shape}.")
    if len(x) < least:
        raise InvalidDataError(f"`{name}` must have at least {least} rows. Received: {len(x)} rows.")
    if not x.size:
        raise InvalidDataError(f"`{name}` must be a filled array. Received: shape {x.shape}.")
    if x.dtype.kind not in "fiub":  # bfloat16, of which NumPy knows no extremes
        x = x.astype("float32")
    _bounded(name, x)
    if x.dtype.kind == "f" and max(float(x.max()), -float(x.min())) > LARGEST:
        raise InvalidDataError(
            f"`{name}` must hold numbers of magnitude {LARGEST:g} at most. "
            f"Received: values from {x.min()} to {x.max()}."
        )
    x = x.reshape(len(x), -1)
    if width is not None and x.shape[1] != width:
        words = f"rows of {width} numbers" + (f", as `{like}`" if like else "")
        raise InvalidDataError(f"`{name}` must have {words}. Received: {x.shape[1]}.")
    if varied and (x == x[0]).all():
        raise InvalidDataError(
            f"`{name}` must have at least 2 rows that differ. Received: {len(x)} rows, all equal."
        )
    return x if dtype is None else x.astype(dtype, copy=False)


def pair(x, y, least=2):
    """Samples x and real examples y as `rows` of equal width; x may have collapsed, y must vary."""
    x = rows("x", x, least)
    return x, rows("y", y, least, x.shape[1], varied=True, like="x")


def labels(name, y, num, num_classes=None):
    """`y` as int64 labels (num,) in [0, num_classes); None sets no upper bound.

    Raises:
        InvalidDataError: If they are no ints, of another number or out of range.
    """
    y = checks.real(name, y)
    if y.shape != (num,) or y.dtype.kind not in "iu":
        raise InvalidDataError(
            f"`{name}` must hold one int an example, shape ({num},). "
            f"Received: {y.dtype.name} of shape {y.shape}."
        )
    most = np.iinfo("int64").max if num_classes is None else num_classes - 1
    if num and not 0 <= y.min() <= y.max() <= most:
        bound = ">= 0" if num_classes is None else f"from 0 to {most}"
        raise InvalidDataError(
            f"`{name}` must hold labels {bound}. Received: labels from {y.min()} to {y.max()}."
        )
    return y.astype("int64", copy=False)


def _bounded(name, x, low=LOWEST):
    least, most = x.min(), x.max()  # NaN if any element is
    if not (low <= least and most < np.inf):
        rule = {0: "finite and >= 0", -np.inf: "finite or -inf"}.get(low, "finite")
        raise InvalidDataError(f"`{name}` must be {rule}. Received: values from {least} to {most}.")
