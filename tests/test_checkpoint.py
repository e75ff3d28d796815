"""A run that stops and goes on equals one that never stopped."""

import errno
import os
import shutil

import keras
import pytest
from conftest import digits, equal, noise, state, tiny, toy

import kerasgen as kg
from kerasgen.errors import CorruptWeightsError, FolderInUseError
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


START = start()
BLANK = toy(ema=0.9)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "run"
    return run(folder, 3), folder


def test_a_run_leaves_sheets_log_curve_and_checkpoint(whole):
    _, folder = whole
    names = {"checkpoint", "samples", "log.csv", "curve.png", "run.json"}
    assert set(os.listdir(folder)) - {"tensorboard"} == names
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
    with pytest.raises(CorruptWeightsError, match="`folder`"), pytest.warns(UserWarning, match="damaged"):
        Checkpoint(folder).restore(toy(ema=0.9))


def flipped(data):
    return data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :]


DAMAGE = {
    "one bit flipped": flipped,
    "truncated": lambda data: data[:-1],
    "block zeroed": lambda data: data[: len(data) // 3] + bytes(20) + data[len(data) // 3 + 20 :],
    "bytes appended": lambda data: data + b"more",
    "empty": lambda data: b"",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("ending", ["index", "data-00000-of-00001", "json"])
def test_a_damaged_checkpoint_is_named_and_the_one_before_it_restored(whole, tmp_path, damage, ending):
    shutil.copytree(whole[1] / "checkpoint", tmp_path, dirs_exist_ok=True)
    path = tmp_path / f"ckpt-15.{ending}"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.warns(UserWarning, match="ckpt-15 is damaged and passed over"):
        assert Checkpoint(tmp_path).restore(BLANK) == 10


def test_checkpoints_that_changed_places_are_damaged(whole, tmp_path):
    shutil.copytree(whole[1] / "checkpoint", tmp_path, dirs_exist_ok=True)
    for ending in ("index", "data-00000-of-00001"):
        for old, new in (("10", "x"), ("15", "10"), ("x", "15")):
            os.rename(tmp_path / f"ckpt-{old}.{ending}", tmp_path / f"ckpt-{new}.{ending}")
    with pytest.raises(CorruptWeightsError, match="`folder`"), pytest.warns(UserWarning, match="damaged"):
        Checkpoint(tmp_path).restore(BLANK)


def test_what_a_killed_save_left_is_passed_over_and_cleared_away(whole, tmp_path):
    shutil.copytree(whole[1] / "checkpoint", tmp_path / "run" / "checkpoint")
    os.remove(tmp_path / "run" / "checkpoint" / "ckpt-15.json")
    (tmp_path / "run" / "checkpoint" / "ckpt-15_temp").mkdir()
    with pytest.warns(UserWarning, match="ckpt-15 is unfinished and passed over"):
        resumed = run(tmp_path / "run", 3, resume=True)
    assert equal(state(whole[0]), state(resumed))
    assert Checkpoint(tmp_path / "run" / "checkpoint").steps == [10, 15]
    assert not list((tmp_path / "run" / "checkpoint").glob("*_temp"))


def test_two_processes_do_not_write_one_folder(tmp_path):
    first, second, model = Checkpoint(tmp_path), Checkpoint(tmp_path), toy()
    first.acquire()
    with pytest.raises(FolderInUseError, match="`folder`"):
        model.fit(data(), callbacks=[second], verbose=0)
    assert int(model.steps) == 0
    first.lock.release()
    second.acquire()
    second.lock.release()


def test_a_full_disk_is_said_and_costs_nothing(whole, tmp_path, monkeypatch):
    shutil.copytree(whole[1] / "checkpoint", tmp_path / "run" / "checkpoint")
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(Checkpoint, "_seal", lambda *_: (_ for _ in ()).throw(full))
    with pytest.raises(OSError, match=r"`folder` cannot be written at step 20.*No space left"):
        run(tmp_path / "run", 4, resume=True)
    monkeypatch.undo()
    with pytest.warns(UserWarning, match="ckpt-20 is unfinished"):
        assert equal(state(whole[0]), state(run(tmp_path / "run", 3, resume=True)))


def test_checkpoints_are_not_written_over_by_a_model_that_restored_none(whole):
    with pytest.raises(FileExistsError, match="`folder`"):
        toy(ema=0.9).fit(data(), callbacks=[Checkpoint(whole[1] / "checkpoint")], verbose=0)


def test_every_variable_is_in_a_checkpoint(tmp_path):
    model, other = tiny("wgan_gp_mnist"), tiny("wgan_gp_mnist", seed=1)
    checkpoint = Checkpoint(tmp_path)
    model.fit(digits(model), steps_per_epoch=2, callbacks=[checkpoint], verbose=0)
    assert Checkpoint(tmp_path).restore(other) == 2
    assert equal(state(model), state(other))
