"""Checkpoints of a whole training state, and the callback that writes them."""

import hashlib
import json
import os
import re
import shutil
import tempfile
import time
import warnings

import filelock
import keras
import tensorflow as tf

from kerasgen.errors import CorruptWeightsError, FolderInUseError
from kerasgen.ops import replicas
from kerasgen.training.health import diverged, not_finite


class Checkpoint(keras.callbacks.Callback):
    """Saves every variable of a run: networks, optimizers, averages, random streams, step.

    With a dataset of `kerasgen.data`, whose order is a function of (seed, step), a run
    restored in a new process goes on bit for bit. A checkpoint is TensorFlow's own; the seal beside
    it, `ckpt-<step>.json` with the size and sha256 of each of its files, is written last, and only
    then are older ones removed: whenever the process dies, the newest sealed one is whole. Of
    several workers that train together all must have the callback, and the chief alone writes.

    Args:
        folder: Where checkpoints lie; made if need be.
        every_steps: Train steps between two, >= 1; one more at the end of each epoch.
        keep: Newest checkpoints kept, >= 1.

    Attributes:
        minutes: Wall time of training so far, over all processes.

    Raises (in training, at its start or at a save):
        FileExistsError: If `folder` holds checkpoints and none was restored.
        FolderInUseError: If another process writes to `folder`.
        DivergedError: If the model holds NaN or infinity: that is not saved.
        OSError: If `folder` cannot be written, by its rights or for want of space. What was
            saved before stays.
    """

    def __init__(self, folder, every_steps=500, keep=2):
        super().__init__()
        if every_steps < 1 or keep < 1:
            raise ValueError(
                f"`every_steps` and `keep` must be >= 1. Received: every_steps={every_steps}, keep={keep}."
            )
        self.folder, self.every_steps, self.keep = str(folder), every_steps, keep
        self.lock = filelock.FileLock(os.path.join(self.folder, ".lock"), timeout=0)
        self._seconds = tf.Variable(0.0, dtype="float64")
        self._since = None

    def restore(self, model):
        """Loads the newest sound checkpoint into a compiled model; its step, or None if there is none.

        A damaged or unfinished one is named in a warning and passed over.

        Raises:
            CorruptWeightsError: If all that were finished are damaged, or the newest sound one was
                written by another model. Nothing is loaded then.
        """
        self._manage(model)
        damaged = []
        for step in sorted(self._steps("index"), reverse=True):
            problem = self._problem(step)
            if problem is None:
                return self._load(step, model)
            damaged += [] if problem == "unfinished" else [step]
            warnings.warn(f"`folder`: {self._path(step)} is {problem} and passed over.", stacklevel=2)
        if damaged:
            raise CorruptWeightsError(f"`folder` holds damaged checkpoints only. Received: {self.folder!r}.")
        return None

    def save(self):
        """Writes a checkpoint of the present step, unless there is one."""
        self._clock()
        step = self.model.step
        if self._saved == step:
            return
        if not_finite(self.model):
            raise diverged(self.model, checkpoint=self)
        if self._writes():
            self._write(step)
        else:  # metrics are summed over the workers as they are read, which takes all of them
            with tempfile.TemporaryDirectory() as place:
                self._checkpoint.write(os.path.join(place, "ckpt"))
        self._saved = step

    @property
    def steps(self):
        """Those of the finished checkpoints in the folder, damaged ones among them, rising."""
        return sorted(self._steps("json"))

    @property
    def minutes(self):
        return float(self._seconds.numpy()) / 60

    def acquire(self):
        """Takes the folder for this process, if it is to write; FolderInUseError if another has it."""
        if not self._writes():
            return
        os.makedirs(self.folder, exist_ok=True)
        try:
            self.lock.acquire()
        except filelock.Timeout:
            raise FolderInUseError(
                f"`folder` is written to by another process. Received: {self.folder!r}."
            ) from None

    def on_train_begin(self, logs=None):
        if getattr(self, "_managed", None) is not self.model and self.steps:
            raise FileExistsError(
                f"`folder` holds checkpoints: restore one first. Received: {self.folder!r}."
            )
        self.acquire()
        self._manage(self.model)
        self._since = time.monotonic()

    def on_train_end(self, logs=None):
        self.lock.release()

    def on_train_batch_end(self, batch, logs=None):
        # The model's step is the truth; under steps_per_execution batches pass several at a time.
        if batch + 1 >= self._next:
            self._next = batch + 1 + self.every_steps
            self.save()

    def on_epoch_begin(self, epoch, logs=None):
        self._next = self.every_steps

    def on_epoch_end(self, epoch, logs=None):
        self.save()

    def _writes(self):
        return self.model is None or replicas.is_chief(self.model.distribute_strategy)

    def _write(self, step):
        try:
            os.makedirs(self.folder, exist_ok=True)
            self._checkpoint.write(self._path(step))
            self._seal(step)
        except (tf.errors.OpError, OSError) as error:
            if replicas.is_loss(self.model.distribute_strategy, error):
                raise
            reason = getattr(error, "message", None) or str(error)
            raise OSError(f"`folder` cannot be written at step {step}: {self.folder!r}. {reason}") from error
        self._tidy(step)

    def _manage(self, model):
        if getattr(self, "_managed", None) is model:
            return
        variables = [*model.variables, *(v for o in model.optimizers for v in o.variables)]
        state = [getattr(variable, "value", variable) for variable in variables]
        self._checkpoint = tf.train.Checkpoint(state=state, seconds=self._seconds)
        self._managed, self._saved = model, None

    def _load(self, step, model):
        try:
            status = self._checkpoint.read(self._path(step))
            status.assert_consumed().assert_existing_objects_matched()
        except (AssertionError, ValueError, tf.errors.OpError) as error:
            raise CorruptWeightsError(
                f"`folder` holds a checkpoint of another model: {self._path(step)!r}."
            ) from error
        return model.step

    def _path(self, step):
        return os.path.join(self.folder, f"ckpt-{step}")

    def _steps(self, ending):
        """The steps of which there is a file with that ending."""
        names = os.listdir(self.folder) if os.path.isdir(self.folder) else []
        found = (re.fullmatch(rf"ckpt-(\d+)\.{ending}", name) for name in names)
        return [int(match[1]) for match in found if match]

    def _files(self, step):
        """Names of the files of a checkpoint, its seal left out."""
        names = sorted(os.listdir(self.folder))
        return [name for name in names if re.fullmatch(rf"ckpt-{step}\.(index|data-.*)", name)]

    def _seal(self, step):
        seal = {name: _fingerprint(os.path.join(self.folder, name)) for name in self._files(step)}
        with open(f"{self._path(step)}.tmp", "w", encoding="utf-8") as file:
            json.dump(seal, file)
        os.replace(f"{self._path(step)}.tmp", f"{self._path(step)}.json")

    def _problem(self, step):
        """None of a sound checkpoint; "unfinished" or "damaged"."""
        try:
            with open(f"{self._path(step)}.json", encoding="utf-8") as file:
                seal = json.load(file)
            found = {name: _fingerprint(os.path.join(self.folder, name)) for name in self._files(step)}
        except FileNotFoundError:
            return "unfinished"
        except ValueError:  # no JSON, or no text at all
            return "damaged"
        return None if found == seal else "damaged"

    def _tidy(self, step):
        """Removes all but the newest up to `step`: older ones, unfinished ones, damaged ones ahead of it.

        The seals go first: what is left of one half removed is unfinished.
        """
        kept = [old for old in self.steps if old <= step][-self.keep :]
        for name in sorted(os.listdir(self.folder), key=lambda name: not name.endswith(".json")):
            found = re.match(r"ckpt-(\d+)[._]", name)
            if found and int(found[1]) not in kept:
                path = os.path.join(self.folder, name)
                shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)

    def _clock(self):
        now = time.monotonic()
        self._seconds.assign_add(now - (self._since or now))
        self._since = now


def _fingerprint(path):
    """[bytes, sha256 in hex] of a file."""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return [os.path.getsize(path), digest]
