"""What the sub-commands share: the model that is meant, the result as text or JSON, what was typed."""

import json
import os
import pathlib
import shlex
import sys
import textwrap

from kerasgen import errors, registry, saved
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
    process.load_tensorflow()
    dtype = getattr(args, "dtype", None)
    if not args.run:
        return registry.load(args.name, dtype=dtype)
    if run_settings(args):
        return registry.load(pathlib.Path(args.run), dtype=dtype)
    from kerasgen import training

    checkpoint = training.Checkpoint(os.path.join(args.run, "checkpoint"))
    if not checkpoint.steps:
        raise errors.MissingWeightsError(f"`run` holds no checkpoint. Received: run={args.run!r}.")
    model = registry.load(args.name, pretrained=False, dtype=dtype)
    if checkpoint.restore(model) is None:
        raise errors.MissingWeightsError(f"`run` holds no finished checkpoint. Received: run={args.run!r}.")
    return model


def run_settings(args):
    """The settings of the run that was typed; {} of one that says none, as a run of Python's may.

    Where no name was typed, it is the run's; another entry's run is refused.

    Raises:
        ValueError: If the run is of another entry, or neither a name nor a run was typed.
    """
    path = args.run and os.path.join(files.local_folder("run", args.run), "run.json")
    settings = {}
    if path and os.path.isfile(path):
        try:
            settings = saved.read_settings(args.run)
        except errors.CorruptWeightsError:  # the checkpoint tells whether its variables fit
            settings = {}
    name = settings.get("name", args.name)
    if name is None:
        raise ValueError(
            f"`name` must be that of an entry, or `run` a run's folder. Received: run={args.run!r}."
        )
    if args.name not in (None, name):
        raise ValueError(f"`run` must be a run of {args.name}. Received: run={args.run!r}, a run of {name}.")
    args.name = name
    return settings


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


def figure_rows(figures):
    """Rows of a table: a figure, its value and spread, what real data score, what it says."""
    from kerasgen import cards
    from kerasgen.evaluation.measures import measure

    shown = lambda figure, entry: [cards.shown(figure, entry[key]) for key in ("value", "spread", "floor")]
    return [[figure, *shown(figure, entry), measure(figure).text] for figure, entry in figures.items()]


def typed():
    """What was typed, without the options that leave the numbers as they are."""
    words, rest = ["kerasgen"], iter(sys.argv[1:])
    for word in rest:
        if word == "--folder":
            next(rest, None)
        elif word not in ("--resume", "--publish", "--write") and not word.startswith("--folder="):
            words.append(word)
    return shlex.join(words)
