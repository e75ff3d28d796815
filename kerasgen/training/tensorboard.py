"""TensorBoard, where it is installed: the logged terms, the diagnostics and the samples of a run."""

import importlib.util
import os

import numpy as np
import tensorflow as tf
from PIL import Image

from kerasgen.training import files, table
from kerasgen.training.callbacks import ReportingCallback


def installed():
    """Whether the package `tensorboard` is there; TensorFlow itself writes the summaries."""
    return importlib.util.find_spec("tensorboard") is not None


class TensorBoardRun(ReportingCallback):
    """Writes what a run leaves in its folder to `folder/tensorboard` too, after each epoch, by train step.

    It must follow the callbacks that write the sheet of samples and the diagnostics.

    Args:
        folder: Of the run.
    """

    def __init__(self, folder):
        super().__init__()
        self.folder = files.local_folder("folder", folder)

    def report(self, epoch, logs):
        writer = tf.summary.create_file_writer(os.path.join(self.folder, "tensorboard"))
        with writer.as_default(step=self.model.step):
            for name, value in logs.items():
                tf.summary.scalar(name, value)
            for name, value in self._diagnostics(epoch).items():
                tf.summary.scalar(f"health/{name}", value)
            sheet = os.path.join(self.folder, "samples", f"epoch_{epoch + 1:04d}.png")
            if os.path.exists(sheet):
                tf.summary.image("samples", np.asarray(Image.open(sheet).convert("RGB"))[None])
        writer.close()

    def _diagnostics(self, epoch):
        """{figure: number} of this epoch, if it was measured."""
        *_, last = [{"epoch": -1}, *table.rows(os.path.join(self.folder, "health.csv"))]
        return last if last.pop("epoch") == epoch else {}
