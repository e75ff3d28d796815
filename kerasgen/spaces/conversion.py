"""Spaces from plain data, and back."""

import numpy as np

from kerasgen.ops import checks
from kerasgen.spaces import (  # noqa: F401 - they register themselves
    characters,
    integers,
    labels,
    numbers,
    probabilities,
    strings,
    text,
    verses,
)
from kerasgen.spaces.base import Space


def as_condition(value, name="condition"):
    """A space of conditions, or None.

    Args:
        value: None; a `Space`; an int, the number of classes of a `Label`; or texts, the captions of
            a `Text`.
        name: Of the argument, for the message.

    Raises:
        TypeError: If it is nothing of that kind.
        ValueError: If there are fewer than two classes, or a text without words.
    """
    if value is None or isinstance(value, Space):
        return value
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return integers.Label(checks.integer(name, value, 2, 2**31 - 2))
    if isinstance(value, (list, tuple)) and value and all(isinstance(one, str) for one in value):
        return text.Text(tuple(value))
    raise TypeError(
        f"`{name}` must be a space, a number of classes, texts or None. Received: {checks.received(value)}."
    )


def to_config(space):
    """Plain data from which `from_config` makes the space again; None of None."""
    return None if space is None else {"space": type(space).__name__} | space.get_config()


def from_config(config):
    """The space of a `to_config`; a `Space` or None is given back as it is.

    Raises:
        TypeError, ValueError: If it is nothing of that kind, or no such space has been imported.
    """
    if config is None or isinstance(config, Space):
        return config
    if not isinstance(config, dict):
        raise TypeError(f"`config` must be that of a space. Received: config={checks.received(config)}.")
    arguments = dict(config)
    name = checks.choice("space", arguments.pop("space", None), Space.classes)
    return Space.classes[name](**arguments)
