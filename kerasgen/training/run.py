"""One training run in one folder: checkpoints, log, sheets, curve; begun, stopped, resumed."""

import json
import os
import sys

import keras

from kerasgen import pictures
from kerasgen.ops import replicas
from kerasgen.training import board, table
from kerasgen.training.callbacks import SampleSheet
from kerasgen.training.checkpoint import Checkpoint
from kerasgen.training.health import Finite
from kerasgen.training.verdict import Verdict


def train(
    model,
    dataset,
    folder,
    epochs,
    every_steps=500,
    resume=False,
    settings=None,
    held_out=None,
    verbose="auto",
):
    """Trains for `epochs` in all and leaves in `folder`:

        checkpoint/       the state, resumable bit for bit
        samples/          a sheet an epoch, of a model that samples
        log.csv           the logged terms, a row an epoch
        curve.png         the same as a picture
        run.json          the settings
        health.md         where there are held-out examples: what the run looks like, in words, with
                          health.csv and health.png
        tensorboard/      all of this for TensorBoard, where that is installed

    Ctrl-C (or SIGTERM turned into it) saves a checkpoint first. Several workers (`scope`) share
    the folder: all read it, the chief alone writes, and Ctrl-C saves nothing.

    Args:
        model: Compiled `GenerativeModel`.
        dataset: A dataset of `kerasgen.data`.
        folder: Folder of the run.
        epochs: Epochs in all, those before a resume included.
        every_steps: Train steps between checkpoints.
        resume: Whether to go on from the newest checkpoint, if there is one.
        settings: {name: plain value} that the run depends on; a resume must repeat them.
        held_out: None or (examples, labels or None) that are not trained on, in the range of the model; a
            third may be examples that are, so that copies of them are seen.
        verbose: As in `fit`; "auto" shows a bar on a terminal and a line an epoch elsewhere.

    Returns:
        The `Checkpoint`, with `minutes` and a restored state.

    Raises:
        FileExistsError: If `folder` holds a run and `resume` is False; nothing is touched.
        DivergedError: If a number is not finite; the model and the run are back at the last sound
            checkpoint.
        ValueError: If the run was begun under other settings, or workers do not see the same folder;
            nothing is touched.
        WorkerLostError: If another worker went away; start all again with `resume`.
    """
    place = lambda name: os.path.join(folder, name)
    checkpoint = Checkpoint(place("checkpoint"), every_steps)
    if checkpoint.steps and not resume:
        raise FileExistsError(f"`folder` holds a run: resume it, or name another. Received: {folder!r}.")
    strategy = model.distribute_strategy
    chief = replicas.is_chief(strategy)
    if chief:
        _same(place("run.json"), settings or {})
    checkpoint.set_model(model)
    if verbose == "auto":
        verbose = 1 if sys.stdout.isatty() else 2
    callbacks = [Finite(checkpoint), checkpoint, *(witnesses(folder, model, held_out) if chief else [])]
    checkpoint.acquire()
    try:
        with replicas.watched(strategy):
            _begin(checkpoint, model, strategy)
            if not chief:  # the chief has written it by now
                if not os.path.exists(place("run.json")):
                    raise ValueError(
                        f"`folder` must be shared by all workers. Received: {folder!r}, empty here."
                    )
                _same(place("run.json"), settings or {})
            _epochs(model, dataset, epochs, callbacks=callbacks, verbose=verbose if chief else 0)
    except KeyboardInterrupt:
        if replicas.workers(strategy) == 1:  # the others are not told
            checkpoint.save()
        raise
    finally:
        checkpoint.lock.release(force=True)
        if chief and (rows := table.rows(place("log.csv"))):
            pictures.curve(rows, place("curve.png"), model.name)
    return checkpoint


def witnesses(folder, model, held_out):
    """Callbacks that tell of a run and leave it alone."""
    place = lambda name: os.path.join(folder, name)
    log = keras.callbacks.CSVLogger(place("log.csv"), append=True)
    sheets = [SampleSheet(place("samples"))] if hasattr(model, "sample") else []
    verdict = [Verdict(folder, *held_out)] if held_out and sheets else []
    boards = [board.Board(folder)] if board.installed() else []
    return [log, *sheets, *verdict, *boards]


def _begin(checkpoint, model, strategy):
    """Restores every worker to one step; without a checkpoint, writes one to go back to."""
    restored = checkpoint.restore(model)
    steps = replicas.gathered(strategy, -1 if restored is None else restored)
    if len(set(steps)) > 1:
        raise ValueError(f"`folder` must be shared by all workers. Received: steps {steps} restored from it.")
    if restored is None:
        checkpoint.save()


def _same(path, settings):
    """Keeps the settings of a new run; refuses others for one that was begun."""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            begun = json.load(file)
        for key, value in settings.items():
            if key in begun and begun[key] != value:
                raise ValueError(f"`{key}` was {begun[key]!r} when the run was begun. Received: {value!r}.")
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(settings, file)


def _epochs(model, dataset, epochs, **arguments):
    """`fit` to `epochs` in all; an epoch that a checkpoint cut in two is finished first."""
    done, part = divmod(model.step, dataset.steps_per_epoch)
    if part and done < epochs:
        rest = dataset.steps_per_epoch - part
        model.fit(dataset, initial_epoch=done, epochs=done + 1, steps_per_epoch=rest, **arguments)
        done += 1
    if done < epochs:
        model.fit(dataset, initial_epoch=done, epochs=epochs, **arguments)
