"""The settings of a run, in a file that later runs in the same folder must agree with."""

import json
import os
import warnings

from kerasgen import atomic
from kerasgen.ops import checks

FIRST = "first_step"  # the number of steps that a model had been trained before the run


def plain(settings):
    """Settings that a JSON file can hold; an empty dictionary for None."""
    settings = {} if settings is None else settings
    try:
        if not isinstance(settings, dict):
            raise TypeError
        json.dumps(settings)
    except Exception as error:
        raise TypeError(
            "`settings` must be a dictionary of plain values. "
            f"Received: settings={checks.received(settings)}."
        ) from error
    return settings


def agree(path, settings, new=False):
    """Writes the settings of a new run; ValueError if a run was begun under others."""
    text = json.dumps(settings)
    begun = {} if new else _read(path)
    for key, value in json.loads(text).items():
        if key in begun and begun[key] != value:
            raise ValueError(f"`{key}` was {begun[key]!r} when the run was begun. Received: {value!r}.")
    if not begun:
        atomic.write_text(path, text)


def first_step(path):
    """The step at which the run of a file was begun."""
    step = _read(path).get(FIRST, 0)
    return step if isinstance(step, int) else 0


def _read(path):
    """The settings in a file; none, with a warning, of a file that is damaged."""
    if not os.path.lexists(path):
        return {}
    if not os.path.isfile(path):
        raise OSError(f"`folder` must hold a file 'run.json'. Received: {path!r}, another kind of entry.")
    try:
        with open(path, encoding="utf-8") as file:
            return dict(json.load(file))
    except (ValueError, TypeError, RecursionError):
        warnings.warn(f"{path!r} is damaged: the settings of the run are taken as they are.", stacklevel=2)
        return {}
