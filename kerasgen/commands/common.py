"""What the sub-commands share: the model that is meant, the result as text or JSON, what was typed."""

import json
import os
import shlex
import sys
import textwrap

from kerasgen import errors, registry
from kerasgen.commands import process
from kerasgen.training import files


def generates(name):
    """Whether an entry draws samples."""
    return registry.get_recipe(name).generates


def open_model(args):
    """The entry with its shipped weights, or with those of a run.

    Raises:
        UnknownNameError: If there is no such entry.
        MissingWeightsError: If the run holds no checkpoint.
        ValueError: If the run is of another entry.
    """
    registry.get_recipe(args.name)  # a name that does not exist is refused before TensorFlow is loaded
    if args.run:
        _check_run(args)
    process.load_tensorflow()
    dtype = getattr(args, "dtype", None)
    if not args.run:
        return registry.load(args.name, dtype=dtype)
    from kerasgen import training

    checkpoint = training.Checkpoint(os.path.join(args.run, "checkpoint"))
    if not checkpoint.steps:
        raise errors.MissingWeightsError(f"`run` holds no checkpoint. Received: run={args.run!r}.")
    model = registry.load(args.name, pretrained=False, dtype=dtype)
    if checkpoint.restore(model) is None:
        raise errors.MissingWeightsError(f"`run` holds no finished checkpoint. Received: run={args.run!r}.")
    return model


def show(args, result, rows=None, headers=(), text=None):
    """The result as JSON, or as text and a table."""
    if args.json:
        print(json.dumps(result, indent=2))
        return
    if text:
        print(text)
    if rows is not None:
        from tabulate import tabulate

        wrapped = [[*row[:-1], textwrap.fill(str(row[-1]), 80)] for row in rows]
        print(tabulate(wrapped, headers, "simple", disable_numparse=True))


def typed():
    """What was typed, without the options that leave the numbers as they are."""
    words, rest = ["kerasgen"], iter(sys.argv[1:])
    for word in rest:
        if word == "--folder":
            next(rest, None)
        elif word not in ("--resume", "--publish") and not word.startswith("--folder="):
            words.append(word)
    return shlex.join(words)


def _check_run(args):
    """ValueError if the folder of a run says that another entry was trained in it."""
    path = os.path.join(files.local_folder("run", args.run), "run.json")
    if not os.path.isfile(path):  # a run of Python's, or none at all
        return
    try:
        with open(path, encoding="utf-8") as file:
            name = dict(json.load(file)).get("name", args.name)
    except (ValueError, TypeError, RecursionError):
        return  # the checkpoint tells whether its variables fit
    if name != args.name:
        raise ValueError(f"`run` must be a run of {args.name}. Received: run={args.run!r}, a run of {name}.")
