"""A run that stops and goes on equals one that never stopped."""

import os
import shutil
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from conftest import digits, equal, noise, state, tiny, toy

import kerasgen as kg
from kerasgen.errors import CorruptWeightsError
from kerasgen.training import Checkpoint, train


def data():
    return kg.data.from_array(noise(40), batch_size=8)  # five steps an epoch


def run(folder, epochs, **arguments):
    model = toy(ema=0.9)
    model.set_weights(START)
    model.name = "toy"
    train(model, data(), str(folder), epochs, verbose=0, **arguments)
    return model


def start():
    keras.utils.set_random_seed(0)
    return toy(ema=0.9).get_weights()


START = start()  # the same in another process


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "run"
    return run(folder, 3), folder


def test_a_run_leaves_sheets_log_curve_and_checkpoint(whole):
    _, folder = whole
    names = {"checkpoint", "samples", "log.csv", "curve.png", "run.json"}
    assert set(os.listdir(folder)) == names
    assert sorted(os.listdir(folder / "samples")) == [f"epoch_{n:04d}.png" for n in (1, 2, 3)]
    assert len((folder / "log.csv").read_text().splitlines()) == 4


def test_run_resumed_between_epochs_is_bit_equal(whole, tmp_path):
    run(tmp_path / "run", 1)
    assert equal(state(whole[0]), state(run(tmp_path / "run", 3, resume=True)))


class Interrupt(kg.training.SampleSheet):
    """Ctrl-C, pressed after some steps."""

    def __init__(self, step):
        super().__init__("unused")
        self.step = step

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.steps) == self.step:
            raise KeyboardInterrupt

    def on_epoch_end(self, epoch, logs=None):
        pass


def test_run_interrupted_inside_an_epoch_is_bit_equal(whole, tmp_path, monkeypatch):
    from kerasgen.training import run as module

    sheet = module.SampleSheet
    monkeypatch.setattr(module, "SampleSheet", lambda folder: Interrupt(7))
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "run", 3)
    monkeypatch.setattr(module, "SampleSheet", sheet)
    resumed = run(tmp_path / "run", 3, resume=True)
    assert int(resumed.steps) == 15
    assert equal(state(whole[0]), state(resumed))


def test_a_run_is_not_written_over(whole):
    _, folder = whole
    before = sorted(os.listdir(folder / "checkpoint"))
    with pytest.raises(FileExistsError, match="resume"):
        run(folder, 3)
    assert sorted(os.listdir(folder / "checkpoint")) == before


def test_a_finished_run_resumed_does_nothing(whole):
    model, folder = whole
    assert equal(state(model), state(run(folder, 3, resume=True)))


def test_checkpoint_keeps_the_newest_and_counts_minutes(tmp_path):
    checkpoint, model = Checkpoint(tmp_path, every_steps=2, keep=2), toy()
    model.fit(data(), callbacks=[checkpoint], verbose=0)
    assert checkpoint.minutes > 0
    steps = {name.split("-")[1].split(".")[0] for name in os.listdir(tmp_path) if name.startswith("ckpt")}
    assert steps == {"4", "5"}


def test_checkpoints_of_another_model_and_damaged_ones_are_refused(whole, tmp_path):
    with pytest.raises(CorruptWeightsError, match="`folder`"):
        Checkpoint(whole[1] / "checkpoint").restore(toy())  # this one has no average
    folder = tmp_path / "damaged"
    shutil.copytree(whole[1] / "checkpoint", folder)
    for path in folder.glob("*.data*"):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    with pytest.raises(CorruptWeightsError, match="`folder`"):
        Checkpoint(folder).restore(toy(ema=0.9))


def test_every_variable_is_in_a_checkpoint(tmp_path):
    model, other = tiny("wgan_gp_mnist"), tiny("wgan_gp_mnist", seed=1)
    checkpoint = Checkpoint(tmp_path)
    model.fit(digits(model), steps_per_epoch=2, callbacks=[checkpoint], verbose=0)
    assert Checkpoint(tmp_path).restore(other) == 2
    assert equal(state(model), state(other))


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from test_checkpoint import run
run({folder!r}, 400, resume=True, every_steps=3)
"""


def test_sigkill_in_another_process_is_survived(tmp_path):
    """Killed without a word; what the newest checkpoint holds is a state that the run passed through."""
    folder = tmp_path / "run"
    here = os.path.dirname(__file__)
    script = SCRIPT.format(tests=here, folder=str(folder))
    process = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while (
        not (folder / "checkpoint" / "checkpoint").exists()
        and process.poll() is None
        and time.monotonic() < deadline
    ):
        time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    killed = toy(ema=0.9)
    step = Checkpoint(folder / "checkpoint").restore(killed)
    assert step and step >= 3
    straight = toy(ema=0.9)
    straight.set_weights(START)
    straight.fit(data(), steps_per_epoch=step, verbose=0)
    different = [
        (a.shape, np.abs(a - b).max())
        for a, b in zip(state(straight), state(killed), strict=True)
        if a.dtype == "float32" and a.ndim and not np.array_equal(a, b)  # scalars: metric sums
    ]
    assert not different
