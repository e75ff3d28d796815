"""What every measure asks of its arrays."""

import numpy as np

from kerasgen.errors import InvalidDataError

LOWEST = np.finfo("float64").min


def array(name, x, rank=None, low=LOWEST):
    """`x` as a float64 array with values in [low, inf); InvalidDataError otherwise (NaN, empty included)."""
    try:
        x = np.asarray(x, "float64")
    except (TypeError, ValueError) as error:
        raise InvalidDataError(f"`{name}` must be an array of numbers. Received: {name}={x!r}.") from error
    if not x.size or rank not in (None, x.ndim):
        axes = "" if rank is None else f" with {rank} axes"
        raise InvalidDataError(f"`{name}` must be a filled array{axes}. Received: shape {x.shape}.")
    least, most = x.min(), x.max()  # NaN if any element is
    if not (low <= least and most < np.inf):
        rule = {0: "finite and >= 0", -np.inf: "finite or -inf"}.get(low, "finite")
        raise InvalidDataError(f"`{name}` must be {rule}. Received: values from {least} to {most}.")
    return x


def rows(name, x, least=2, width=None):
    """`x` as a float64 array of rows (num, width), if a measure can be taken of it.

    Args:
        name: The argument's name in the message.
        x: Array (num, ...); every example becomes one row.
        least: Fewest rows that will do.
        width: Numbers a row must have, or None.

    Raises:
        InvalidDataError: If it is no array of rows, has too few, holds NaN or infinity, or
            every row is the same; says the number that would do.
    """
    if np.ndim(x) < 2:
        raise InvalidDataError(f"`{name}` must have shape (num, width). Received: shape {np.shape(x)}.")
    if len(x) < least:
        raise InvalidDataError(f"`{name}` must have at least {least} rows. Received: {len(x)} rows.")
    x = array(name, x)
    x = x.reshape(len(x), -1)
    if width is not None and x.shape[1] != width:
        raise InvalidDataError(f"`{name}` must have rows of {width} numbers. Received: {x.shape[1]}.")
    if len(x) > 1 and (x == x[0]).all():
        raise InvalidDataError(
            f"`{name}` must have at least 2 rows that differ. Received: {len(x)} rows, all equal."
        )
    return x


def pair(x, y, least=2, names=("x", "y")):
    """Both arrays as `rows`, and of equal width."""
    x = rows(names[0], x, least)
    return x, rows(names[1], y, least, x.shape[1])
