"""Checks of what a flow is made of."""

from kerasgen.bijectors.base import Bijector
from kerasgen.ops import checks

MOST_LEVELS = 2**16


def check_bijector(name, bijector, shape, conditional):
    """Builds a bijector for examples of a shape; refuses one of another shape, or of another kind.

    Args:
        name: Of the argument.
        bijector: `Bijector`.
        shape: Of one example.
        conditional: Whether it must read a condition.

    Raises:
        TypeError, ValueError: With the argument's name.
    """
    checks.instance(name, bijector, Bijector)
    if bijector.conditional != conditional:
        words = "must read the condition if there is one, and only then"
        raise ValueError(
            f"`{name}` {words}. Received: a bijector that reads {'one' if bijector.conditional else 'none'}."
        )
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
    check_bijector("dequantizer", dequantizer, event.shape, conditional=True)
