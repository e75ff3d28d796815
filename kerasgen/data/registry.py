"""The data sets that have a name: each file of this package registers its own, other packages theirs."""

import collections.abc
import dataclasses
import difflib
import fnmatch
import functools
import importlib
import pkgutil

from kerasgen.errors import UnknownNameError
from kerasgen.ops import checks

_SOURCES = {}
_OTHERS = []  # functions of names that are not registered


@dataclasses.dataclass(frozen=True)
class Source:
    """Where a named data set comes from.

    Args:
        read: Function (split, data_dir) -> (examples, labels): arrays with one row for each example, uint8
            images, float32 points or others, and ints or texts (num,), or None where there are no labels.
            `data_dir` is the absolute path of the folder of prepared data, or None if none was stated.
        splits: Names of its splits, or None if `read` itself checks the split.
    """

    read: collections.abc.Callable
    splits: tuple | None = ("train", "test")


def register(name, splits=("train", "test")):
    """A decorator that gives a data set a name, for `load`, `arrays` and the recipes of entries.

        @kerasgen.data.register("my_images")
        def my_images(split, data_dir):
            return images, labels  # of that split

    Args:
        name: A text that is not taken.
        splits: Names of its splits; None if the function itself checks the split.

    Raises:
        TypeError, ValueError: If the name is no text or taken, or the splits are no texts.
    """
    checks.text("name", name)
    if name in _SOURCES:
        raise ValueError(f"`name` must not be taken. Received: name={name!r}.")
    if splits is not None:
        splits = checks.texts("splits", splits)

    def decorate(read):
        _SOURCES[name] = Source(checks.function("read", read), splits)
        return read

    return decorate


def answers_for_others(source):
    """A decorator of the function that gives the `Source` of a name that is not registered."""
    _OTHERS.append(source)
    return source


def list_datasets(pattern="*"):
    """Names of the registered data sets, sorted, that match a glob such as "*mnist".

    `load` also takes the name of any other set of images in TensorFlow Datasets.

    Raises:
        TypeError: If `pattern` is no text.
    """
    _discover()
    return sorted(fnmatch.filter(_SOURCES, checks.text("pattern", pattern)))


def find(name):
    """The `Source` registered under a name, or else that of TensorFlow Datasets.

    Raises:
        TypeError, ValueError: If `name` is no text, or empty.
    """
    _discover()
    (other,) = _OTHERS
    return _SOURCES.get(checks.text("name", name)) or other(name)


def unknown(name, others):
    """The `UnknownNameError` of a name, with near matches among the registered ones and `others`."""
    near = difflib.get_close_matches(name.casefold(), {*_SOURCES, *others}, n=3, cutoff=0.6)
    hint = f"Did you mean {', '.join(near)}?" if near else f"Known: {', '.join(sorted(_SOURCES))}."
    return UnknownNameError(
        f"`name` must be a registered data set or one of TensorFlow Datasets. Received: name={name!r}. {hint}"
    )


@functools.cache
def _discover():
    """Imports every module of this package, so that the data sets in it are registered."""
    package = importlib.import_module("kerasgen.data")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"kerasgen.data.{module.name}")
