"""Paths of a run: what a folder or a file may be."""

import os

from kerasgen.atomic import local_path


def local_folder(name, value):
    """As `local_path`, of a folder; NotADirectoryError if there is a file in its place."""
    path = local_path(name, value)
    if os.path.lexists(path) and not os.path.isdir(path):
        raise NotADirectoryError(f"`{name}` must be a folder. Received: {name}={path!r}, a file.")
    return path
