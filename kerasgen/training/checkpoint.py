"""Checkpoints of a whole training state, and the callback that writes them."""

import time

import keras
import tensorflow as tf

from kerasgen.errors import CorruptWeightsError


class Checkpoint(keras.callbacks.Callback):
    """Saves every variable of a run: networks, optimizers, averages, random streams, step.

    With a dataset of `kerasgen.data`, whose order is a function of (seed, step), a run
    restored in a new process goes on bit for bit. Checkpoints are TensorFlow's own,
    checksummed; the index that names the newest is written last.

    Args:
        folder: Where checkpoints lie; made if need be.
        every_steps: Train steps between two, >= 1; one more at the end of each epoch.
        keep: Newest checkpoints kept.

    Attributes:
        minutes: Wall time of training so far, over all processes.
    """

    def __init__(self, folder, every_steps=500, keep=2):
        super().__init__()
        if every_steps < 1 or keep < 1:
            raise ValueError(
                f"`every_steps` and `keep` must be >= 1. Received: every_steps={every_steps}, keep={keep}."
            )
        self.folder, self.every_steps, self.keep = str(folder), every_steps, keep
        self._seconds = tf.Variable(0.0, dtype="float64")
        self._since = None

    def restore(self, model):
        """Loads the newest checkpoint into a compiled model; its step, or None if there is none.

        Raises:
            CorruptWeightsError: If it is damaged, or was written by another model.
        """
        self._manage(model)
        newest = self._manager.latest_checkpoint
        if newest is None:
            return None
        try:
            self._checkpoint.restore(newest).assert_consumed().assert_existing_objects_matched()
        except (AssertionError, ValueError, tf.errors.OpError) as error:
            raise CorruptWeightsError(
                f"`folder` holds a checkpoint that is damaged or of another model: {newest!r}."
            ) from error
        return int(model.steps)

    def save(self):
        """Writes a checkpoint of the present step, unless there is one."""
        self._clock()
        step = int(self.model.steps)
        if self._saved != step:
            self._manager.save(step)
            self._saved = step

    @property
    def minutes(self):
        return float(self._seconds.numpy()) / 60

    def on_train_begin(self, logs=None):
        self._manage(self.model)
        self._since = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        # The model's step is the truth; under steps_per_execution batches pass several at a time.
        if batch + 1 >= self._next:
            self._next = batch + 1 + self.every_steps
            self.save()

    def on_epoch_begin(self, epoch, logs=None):
        self._next = self.every_steps

    def on_epoch_end(self, epoch, logs=None):
        self.save()

    def _manage(self, model):
        if getattr(self, "_managed", None) is model:
            return
        variables = [*model.variables, *(v for o in model.optimizers for v in o.variables)]
        state = [getattr(variable, "value", variable) for variable in variables]
        self._checkpoint = tf.train.Checkpoint(state=state, seconds=self._seconds)
        self._manager = tf.train.CheckpointManager(self._checkpoint, self.folder, self.keep)
        self._managed, self._saved = model, None

    def _clock(self):
        now = time.monotonic()
        self._seconds.assign_add(now - (self._since or now))
        self._since = now
