"""Callbacks that report on a run of any family, and never end it."""

import os
import warnings

import keras

from kerasgen import media
from kerasgen.ops import checks
from kerasgen.training import files, table


class ReportingCallback(keras.callbacks.Callback):
    """A callback that looks at a run: what it cannot do is said in one warning, and the run goes on.

    A class writes `report`, called at the end of each epoch, and may write `finish`, called at the end of
    training. Neither may change the model.
    """

    failed = False

    def report(self, epoch, logs):
        """Reports on an epoch.

        Args:
            epoch: Its number, from 0.
            logs: {term: mean over the epoch}.
        """

    def finish(self):
        """Reports on the whole run."""

    def on_epoch_end(self, epoch, logs=None):
        self.attempt(self.report, epoch, logs or {})

    def on_train_end(self, logs=None):
        self.attempt(self.finish)

    def attempt(self, function, *arguments):
        """Calls a function; of all errors, the first one alone becomes a warning."""
        try:
            function(*arguments)
        except Exception as error:
            if not self.failed:
                warnings.warn(
                    f"{type(self).__name__} failed, and training goes on without it: "
                    f"{type(error).__name__}: {error}",
                    stacklevel=2,
                )
            self.failed = True


class EpochLog(ReportingCallback):
    """Writes the logged terms to `log.csv`, one row for each epoch, and draws them in `curve.png`.

    The file is replaced as a whole after each epoch. A run that goes on from an earlier epoch
    replaces the rows from there on.

    Args:
        folder: Of the run; made if need be.
    """

    def __init__(self, folder):
        super().__init__()
        self.folder = files.local_folder("folder", folder)
        self.path = os.path.join(self.folder, "log.csv")

    def report(self, epoch, logs):
        os.makedirs(self.folder, exist_ok=True)
        table.add(self.path, {"epoch": epoch} | {name: float(logs[name]) for name in sorted(logs)})

    def finish(self):
        if rows := table.rows(self.path):
            media.training_curve(rows, os.path.join(self.folder, "curve.png"), self.model.name)


class SampleSheet(ReportingCallback):
    """Writes a sheet of samples after each epoch, of the same seed, so that the sheets can be compared.

    Args:
        folder: Where `epoch_0001.png` and so on go; made if need be.
        num: Samples on a sheet, from 1 to 10,000.
        seed: Seed of the samples.
    """

    def __init__(self, folder, num=64, seed=0):
        super().__init__()
        self.folder = files.local_folder("folder", folder)
        self.num = checks.integer("num", num, 1, 10_000)
        self.seed = checks.integer("seed", seed, 0, 2**32 - 1)

    def report(self, epoch, logs):
        samples = self.model.sample(self.num, seed=self.seed)
        picture = media.sheet(samples, self.model.event)
        os.makedirs(self.folder, exist_ok=True)
        picture.save(os.path.join(self.folder, f"epoch_{epoch + 1:04d}.png"))
