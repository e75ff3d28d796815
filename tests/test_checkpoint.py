"""A run that stops and goes on equals one that never stopped."""

import errno
import os
import shutil
import warnings

import pytest
from helpers import digits, equal, noise, refusals, reseed, state, tiny, toy

import kerasgen as kg
from kerasgen.errors import CorruptWeightsError, FolderInUseError
from kerasgen.training import Checkpoint, table, train


def data():
    return kg.data.from_array(noise(40), batch_size=8)  # five steps an epoch


def run(folder, epochs, **arguments):
    model = toy(ema=0.9)
    model.set_weights(START)
    model.name = "toy"
    train(model, data(), str(folder), epochs, verbose=0, **arguments)
    return model


def logs(folder):
    return table.rows(str(folder / "log.csv"))


def start():
    reseed()
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
    assert [row["epoch"] for row in table.rows(str(folder / "log.csv"))] == [0, 1, 2]
    assert sorted(os.listdir(folder / "samples")) == [f"epoch_{n:04d}.png" for n in (1, 2, 3)]
    assert len((folder / "log.csv").read_text().splitlines()) == 4


@pytest.mark.long
def test_run_resumed_between_epochs_is_bit_equal(whole, tmp_path):
    run(tmp_path / "run", 1)
    assert equal(state(whole[0]), state(run(tmp_path / "run", 3, resume=True)))


class Interrupt(kg.training.ReportingCallback):
    """Ctrl-C, pressed after some steps."""

    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.iterations) == self.step:
            raise KeyboardInterrupt


def test_run_interrupted_inside_an_epoch_is_bit_equal(whole, tmp_path, monkeypatch):
    from kerasgen.training import run as module

    sheet = module.SampleSheet
    monkeypatch.setattr(module, "SampleSheet", lambda folder: Interrupt(7))
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "run", 3)
    monkeypatch.setattr(module, "SampleSheet", sheet)
    resumed = run(tmp_path / "run", 3, resume=True)
    assert int(resumed.iterations) == 15
    assert equal(state(whole[0]), state(resumed))
    assert logs(tmp_path / "run") == logs(whole[1])


@pytest.mark.parametrize(
    "lost",
    [
        "checkpoint and row",
        "torn row",
        *(pytest.param(lost, marks=pytest.mark.long) for lost in ("row", "checkpoint", "row twice")),
    ],
)
def test_the_log_is_that_of_a_run_that_was_never_stopped(whole, tmp_path, lost):
    """A kill falls between the checkpoint of an epoch and its row, or the newest checkpoint is damaged."""
    shutil.copytree(whole[1], tmp_path / "run")
    log = tmp_path / "run" / "log.csv"
    lines = log.read_text().splitlines(keepends=True)
    if "checkpoint" in lost:
        (tmp_path / "run" / "checkpoint" / "ckpt-15.json").write_bytes(b"{")
    if lost == "torn row":
        log.write_text("".join(lines)[:-9])
    elif lost == "row twice":
        log.write_text("".join([*lines, lines[-1]]))
    elif "row" in lost:
        log.write_text("".join(lines[:-1]))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        resumed = run(tmp_path / "run", 3, resume=True)
    assert any("is damaged and passed over" in str(w.message) for w in said) == ("checkpoint" in lost)
    assert equal(state(whole[0]), state(resumed))
    assert logs(tmp_path / "run") == logs(whole[1])


def test_rows_beyond_the_restored_step_are_removed_even_if_nothing_is_trained(whole, tmp_path):
    shutil.copytree(whole[1], tmp_path / "run")
    os.remove(tmp_path / "run" / "checkpoint" / "ckpt-15.json")
    with pytest.warns(UserWarning, match="unfinished"):
        run(tmp_path / "run", 2, resume=True)
    assert logs(tmp_path / "run") == logs(whole[1])[:2]


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
    assert int(model.iterations) == 0
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


# Names of folders, other kinds of entries, another model.


@pytest.mark.parametrize("name", ["a[b]*?c", "a\\b", "{a,b}", "~", "with space\nand line", "床前"])
def test_a_folder_may_have_any_name(whole, tmp_path, name):
    shutil.copytree(whole[1] / "checkpoint", tmp_path / name)
    checkpoint = Checkpoint(tmp_path / name)
    assert checkpoint.restore(BLANK) == 15 and equal(state(whole[0]), state(BLANK))
    BLANK.iterations.assign(16)
    checkpoint.set_model(BLANK)
    checkpoint.save()
    assert Checkpoint(tmp_path / name).restore(BLANK) == 16


test_what_is_no_folder_is_refused = refusals(
    {
        "memory of TensorFlow": (lambda: Checkpoint("ram://run"), "folder"),
        "a bucket": (lambda: train(BLANK, data(), "gs://bucket/run", 1), "folder"),
        "a file of TensorFlow": (lambda: kg.training.SampleSheet("file:///tmp/run"), "folder"),
        "nothing": (lambda: kg.training.EpochLog(""), "folder"),
        "None": (lambda: Checkpoint(None), TypeError, "folder"),
        "a number": (lambda: train(BLANK, data(), 3, 1), TypeError, "folder"),
        "a zero byte": (lambda: Checkpoint("a\0b"), "folder"),
        "no UTF-8": (lambda: Checkpoint(b"\xff"), TypeError, "folder"),
        "a file": (lambda: Checkpoint(__file__), NotADirectoryError, "folder"),
        "no epochs": (lambda: train(BLANK, data(), "none", 0), "epochs"),
        "no steps": (lambda: train(BLANK, data(), "none", 1, every_steps=0), "every_steps"),
        "steps as text": (lambda: Checkpoint("none", every_steps="5"), TypeError, "every_steps"),
        "none kept": (lambda: Checkpoint("none", keep=0), "keep"),
        "an array": (lambda: train(BLANK, noise(8), "none", 1), TypeError, "dataset"),
        "no sheet": (lambda: kg.training.SampleSheet("none", num=0), "num"),
        "one example": (lambda: kg.training.Diagnostics("none", noise(1)), "held_out"),
    }
)

ENTRIES = {
    "a folder": os.mkdir,
    "a pipe": os.mkfifo,
    "a link to nothing": lambda path: os.symlink("nowhere", path),
    "deep JSON": lambda path: path.write_text("[" * 100_000),
    "a huge file": lambda path: path.write_bytes(b" " * 2**21),
    "nothing": lambda path: None,
}


@pytest.mark.parametrize("make", ENTRIES.values(), ids=ENTRIES)
@pytest.mark.parametrize("ending", ["index", "data-00000-of-00001", "json"])
def test_another_entry_in_the_place_of_a_file_is_passed_over_and_replaced(whole, tmp_path, make, ending):
    shutil.copytree(whole[1] / "checkpoint", tmp_path, dirs_exist_ok=True)
    path = tmp_path / f"ckpt-15.{ending}"
    os.remove(path)
    make(path)
    checkpoint = Checkpoint(tmp_path)
    with pytest.warns(UserWarning, match="ckpt-15 is (damaged|unfinished) and passed over"):
        assert checkpoint.restore(BLANK) == 10
    BLANK.iterations.assign(15)
    checkpoint.set_model(BLANK)
    checkpoint.save()
    assert Checkpoint(tmp_path).restore(BLANK) == 15


@pytest.mark.parametrize("name", ["checkpoint/.lock", "run.json", "log.csv"])
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_another_entry_in_the_place_of_a_file_of_the_run_is_named(whole, tmp_path, name, make):
    shutil.copytree(whole[1], tmp_path / "run")
    path = tmp_path / "run" / name
    path.unlink(missing_ok=True)
    make(path)
    with pytest.raises(OSError, match=os.path.basename(name)):
        run(tmp_path / "run", 4, resume=True)
    assert Checkpoint(tmp_path / "run" / "checkpoint").steps == [10, 15]


@pytest.mark.parametrize("text", [b"{", b"", b"[1]", b"\xff", b"[" * 100_000])
def test_damaged_settings_do_not_block_a_resume(whole, tmp_path, text):
    shutil.copytree(whole[1], tmp_path / "run")
    (tmp_path / "run" / "run.json").write_bytes(text)
    with pytest.warns(UserWarning, match=r"run.json. is damaged"):
        run(tmp_path / "run", 3, resume=True, settings={"seed": 1})
    with pytest.raises(ValueError, match="`seed` was 1"):
        run(tmp_path / "run", 3, resume=True, settings={"seed": 2})


def wider():
    """As many variables as of the toy, of other shapes."""
    dcgan, adam = kg.networks.dcgan, lambda: kg.training.FusedAdam(1e-3)
    networks = dcgan.generator((8, 8, 1), latent_dim=4, width=6), dcgan.discriminator((8, 8, 1), width=6)
    model = kg.GAN(*networks, seed=0, ema=0.9)
    model.compile(adam(), adam())
    return model


@pytest.mark.parametrize("other", [toy, wider], ids=["without average", "wider"])
def test_another_model_is_refused_before_any_variable_changes(whole, other):
    model = other()
    before = state(model)
    with pytest.raises(CorruptWeightsError, match="another model"):
        Checkpoint(whole[1] / "checkpoint").restore(model)
    assert equal(before, state(model))


def test_a_restored_checkpoint_is_not_written_again(whole, tmp_path, monkeypatch):
    """Ctrl-C before the first step of a resumed run leaves the files as they are."""
    from kerasgen.training import run as module

    shutil.copytree(whole[1], tmp_path / "run")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "run" / "checkpoint").glob("ckpt*")}
    monkeypatch.setattr(module, "SampleSheet", lambda folder: Interrupt(15))
    monkeypatch.setattr(Interrupt, "on_train_begin", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "run", 4, resume=True)
    assert before == {
        path: path.stat().st_mtime_ns for path in (tmp_path / "run" / "checkpoint").glob("ckpt*")
    }


# A refusal leaves no trace.


def refused_by_the_data():
    return kg.data.from_array(noise(40, (4, 4, 1)), batch_size=8)


@pytest.mark.parametrize("existing", [(), ("runs",), ("runs", "runs/first", "runs/first/notes.txt")])
def test_what_is_refused_before_its_first_step_leaves_nothing(tmp_path, existing):
    for name in existing:
        (tmp_path / name).write_text("mine") if "." in name else (tmp_path / name).mkdir()
    with pytest.raises(ValueError, match="`x`"):
        train(toy(), refused_by_the_data(), str(tmp_path / "runs" / "first"), 1, verbose=0, settings={"a": 1})
    assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*")) == sorted(existing)


def test_a_refused_resume_leaves_the_run_as_it_was(whole, tmp_path):
    shutil.copytree(whole[1], tmp_path / "run")
    files = lambda: {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    before = files()
    with pytest.raises(ValueError, match="`x`"):
        train(toy(ema=0.9), refused_by_the_data(), str(tmp_path / "run"), 4, resume=True, verbose=0)
    assert files() == before
