"""Pixels between a model's range and the 256 grey levels of a picture."""

import numpy as np


def to_uint8(images, value_range):
    """Images in (low, high) as uint8, clipped and rounded to the nearest level."""
    low, high = value_range
    unit = np.clip((np.asarray(images, "float32") - low) / (high - low), 0, 1)
    return np.round(unit * 255).astype("uint8")


def from_uint8(images, value_range):
    """uint8 images as float32 in (low, high)."""
    low, high = value_range
    return (low + np.asarray(images, "float32") * ((high - low) / 255)).astype("float32")
