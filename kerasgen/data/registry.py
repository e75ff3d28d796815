"""Data sets that have a name: each registers itself, those of the library in files of `kerasgen.data.sets`.

Nothing heavy is imported here, nor on top of those files: `kerasgen data` must not load NumPy or TensorFlow.
"""

import collections.abc
import dataclasses
import difflib
import fnmatch
import functools
import importlib
import pkgutil

from kerasgen.errors import UnknownNameError
from kerasgen.fields import received

_SOURCES = {}


@dataclasses.dataclass(frozen=True)
class Source:
    """A named data set.

    Args:
        read: Function (split, data_dir) -> (examples, labels): arrays with one row for each example, uint8
            images, float32 points or others, and ints or texts (num,), or None where there are no labels.
            `data_dir` is the absolute path of the folder of prepared data, or None if none was stated.
        splits: Names of its splits, or None if `read` itself checks the split.
        holds: What it holds, in a sentence.
        size: What it takes on a disk, such as "11 MB".
        license: As its source states it.
        origin: Where it comes from: an address, a paper, or in words.
    """

    read: collections.abc.Callable
    splits: tuple | None = ("train", "test")
    holds: str = ""
    size: str = ""
    license: str = ""
    origin: str = ""


def register(name, splits=("train", "test"), *, size="", license="", origin=""):
    """A decorator that gives a data set a name: for `load`, `arrays`, recipes and the command line.

        @kerasgen.data.register("my_images", license="CC BY 4.0", origin="https://...")
        def my_images(split, data_dir):
            \"\"\"2,000 photographs of leaves, 32x32, and their trees.\"\"\"
            return images, labels  # of that split

    The first sentence of its docstring says what it holds.

    Args:
        name: A text that is not taken.
        splits: Names of its splits; None if the function itself checks the split.
        size, license, origin: As in `Source`, for `kerasgen data`.

    Raises:
        TypeError, ValueError: If the name is no text or taken, or another argument is none of these.
    """
    if _text("name", name) in _SOURCES:
        raise ValueError(f"`name` must not be taken. {received('name', name)}")
    splits = None if splits is None else _texts("splits", splits)
    about = {"size": size, "license": license, "origin": origin}
    for key, value in about.items():
        if not isinstance(value, str):
            raise TypeError(f"`{key}` must be a string. {received(key, value)}")

    def decorate(read):
        if not callable(read):
            raise TypeError(f"`read` must be callable. {received('read', read)}")
        holds = " ".join((getattr(read, "__doc__", None) or "").partition("\n\n")[0].split())
        _SOURCES[name] = Source(read, splits, holds, **about)
        return read

    return decorate


def list_datasets(pattern="*"):
    """Names of the registered data sets, sorted, that match a glob such as "*mnist".

    `load` also takes the name of any other set of images in TensorFlow Datasets.

    Raises:
        TypeError: If `pattern` is no text.
    """
    _discover()
    return sorted(fnmatch.filter(_SOURCES, _text("pattern", pattern)))


def describe(name):
    """What is known of a registered data set, without reading it: a dictionary of plain data.

    Raises:
        UnknownNameError: If no set of that name is registered.
        TypeError, ValueError: If `name` is no text, or empty.
    """
    _discover()
    if _text("name", name) not in _SOURCES:
        raise unknown(name, ())
    found = dataclasses.asdict(_SOURCES[name])
    del found["read"]
    return {"name": name} | found


def find(name):
    """The `Source` registered under a name, or else that of TensorFlow Datasets.

    Raises:
        TypeError, ValueError: If `name` is no text, or empty.
    """
    _discover()
    if _text("name", name) in _SOURCES:
        return _SOURCES[name]
    from kerasgen.data import prepared

    return prepared.source(name)


def unknown(name, others):
    """The `UnknownNameError` of a name, with near matches among the registered ones and `others`."""
    near = difflib.get_close_matches(name.casefold(), {*_SOURCES, *others}, n=3, cutoff=0.6)
    hint = f"Did you mean {', '.join(near)}?" if near else f"Known: {', '.join(sorted(_SOURCES))}."
    return UnknownNameError(
        f"`name` must be a registered data set or one of TensorFlow Datasets. Received: name={name!r}. {hint}"
    )


@functools.cache
def _discover():
    """Imports every file of `kerasgen.data.sets`, so that the data sets in it are registered."""
    package = importlib.import_module("kerasgen.data.sets")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"kerasgen.data.sets.{module.name}")


def _text(name, value):
    """`value`, if it is a string that is not empty."""
    if not isinstance(value, str):
        raise TypeError(f"`{name}` must be a string. {received(name, value)}")
    if not value:
        raise ValueError(f"`{name}` must not be empty. {received(name, value)}")
    return str(value)


def _texts(name, value):
    """A sequence of different texts, one or more, as a tuple."""
    if not isinstance(value, (tuple, list)):
        raise TypeError(f"`{name}` must be a sequence of texts. {received(name, value)}")
    found = tuple(_text(name, one) for one in value)
    if not found or len(set(found)) < len(found):
        raise ValueError(f"`{name}` must be different texts, one or more. {received(name, value)}")
    return found
