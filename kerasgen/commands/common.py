"""What the verbs share: the model that is meant, the result as text or JSON, what was typed."""

import json
import os
import shlex
import sys
import textwrap

from kerasgen import errors, registry


def open_model(args):
    """The entry with its shipped weights, or with those of a run."""
    dtype = getattr(args, "dtype", None)
    if not args.run:
        return registry.load(args.name, dtype=dtype)
    from kerasgen import training

    model = registry.load(args.name, pretrained=False, dtype=dtype)
    checkpoint = training.Checkpoint(os.path.join(args.run, "checkpoint"))
    if checkpoint.restore(model) is None:
        raise errors.MissingWeightsError(f"`run` holds no checkpoint. Received: run={args.run!r}.")
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
    """What was typed, without what leaves the numbers as they are."""
    words, rest = ["kerasgen"], iter(sys.argv[1:])
    for word in rest:
        if word == "--folder":
            next(rest, None)
        elif word not in ("--resume", "--publish") and not word.startswith("--folder="):
            words.append(word)
    return shlex.join(words)
