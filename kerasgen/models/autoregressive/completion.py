"""Images that are partly there: known from the start, or on their way."""

import numpy as np
import tensorflow as tf

from kerasgen.models.core.masks import check_mask
from kerasgen.models.core.rows import by_chunks
from kerasgen.ops import checks


def inpaint(model, x, mask, seed=None, condition=None, progress=False):
    """Examples whose first components are those of x, the others drawn from p(later | first), exactly.

    Args:
        model: `Autoregressive`.
        x: Examples (num, *event.shape); what is not known may be anything in the space.
        mask: 1 where x is known and 0 where it is to be drawn; broadcasts to x. In raster order, rows, then
            columns, then channels, no 1 follows a 0; where blocks of pixels are drawn together, in theirs.
        seed, condition, progress: As in `sample`.

    Returns:
        The shape and type of x: x, at its levels, where the mask is 1.

    Raises:
        InvalidDataError: If `x` or `mask` is not of that kind.
        ValueError: If a known component follows one that is not; or if a pixel is known in part and its
            channels are drawn together, as those of "logistic_mixture" are.
    """
    checks.flag("progress", progress)
    x = model.event.check(x, "x")
    mask = check_mask("mask", mask, x.shape)
    check_prefix(mask, model.pixels)
    condition = model.check_condition(condition, len(x))
    keys, *given = model.with_condition(model.row_keys(len(x), seed), condition)

    def completed(x, mask, keys, *given):
        known = model.pixels.rows(x), model.pixels.grid(mask)
        return model._complete(keys, *(given or (None,)), known)

    return by_chunks(completed, (tf.constant(x), tf.constant(mask), keys, *given), model.chunk, progress)


def check_prefix(mask, pixels):
    """Refuses a mask of which a 1 follows a 0 in raster order."""
    order = np.asarray(pixels.grid(mask)).reshape(len(mask), -1)
    if (np.diff(order, axis=1) > 0).any():
        row = int(np.argmax((np.diff(order, axis=1) > 0).any(axis=1)))
        raise ValueError(
            "`mask` must be 1 for the first components in raster order (rows, columns, channels) and 0 for "
            f"the others. Received: a mask whose row {row} has a 1 behind a 0."
        )
    parts = order.reshape(len(mask), -1, pixels.channels)
    if pixels.joint and (parts != parts[..., :1]).any():
        raise ValueError("`mask` must know whole pixels. Received: a mask that knows a pixel in part.")


def trajectory(model, num=8, steps=10, seed=None, condition=None):
    """Examples while they are drawn: (num, steps + 1, *event.shape), the last of them those of `sample`.

    What has not been drawn yet is the lowest value.

    Args:
        num: Examples, 1 to 1,000.
        steps: Into how many parts of about equal length the order of components is cut, 1 to 1,000.
        seed, condition: As in `sample`.
    """
    num, steps = checks.integer("num", num, 1, 1000), checks.integer("steps", steps, 1, 1000)
    x = model.sample(num, seed, condition)
    size = int(np.prod(model.event.shape))
    counts = np.round(np.linspace(0, size, steps + 1))
    drawn = np.float32(np.arange(size) < counts[:, None]).reshape(-1, *model.pixels.sides)
    drawn = np.asarray(model.pixels.examples(drawn)) == 1
    lowest = np.zeros((), x.dtype) + (model.event.range or (0,))[0]
    return np.where(drawn, x[:, None], lowest.astype(x.dtype))
