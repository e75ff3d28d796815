"""Functions of many rows, in the memory of a few."""

import numpy as np
import tensorflow as tf
from tqdm import tqdm


def by_chunks(function, arrays, size, progress=False):
    """`function(*arrays)` by `size` rows, the last of them padded: one graph serves every chunk.

    Args:
        function: Tensors of equal length -> one of that length, or a tuple of them.
        arrays: The arguments, each (num, ...), num >= 1.
        size: Rows of a chunk; fewer where there are not so many.
        progress: Whether to show a bar.

    Returns:
        An array (num, ...), or a tuple of them.
    """
    num = len(arrays[0])
    size = min(size, num)
    results = []
    for at in tqdm(range(0, num, size), unit="chunk", disable=not progress):
        index = np.minimum(np.arange(at, at + size), num - 1)  # the last row again, as padding
        chunk = function(*(tf.gather(array, index) for array in arrays))
        results.append([np.asarray(part) for part in (chunk if isinstance(chunk, tuple) else (chunk,))])
    parts = [np.concatenate(part)[:num] for part in zip(*results, strict=True)]
    return tuple(parts) if len(parts) > 1 else parts[0]
