"""TensorBoard, where it is installed: the logged terms, the health figures and the sheets of a run."""

import importlib.util
import os

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from kerasgen.training import table


def installed():
    """Whether the package `tensorboard` is there: TensorFlow writes its summaries."""
    return importlib.util.find_spec("tensorboard") is not None


class Board(keras.callbacks.Callback):
    """Writes what a run leaves in its folder to `folder/tensorboard` too, after each epoch, by train step.

    It comes behind the callbacks that write the sheet and the health figures.

    Args:
        folder: Of the run.
    """

    def __init__(self, folder):
        super().__init__()
        self.folder = str(folder)

    def on_epoch_end(self, epoch, logs=None):
        writer = tf.summary.create_file_writer(os.path.join(self.folder, "tensorboard"))
        with writer.as_default(step=self.model.step):
            for name, value in (logs or {}).items():
                tf.summary.scalar(name, value)
            for name, value in self._health(epoch).items():
                tf.summary.scalar(f"health/{name}", value)
            sheet = os.path.join(self.folder, "samples", f"epoch_{epoch + 1:04d}.png")
            if os.path.exists(sheet):
                tf.summary.image("samples", np.asarray(Image.open(sheet).convert("RGB"))[None])
        writer.close()

    def _health(self, epoch):
        """{figure: number} of this epoch, if it was measured."""
        *_, last = [{"epoch": -1}, *table.rows(os.path.join(self.folder, "health.csv"))]
        return last if last.pop("epoch") == epoch else {}
