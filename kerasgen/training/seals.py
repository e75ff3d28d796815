"""The files of checkpoints in a folder, and the seals that tell a complete checkpoint from a damaged one.

Checkpoint number `step` is the files `ckpt-<step>.index` and `ckpt-<step>.data-...`; its seal
`ckpt-<step>.json` holds the size and sha256 of each of them.
"""

import hashlib
import json
import os
import re
import shutil

from kerasgen import atomic

MOST_SEAL = 2**20  # bytes of a seal; no true one comes near


def steps(folder, *endings):
    """The steps for which there is an entry with one of these endings, rising."""
    names = os.listdir(folder) if os.path.isdir(folder) else []
    found = (re.fullmatch(rf"ckpt-(\d+)\.({'|'.join(endings)})", name) for name in names)
    return sorted({int(match[1]) for match in found if match})


def seal(folder, step):
    """Writes the seal of a checkpoint, whose files are complete."""
    sealed = {name: _fingerprint(os.path.join(folder, name)) for name in _names(folder, step)}
    atomic.write_text(os.path.join(folder, f"ckpt-{step}.json"), json.dumps(sealed))


def problem(folder, step):
    """None for a valid checkpoint; otherwise "unfinished" or "damaged"."""
    own = os.path.join(folder, f"ckpt-{step}.json")
    paths = [os.path.join(folder, name) for name in _names(folder, step)]
    if not os.path.lexists(own):
        return "unfinished"
    if not all(map(os.path.isfile, [own, *paths])):  # a folder; a pipe, which would block its reader
        return "damaged"
    try:
        with open(own, encoding="utf-8") as file:
            sealed = json.loads(file.read(MOST_SEAL))
        found = {os.path.basename(path): _fingerprint(path) for path in paths}
    except (ValueError, RecursionError, OSError):  # no text, no JSON, nested without end, unreadable
        return "damaged"
    return None if found and found == sealed else "damaged"


def entries(folder, chosen):
    """Paths of all that belongs to the checkpoints whose step is `chosen`, a function of the step."""
    names = {name: re.match(r"ckpt-(\d+)[._]", name) for name in os.listdir(folder)}
    return [os.path.join(folder, name) for name, found in names.items() if found and chosen(int(found[1]))]


def remove(paths):
    """Removes files and folders, seals first: a checkpoint that is half removed counts as unfinished."""
    for path in sorted(paths, key=lambda path: not path.endswith(".json")):
        folder = os.path.isdir(path) and not os.path.islink(path)
        shutil.rmtree(path) if folder else os.remove(path)


def _names(folder, step):
    """Names of the files of a checkpoint, without its seal."""
    names = sorted(os.listdir(folder))
    return [name for name in names if re.fullmatch(rf"ckpt-{step}\.(index|data-.*)", name)]


def _fingerprint(path):
    """[bytes, sha256 in hex] of a file."""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return [os.path.getsize(path), digest]
