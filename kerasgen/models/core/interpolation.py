"""Examples along paths between codes."""

import numpy as np
import tensorflow as tf

from kerasgen.models.core.rows import by_chunks
from kerasgen.ops import checks


def interpolate(model, code, path, emit, num, steps, seed, condition):
    """Examples along paths between codes of a model's prior: (num, steps, *event.shape).

    What else two rows have, their conditions too, passes from one to the other halfway.

    Args:
        model: `GenerativeModel` with `latent`.
        code: Function of the arguments of `draw` that gives codes (rows, *latent.shape).
        path: Function (start, end, steps) of codes (num, *latent.shape): (num, steps, *latent.shape).
        emit: Function of codes and the arguments of `draw` that gives examples.
        num, steps: Paths, and examples along each, both ends included.
        seed: As in `sample`; path i runs from row 2i of that sample to row 2i + 1.
        condition: As in `sample`, one per path.
    """
    num, steps = checks.integer("num", num, 1, 1000), checks.integer("steps", steps, 2, 1000)
    condition = model.check_condition(condition, num)
    keys = model.row_keys(2 * num, seed)
    condition = None if condition is None else np.repeat(condition, 2, axis=0)
    keys, *given = model.with_condition(keys, condition)
    codes = code(keys, *given)
    nearer = 2 * np.arange(num)[:, None] + (np.arange(steps) >= steps / 2)  # row of the end
    rows = [tf.gather(part, nearer.ravel()) for part in (keys, *given)]
    codes = tf.reshape(path(codes[::2], codes[1::2], steps), (num * steps, *model.latent.shape))
    return by_chunks(emit, (codes, *rows), model.chunk).reshape(num, steps, *model.event.shape)
