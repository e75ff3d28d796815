"""One training run in one folder: checkpoints, log, samples, diagnostics; begun, stopped, resumed."""

import contextlib
import functools
import os
import sys

import keras
import numpy as np

from kerasgen.errors import DivergedError
from kerasgen.models.core import fit_arguments
from kerasgen.models.core.zoo_model import ZooModel
from kerasgen.ops import checks, replicas
from kerasgen.training import files, settings_file, table, tensorboard
from kerasgen.training.callbacks import EpochLog, SampleSheet
from kerasgen.training.checkpoint import Checkpoint
from kerasgen.training.diagnostics import Diagnostics
from kerasgen.training.non_finite import TerminateOnNonFinite


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

        checkpoint/       the state of training, from which a run continues bit for bit
        samples/          a sheet of samples for each epoch, of a model that samples
        log.csv           the logged terms, a row for each epoch
        curve.png         the same as a picture
        run.json          the settings
        health.md         where there are held-out examples: what the run looks like, in words, with
                          health.csv and health.png
        tensorboard/      all of this for TensorBoard, where that is installed

    Ctrl-C (or a signal turned into it) saves a checkpoint first. Several workers (`scope`) share
    the folder: all read it, the chief alone writes, and Ctrl-C saves nothing. What is refused before the
    first train step of a new run leaves nothing behind.

    Args:
        model: Compiled `GenerativeModel` or `Classifier`.
        dataset: A dataset of `kerasgen.data`.
        folder: Folder of the run, on a file system of this machine.
        epochs: Epochs of the run, those before a resume included, >= 1. What the model was trained before it,
            as a pretrained one was, does not count.
        every_steps: Train steps between checkpoints, >= 1.
        resume: Whether to continue from the newest checkpoint, if there is one.
        settings: {name: plain value} that the run depends on; a resume must repeat them.
        held_out: None or (examples, conditions or None) that are not trained on, in the range of the
            model; a third entry may be examples that are, so that copies of them are detected.
        verbose: As in `fit`; "auto" shows a bar on a terminal and a line for each epoch elsewhere.

    Returns:
        The `Checkpoint`, with `minutes` and a restored state.

    Raises:
        TypeError, ValueError, NotADirectoryError: If an argument is none of these.
        FileExistsError: If `folder` holds a run and `resume` is False; nothing has changed then.
        DivergedError: If a number is not finite; the model is back at the last valid checkpoint.
        ValueError: If the run was begun under other settings, or workers do not see the same folder;
            nothing has changed then.
        WorkerLostError: If another worker went away; start all again with `resume`.
    """
    checks.instance("model", model, ZooModel)
    folder = files.local_folder("folder", folder)
    checks.flag("resume", resume)
    fit_arguments.check("fit", {"verbose": verbose})
    settings = settings_file.plain(settings)
    held_out = _checked(held_out)
    epochs = checks.integer("epochs", epochs, 1, 2**31 - 1)
    if not hasattr(dataset, "from_step"):
        raise TypeError(
            f"`dataset` must be a dataset of `kerasgen.data`. Received: {checks.received(dataset)}."
        )
    checkpoint = Checkpoint(os.path.join(folder, "checkpoint"), every_steps)
    if checkpoint.steps and not resume:
        raise FileExistsError(f"`folder` holds a run: resume it, or name another. Received: {folder!r}.")
    checkpoint.set_model(model)
    chief = replicas.is_chief(model.distribute_strategy)
    reports = run_callbacks(folder, model, held_out) if chief else []
    for report in reports:
        report.set_model(model)
    if verbose == "auto":
        verbose = 1 if sys.stdout and sys.stdout.isatty() else 2
    with _locked(checkpoint, folder):
        first = _begin(checkpoint, model, folder, settings)
        progress = functools.partial(_progress, model, first, dataset.steps_per_epoch)
        _align(folder, reports, model, progress)
        _epochs(model, dataset, epochs, checkpoint, reports, progress, verbose if chief else 0)
    return checkpoint


def run_callbacks(folder, model, held_out=None):
    """The callbacks that report on a run and leave it alone; the log comes last, when the others are done."""
    folder, held_out = files.local_folder("folder", folder), _checked(held_out)
    checks.instance("model", model, ZooModel)
    sheets = [SampleSheet(os.path.join(folder, "samples"))] if hasattr(model, "sample") else []
    diagnostics = [Diagnostics(folder, *held_out)] if held_out and sheets else []
    boards = [tensorboard.TensorBoardRun(folder)] if tensorboard.installed() else []
    return [*sheets, *diagnostics, *boards, EpochLog(folder)]


def _checked(held_out):
    """(examples, conditions, perhaps training examples), or None."""
    if held_out is not None and not (isinstance(held_out, (tuple, list)) and 2 <= len(held_out) <= 3):
        raise TypeError(
            "`held_out` must be (examples, conditions or None), with training examples if there are some. "
            f"Received: held_out={checks.received(held_out)}."
        )
    return held_out


@contextlib.contextmanager
def _locked(checkpoint, folder):
    """Locks the folder; removes what was made in it if a new run is refused before its first train step."""
    model, new = checkpoint.model, not checkpoint.steps
    start, before, parents = model.step, set(_below(folder)), _missing(folder)
    checkpoint.acquire()
    try:
        with replicas.watched(model.distribute_strategy):
            yield
    except DivergedError:  # back at step 0, but it did train
        raise
    except Exception:
        if new and model.step == start and checkpoint.writes:
            made = [path for path in _below(folder) if path not in before]
            for path in [*made, *parents]:
                with contextlib.suppress(OSError):
                    os.rmdir(path) if os.path.isdir(path) else os.remove(path)
        raise
    finally:
        checkpoint.lock.release(force=True)


def _below(folder):
    """All files and folders below a folder, the deepest first."""
    walk = os.walk(folder, topdown=False)
    return [os.path.join(root, name) for root, folders, names in walk for name in [*names, *folders]]


def _missing(folder):
    """The folder and those around it that do not exist, the innermost first."""
    folder = os.path.abspath(folder)
    return [] if os.path.exists(folder) else [folder, *_missing(os.path.dirname(folder))]


def _begin(checkpoint, model, folder, settings):
    """Restores every worker to one step; without a checkpoint, writes one to go back to.

    Returns:
        The step at which the run was begun: 0 unless the model was trained before it.
    """
    path, strategy = os.path.join(folder, "run.json"), model.distribute_strategy
    if model.step and not checkpoint.steps:
        settings = settings | {settings_file.FIRST: model.step}
    if checkpoint.writes:
        settings_file.agree(path, settings, new=not checkpoint.steps)
    restored = checkpoint.restore(model)
    steps = replicas.gathered(strategy, -1 if restored is None else restored)
    if len(set(steps)) > 1:
        raise ValueError(f"`folder` must be shared by all workers. Received: steps {steps} restored from it.")
    if restored is None:
        checkpoint.save()
    if not checkpoint.writes:  # the chief has written it by now
        if not os.path.exists(path):
            raise ValueError(f"`folder` must be shared by all workers. Received: {folder!r}, empty here.")
        settings_file.agree(path, settings)
    return settings_file.first_step(path)


def _progress(model, first, steps_per_epoch):
    """(whole epochs that the run has had, steps of the next one)."""
    return divmod(model.step - first, steps_per_epoch)


def _align(folder, reports, model, progress):
    """Makes the reports of a resumed run those of a run that was never stopped.

    Rows of epochs that will be trained again are removed. If the run stopped between the last step of an
    epoch and the row of it, the epoch is reported now: the model stands where it ended.
    """
    done, part = progress()
    ended = done and not part
    # Read by every worker: over several, a mean is a sum that takes all of them.
    logs = {metric.name: float(metric.result()) for metric in model.metrics} if ended else {}
    if not reports:
        return
    changed = [table.truncate(os.path.join(folder, name), done) for name in ("log.csv", "health.csv")]
    rows = table.rows(os.path.join(folder, "log.csv"))
    late = ended and not any(row["epoch"] == done - 1 for row in rows)
    for report in reports:
        if late:
            report.on_epoch_end(done - 1, logs)
        if late or any(changed):
            report.on_train_end()


def _epochs(model, dataset, epochs, checkpoint, reports, progress, verbose):
    """`fit` to `epochs` in all; an epoch that a checkpoint cut in two is finished first."""
    callbacks = [TerminateOnNonFinite(checkpoint), checkpoint, *reports]
    done, part = progress()
    arguments = {"verbose": verbose}
    try:
        if part and done < epochs:
            rest = dataset.steps_per_epoch - part
            first = [_means_kept(model), *callbacks]
            model.fit(
                dataset,
                initial_epoch=done,
                epochs=done + 1,
                steps_per_epoch=rest,
                callbacks=first,
                **arguments,
            )
            done += 1
        if done < epochs:
            model.fit(dataset, initial_epoch=done, epochs=epochs, callbacks=callbacks, **arguments)
    except (KeyboardInterrupt, BrokenPipeError, DivergedError) as stop:
        if not isinstance(stop, DivergedError) and replicas.workers(model.distribute_strategy) == 1:
            checkpoint.save()  # of several workers, the others are not told
        for report in reports:
            report.on_train_end()  # Keras does not call it
        raise


def _means_kept(model):
    """A callback that gives the metrics back the means of the first part of an epoch, which `fit` resets."""
    variables = [variable for metric in model.metrics for variable in metric.variables]
    values = [np.array(variable) for variable in variables]

    def put_back(epoch, logs=None):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)

    return keras.callbacks.LambdaCallback(on_epoch_begin=put_back)
