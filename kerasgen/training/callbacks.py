"""Callbacks for every family."""

import os

import keras

from kerasgen import pictures


class SampleSheet(keras.callbacks.Callback):
    """Writes a sheet of samples after each epoch: the same codes, so that a film can be made.

    Args:
        folder: Where `epoch_0001.png` and so on go; made if need be.
        num: Samples on a sheet.
        seed: Seed of the samples.
    """

    def __init__(self, folder, num=64, seed=0):
        super().__init__()
        self.folder, self.num, self.seed = folder, num, seed

    def on_epoch_end(self, epoch, logs=None):
        os.makedirs(self.folder, exist_ok=True)
        images = self.model.sample(self.num, seed=self.seed)
        picture = pictures.of_samples(images, self.model.value_range)
        picture.save(os.path.join(self.folder, f"epoch_{epoch + 1:04d}.png"))
