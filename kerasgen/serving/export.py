"""Versioned exports: `folder/<version>/`, the newest of which TF Serving loads by itself."""

import os

from kerasgen.ops import checks


def export_version(model, folder, version=None, max_rows=1024):
    """Exports `model` to `folder/<version>` and returns that path.

    Args:
        model: A `GenerativeModel`.
        folder: The folder that the server watches; made if need be.
        version: Int >= 1; default one more than the newest there.
        max_rows: Most rows a request may ask for.

    Raises:
        FileExistsError: If that version exists.
        TypeError, ValueError: If `version` or `max_rows` is no int >= 1.
    """
    if version is None:
        there = os.listdir(folder) if os.path.isdir(folder) else []
        version = 1 + max((int(name) for name in there if name.isdigit()), default=0)
    checks.integer("version", version, 1, 2**31 - 1)
    checks.integer("max_rows", max_rows, 1, 2**31 - 1)
    path = os.path.join(folder, str(version))
    model.export(path, max_rows=max_rows)
    return path
