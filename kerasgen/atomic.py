"""Files of this machine, replaced as a whole: a reader, or a crash, finds the old one or the new one."""

import contextlib
import os
import re
import uuid

from kerasgen.fields import received


@contextlib.contextmanager
def replacing(path):
    """Yields a path beside `path` to write to; the file written there takes the place of `path` at the end.

    The bytes are on the disk before the file is renamed. If the block raises, `path` is as it was
    and nothing is left beside it; a process that is killed leaves at most a hidden file.

    Args:
        path: File to write or to replace, in a folder that exists. The path yielded has its ending.
    """
    folder, name = os.path.split(os.path.abspath(path))
    draft = os.path.join(folder, f".{uuid.uuid4().hex}{os.path.splitext(name)[1]}")
    try:
        yield draft
        with open(draft, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft)


def write_text(path, text):
    """Writes `text` to `path`, in UTF-8, as `replacing` does."""
    with replacing(path) as draft, open(draft, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def local_path(name, value):
    """`value` as a path on a file system of this machine; nothing need exist there.

    TensorFlow's own file systems ("gs://...", "ram://...") are refused: locks and atomic renames, on which
    a run relies, are not to be had there.

    Args:
        name: Of the argument.
        value: A string or a `pathlib.Path`.

    Raises:
        TypeError: If it is no path of characters.
        ValueError: If it is empty, holds a zero byte, or names another kind of file system.
    """
    try:
        path = os.fsdecode(value)
        path.encode()  # TensorFlow takes UTF-8 alone
    except Exception:
        raise TypeError(f"`{name}` must be a path. {received(name, value)}") from None
    if not path or "\0" in path or re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", path):
        raise ValueError(
            f"`{name}` must be a path on a file system of this machine. Received: {name}={path!r:.200}."
        )
    return path
