"""Checks of what a flow is made of."""

from kerasgen.bijectors.base import Bijector
from kerasgen.ops import checks

MOST_LEVELS = 2**16


def check_condition(bijector, condition):
    """Refuses a condition that the bijector does not read, and the lack of one that it reads."""
    checks.instance("bijector", bijector, Bijector)
    if bijector.conditional != (condition is not None):
        raise ValueError(
            "`condition` must be set if a network in `bijector` reads one, and only then. "
            f"Received: condition={condition}, conditional={bijector.conditional}."
        )


def build(name, bijector, shape):
    """Builds a bijector for examples of a shape; ValueError with its name if it is one of another shape."""
    if not bijector.built:
        bijector.build((None, *shape))
    built = tuple(bijector.get_build_config()["input_shape"])[1:]
    if built != tuple(shape):
        raise ValueError(f"`{name}` must take shape {tuple(shape)}. Received: one of shape {built}.")


def check_levels(levels, dequantizer, event):
    """Refuses levels without a range, and a dequantizer without levels or of another shape."""
    if levels is not None:
        checks.integer("levels", levels, 2, MOST_LEVELS)
        if event.range is None:
            raise ValueError("`value_range` must be given for levels. Received: value_range=None.")
    if dequantizer is None:
        return
    if levels is None:
        raise ValueError("`dequantizer` must be None without levels. Received: a dequantizer.")
    if not checks.instance("dequantizer", dequantizer, Bijector).conditional:
        raise ValueError("`dequantizer` must read the image as its condition. Received: one that reads none.")
    build("dequantizer", dequantizer, event.shape)
