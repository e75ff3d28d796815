"""Masks: which part of an example is known."""

import numpy as np

from kerasgen.errors import InvalidDataError
from kerasgen.ops import checks


def check_mask(name, mask, shape):
    """A mask of 0 and 1 as float32 of a shape to which it broadcasts; InvalidDataError if it is none."""
    mask = checks.real(name, mask).astype("float32")
    try:
        mask = np.ascontiguousarray(np.broadcast_to(mask, shape))
    except ValueError as error:
        raise InvalidDataError(
            f"`{name}` must broadcast to the shape {shape} of `x`. Received: shape {mask.shape}."
        ) from error
    if not np.isin(mask, (0, 1)).all():
        raise InvalidDataError(f"`{name}` must hold 0 and 1 only. Received: another value.")
    return mask
