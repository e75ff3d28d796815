"""Stacked MNIST: three digits as the channels of one image, a test of mode collapse with 1,000 modes.

Metz et al. (2017), arXiv:1611.02163, section 3.3.1; Lin et al. (2018), arXiv:1712.04086, section 4.2.
"""

import numpy as np

DRAWS = {"train": (60_000, 0), "test": (10_000, 1)}  # (num, seed) of the splits


def stack(images, digits, num, seed):
    """`num` stacks of three independent draws a, b, c: uint8 (num, h, w, 3), labels 100 a + 10 b + c."""
    index = np.random.default_rng(seed).integers(len(images), size=(num, 3))
    stacks = np.stack([images[column, ..., 0] for column in index.T], axis=-1)
    return stacks, digits[index] @ np.array([100, 10, 1])
