"""The files of a kind below a folder."""

import collections
import os
import warnings

from kerasgen.data.images import ENDINGS
from kerasgen.errors import InvalidDataError, MissingDataError
from kerasgen.ops import checks


def folder(name, value):
    """`value` as the path of a folder.

    Raises:
        TypeError: If it is no path.
        MissingDataError: If there is no such folder.
    """
    if not isinstance(value, (str, os.PathLike)) or not isinstance(os.fspath(value), str):
        raise TypeError(f"`{name}` must be the path of a folder. Received: {name}={checks.received(value)}.")
    path = os.fspath(value)
    if "\0" in path or not os.path.isdir(path):
        raise MissingDataError(f"`{name}` must be a folder that exists. Received: {name}={path!r}.")
    return path


def images_below(path, apart=()):
    """Paths of the images in a folder and its sub-folders: see `below`."""
    return below(path, ENDINGS, "images", apart)


def holds(path, endings):
    """Whether a folder or one of its sub-folders holds a file of a kind, and which: its path, or None."""
    for here, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if _shown(name))
        for name in sorted(names):
            if _shown(name) and name.lower().endswith(endings):
                return os.path.join(here, name)
    return None


def below(path, endings, kind, apart=()):
    """Paths of the files of a kind in a folder and its sub-folders, sorted.

    Files and folders whose names begin with a dot are left out. Links to folders are followed; each folder is
    read once, under its own path if that is below `path`. What else is left out is said in a warning: other
    kinds of files, and further paths of a folder that was read.

    Args:
        path: Folder.
        endings: Of the files' names, a tuple in lower case.
        kind: What they are, in a word.
        apart: Paths of other files that need no word.

    Raises:
        MissingDataError: If there is no such file.
        InvalidDataError: If a folder below cannot be read.
    """
    found, others, again = [], [], []
    seen, waiting = set(), collections.deque([path])
    while waiting:
        here = waiting.popleft()
        if os.path.realpath(here) in seen:
            again.append(here)
            continue
        seen.add(os.path.realpath(here))
        for entry in _visible(here):
            if not entry.is_dir():
                (found if entry.name.lower().endswith(endings) else others).append(entry.path)
            elif entry.is_symlink():
                waiting.append(entry.path)  # after every real folder
            else:
                waiting.appendleft(entry.path)
    apart = {os.path.realpath(file) for file in apart}
    others = [file for file in others if os.path.realpath(file) not in apart]
    _say(f"files that are no {kind} of a kind that is read here", others)
    _say("other paths of folders that were read", again)
    if not found:
        raise MissingDataError(f"`path` must hold {kind} ({', '.join(endings)}). Received: path={path!r}.")
    return sorted(found)


def folders_in(path):
    """Names of the visible folders in a folder, sorted."""
    return sorted(entry.name for entry in _visible(path) if entry.is_dir())


def _visible(path):
    try:
        with os.scandir(path) as entries:
            return sorted((entry for entry in entries if _shown(entry.name)), key=lambda entry: entry.name)
    except OSError as error:
        raise InvalidDataError(f"`path` holds a folder that cannot be read: {path!r} ({error}).") from error


def _shown(name):
    """Whether a file or folder is one that a person sees and put there."""
    return not name.startswith(".") and name != "__MACOSX"  # what an archive from a Mac leaves behind


def _say(what, paths):
    if paths:
        more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
        listed = ", ".join(map(repr, sorted(paths)[:3]))
        warnings.warn(f"`path` holds {what}; they were skipped: {listed}{more}.", stacklevel=4)
