"""Pixels between a model's range and the 256 gray levels of a picture."""

import numpy as np


def to_uint8(images, value_range):
    """Images in (low, high) as uint8, clipped and rounded to the nearest level."""
    low, high = value_range
    unit = np.clip((np.asarray(images, "float32") - low) / (high - low), 0, 1)
    return np.round(unit * 255).astype("uint8")


def dequantize(images, value_range, seed=0):
    """uint8 images as points of a density: low + (high - low) (level + u) / 256, u ~ U[0, 1), float32.

    The mean of such a density's logarithm bounds that of the levels' probabilities from below:
    Theis et al. (2016), arXiv:1511.01844, section 3.1.

    Args:
        images: uint8.
        value_range: (low, high).
        seed: Of u.
    """
    low, high = value_range
    levels = images + np.random.default_rng(seed).uniform(size=np.shape(images))
    return (low + (high - low) / 256 * levels).astype("float32")


def from_uint8(images, value_range):
    """uint8 images as float32 in (low, high)."""
    low, high = value_range
    return (low + np.asarray(images, "float32") * ((high - low) / 255)).astype("float32")
