"""Checkpoints of a whole training state, and the callback that writes them."""

import contextlib
import os
import tempfile
import time
import warnings

import filelock
import keras
import tensorflow as tf

from kerasgen.errors import CorruptWeightsError, FolderInUseError
from kerasgen.models.core.zoo_model import ZooModel
from kerasgen.ops import checks, replicas
from kerasgen.training import files, seals
from kerasgen.training.non_finite import diverged, non_finite_variables

MOST_STEPS = 2**31 - 1
PATTERN = set("*?[]\\") - {os.sep}  # characters of a path that TensorFlow reads as a pattern
VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"  # what TensorFlow appends to a variable's name in a checkpoint


class Checkpoint(keras.callbacks.Callback):
    """Saves every variable of a run: networks, optimizers, averages, random streams, steps, metrics.

    With a dataset of `kerasgen.data`, whose order is a function of (seed, step), a run that is
    restored in a new process continues bit for bit. A checkpoint is TensorFlow's own; the seal beside
    it, `ckpt-<step>.json` with the size and sha256 of each of its files, is written last, and only
    then are older checkpoints removed: whenever the process dies, the newest sealed one is complete. Of
    several workers that train together all must have the callback, and the chief alone writes.

    Args:
        folder: Where checkpoints lie, on a file system of this machine; made if need be.
        every_steps: Train steps between two checkpoints, >= 1; one more is written at the end of each epoch.
        keep: Number of the newest checkpoints that are kept, >= 1.

    Attributes:
        minutes: Wall time of training so far, over all processes.

    Raises:
        TypeError, ValueError, NotADirectoryError: If an argument is none of these.

    Raises (in training, at its start or at a save):
        FileExistsError: If `folder` holds checkpoints and none was restored.
        FolderInUseError: If another process writes to `folder`.
        DivergedError: If the model holds NaN or infinity: that is not saved.
        OSError: If `folder` cannot be written: no permission, no space left, or something that is no
            file in the place of one. Earlier checkpoints stay.
    """

    def __init__(self, folder, every_steps=500, keep=2):
        super().__init__()
        self.folder = files.local_folder("folder", folder)
        self.every_steps = checks.integer("every_steps", every_steps, 1, MOST_STEPS)
        self.keep = checks.integer("keep", keep, 1, MOST_STEPS)
        self.lock = filelock.FileLock(os.path.join(self.folder, ".lock"), timeout=0)
        self._seconds = tf.Variable(0.0, dtype="float64")
        self._since = None

    def restore(self, model):
        """Loads the newest valid checkpoint into a compiled model.

        A damaged or unfinished checkpoint is named in a warning and passed over.

        Args:
            model: Any `ZooModel`, compiled as the one that was saved.

        Returns:
            The step of the checkpoint, or None if there is none.

        Raises:
            TypeError: If `model` is none.
            CorruptWeightsError: If every finished checkpoint is damaged, or the newest valid one was
                written by another model. No variable has changed then.
        """
        self._manage(checks.instance("model", model, ZooModel))
        damaged = []
        for step in reversed(seals.steps(self.folder, "index", "json")):
            problem = seals.problem(self.folder, step)
            if problem is None:
                return self._load(step, model)
            damaged += [] if problem == "unfinished" else [step]
            warnings.warn(f"`folder`: {self._path(step)} is {problem} and passed over.", stacklevel=2)
        if damaged:
            raise CorruptWeightsError(
                f"`folder` holds no checkpoint that is not damaged. Received: {self.folder!r}."
            )
        return None

    def save(self):
        """Writes a checkpoint of the present step, unless there is one."""
        self._clock()
        step = self.model.step
        if self._saved == step:
            return
        if non_finite_variables(self.model):
            raise diverged(self.model, checkpoint=self)
        if self.writes:
            self._write(step)
        else:  # metrics are summed over the workers as they are read, which takes all of them
            with tempfile.TemporaryDirectory() as place:
                self._checkpoint.write(os.path.join(place, "ckpt"))
        self._saved = step

    @property
    def steps(self):
        """The steps of the finished checkpoints in the folder, damaged ones among them, rising."""
        return seals.steps(self.folder, "json")

    @property
    def minutes(self):
        return float(self._seconds.numpy()) / 60

    def acquire(self):
        """Locks the folder for this process, if it writes; FolderInUseError if another has locked it."""
        if not self.writes:
            return
        os.makedirs(self.folder, exist_ok=True)
        if os.path.lexists(self.lock.lock_file) and not os.path.isfile(self.lock.lock_file):
            raise OSError(
                f"`folder` must hold a file {self.lock.lock_file!r}. Received: another kind of entry."
            )
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

    @property
    def writes(self):
        """Whether this process writes checkpoints: of several workers, the chief alone."""
        return self.model is None or replicas.is_chief(self.model.distribute_strategy)

    def _write(self, step):
        try:
            os.makedirs(self.folder, exist_ok=True)
            seals.remove(seals.entries(self.folder, lambda old: old == step))  # left by an earlier life
            self._checkpoint.write(self._path(step))
            self._seal(step)
        except (tf.errors.OpError, OSError) as error:
            if replicas.is_loss(self.model.distribute_strategy, error):
                raise
            reason = getattr(error, "message", None) or str(error)
            raise OSError(f"`folder` cannot be written at step {step}: {self.folder!r}. {reason}") from error
        kept = [old for old in self.steps if old <= step][-self.keep :]
        seals.remove(seals.entries(self.folder, lambda old: old not in kept))

    def _manage(self, model):
        if getattr(self, "_managed", None) is model:
            return
        variables = [*model.variables, *(v for o in model.optimizers for v in o.variables)]
        means = [variable for metric in model.metrics for variable in metric.variables]
        plain = lambda variables: [getattr(variable, "value", variable) for variable in variables]
        self._state, self._means = plain(variables), plain(means)
        self._checkpoint = tf.train.Checkpoint(state=self._state, means=self._means, seconds=self._seconds)
        self._managed, self._saved = model, None

    def _load(self, step, model):
        try:
            with _without_pattern(self.folder) as folder:
                prefix = os.path.join(folder, f"ckpt-{step}")
                self._compare(tf.train.load_checkpoint(prefix))
                status = self._checkpoint.read(prefix)
                status.assert_consumed().assert_existing_objects_matched()
        except (AssertionError, ValueError, RuntimeError, tf.errors.OpError) as error:
            raise CorruptWeightsError(
                f"`folder` holds a checkpoint of another model: {self._path(step)!r}."
            ) from error
        self._saved = model.step
        return self._saved

    def _compare(self, reader):
        """ValueError unless a checkpoint holds the model's variables, and no others, in shape and dtype."""
        shapes, dtypes = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
        found = {name: (shapes[name], dtypes[name]) for name in shapes if name.endswith(VALUE)}
        variables = {"seconds": self._seconds}
        for name, each in (("state", self._state), ("means", self._means)):
            variables |= {f"{name}/{index}": variable for index, variable in enumerate(each)}
        if found != {f"{k}{VALUE}": (v.shape.as_list(), v.dtype) for k, v in variables.items()}:
            raise ValueError(f"{len(found)} variables are stored, and {len(variables)} others expected.")

    def _path(self, step):
        return os.path.join(self.folder, f"ckpt-{step}")

    def _seal(self, step):
        seals.seal(self.folder, step)

    def _clock(self):
        now = time.monotonic()
        self._seconds.assign_add(now - (self._since or now))
        self._since = now


@contextlib.contextmanager
def _without_pattern(folder):
    """A path of the folder, or of a link to it, without characters that TensorFlow reads as a pattern."""
    if not PATTERN & set(folder):
        yield folder
        return
    with tempfile.TemporaryDirectory() as place:
        link = os.path.join(place, "folder")
        os.symlink(os.path.abspath(folder), link, target_is_directory=True)
        yield link
