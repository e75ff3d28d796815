"""The command line as a person uses it: in another process."""

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import kerasgen as kg
from kerasgen import cli, registry
from kerasgen.commands import look, measure, own_data, process as streams, train as training

NAME = "vqvae_mnist"
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ENVIRONMENT = os.environ | {"PYTHONPATH": ROOT, "TF_CPP_MIN_LOG_LEVEL": "2"}
NO_TENSORFLOW = "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None; "


def process(*words, cwd=None, prefix=""):
    """Another process, as the console script starts it."""
    code = (
        f"{prefix}import sys; sys.argv = ['kerasgen', *{list(words)!r}]; from kerasgen import cli; cli.run()"
    )
    return subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, timeout=300
    )


def kerasgen(*words, cwd):
    """The same in this process, which has TensorFlow loaded already."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(cli.parse(["kerasgen", *words]))
    return subprocess.CompletedProcess(words, code or 0, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One epoch of one entry on the packaged digits, then a second after a resume."""
    folder = tmp_path_factory.mktemp("cli")
    words = ["train", NAME, "--data", "mnist_small", "--folder", "run", "--batch-size", "200"]
    first = kerasgen(*words, "--epochs", "1", cwd=folder)  # `test_ctrl_c` has another process train
    second = kerasgen(*words, "--epochs", "2", "--resume", "--json", cwd=folder)
    return folder, first, second


def test_list_needs_no_tensorflow():
    result = process("list", prefix=NO_TENSORFLOW)
    assert result.returncode == 0 and all(name in result.stdout for name in kg.list_models())


def test_list_filters_and_speaks_json():
    result = process("list", "*fashion*", "--family", "gan", "--json", prefix=NO_TENSORFLOW)
    names = [entry["name"] for entry in json.loads(result.stdout)]
    assert names == kg.list_models("*fashion*", family="gan") and "dcgan_fashion_mnist" in names


def test_info_needs_no_tensorflow():
    result = process("info", NAME, prefix=NO_TENSORFLOW)
    assert registry.get_record(NAME).sha256 in result.stdout and result.returncode == 0


@pytest.mark.parametrize("name", kg.list_models())
def test_info_tells_paper_and_record(name, tmp_path):
    entry = json.loads(kerasgen("info", name, "--json", cwd=tmp_path).stdout)
    assert entry["name"] == name and entry["pretrained"] == ("record" in entry)
    result = kerasgen("info", name, cwd=tmp_path)
    assert entry["arxiv"] in result.stdout and result.returncode == 0
    assert not entry["pretrained"] or entry["record"]["sha256"] in result.stdout


def test_train_leaves_a_run_that_resumes(run):
    folder, first, second = run
    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    result = json.loads(second.stdout)
    assert result["steps"] == 20 and result["minutes"] > 0
    record = kg.Record.read(folder / "run" / f"{NAME}.json")
    names = {
        "checkpoint",
        "samples",
        "log.csv",
        "curve.png",
        "run.json",
        *("health.csv", "health.md", "health.png"),
        record.file_name,
        f"{NAME}.json",
    }
    assert set(os.listdir(folder / "run")) - {"tensorboard"} == names
    assert record.steps == 20 and record.epochs == 2 and "--resume" not in record.command
    assert Image.open(folder / "run" / "curve.png").size[0] > 100


def test_train_does_not_write_over_a_run(run):
    result = kerasgen("train", NAME, "--data", "mnist_small", "--folder", "run", cwd=run[0])
    assert result.returncode == 2 and "resume" in result.stderr


def test_train_refuses_to_go_on_under_other_settings(run):
    words = ["--data", "mnist_small", "--folder", "run", "--resume", "--seed", "1"]
    result = kerasgen("train", NAME, *words, "--batch-size", "200", cwd=run[0])
    assert result.returncode == 2 and "`seed` was 0" in result.stderr


def test_sample_writes_a_sheet_and_says_where(run):
    folder, *_ = run
    result = kerasgen("sample", NAME, "--run", "run", "--num", "9", "--out", "a/sheet.png", cwd=folder)
    assert str(folder / "a" / "sheet.png") in result.stdout
    width, height = Image.open(folder / "a" / "sheet.png").size
    assert width == height >= 3 * 29
    assert kerasgen("sample", NAME, "--run", "run", cwd=folder).returncode == 0
    assert (folder / f"{NAME}.png").exists()  # where it goes if nothing is said
    kerasgen("sample", NAME, "--run", "run", "--seed", "1", "--out", "one.npy", cwd=folder)
    assert np.load(folder / "one.npy").shape == (64, 28, 28, 1)


def test_evaluate_measures_a_run_and_leaves_the_record_alone(run, references_are_kept):
    before = registry.get_record(NAME)
    words = ["--run", "run", "--data", "mnist_small", "--num", "500", "--seeds", "0", "--json"]
    result = json.loads(kerasgen("evaluate", NAME, *words, cwd=run[0]).stdout)
    assert result["num"] == 500 and result["figures"]["fid_lenet_mnist_v1"]["value"] > 1
    assert registry.get_record(NAME) == before


def test_check_exits_with_1_where_figures_moved(run, references_are_kept):
    """A run of one epoch is not what the Record's figures were taken of."""
    words = ["--check", "--run", "run", "--data", "mnist_small", "--num", "500", "--seeds", "0"]
    result = kerasgen("evaluate", NAME, *words, cwd=run[0])
    assert result.returncode == 1 and "fid_lenet_mnist_v1" in result.stderr


def test_export_takes_the_next_version(run):
    folder, *_ = run
    (folder / "serving" / "4").mkdir(parents=True)
    result = kerasgen("export", NAME, "serving", "--run", "run", cwd=folder)
    assert result.returncode == 0 and "serving_default" in result.stdout
    assert os.path.exists(folder / "serving" / "5" / "saved_model.pb")
    assert sorted(os.listdir(folder / "serving")) == ["4", "5", "batching.config", "models.config"]


@pytest.mark.long
def test_ctrl_c_leaves_a_usable_checkpoint(tmp_path):
    # A shell's background jobs ignore the signal, and so would theirs.
    code = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    code += f"sys.argv = ['kerasgen', 'train', {NAME!r}, '--data', 'mnist_small', '--epochs', '500', "
    code += "'--folder', 'run', '--checkpoint-every', '5']; from kerasgen import cli; cli.run()"
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while (
        not list((tmp_path / "run" / "checkpoint").glob("ckpt-[1-9]*.json")) and time.monotonic() < deadline
    ):
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    try:
        _, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130 and "--resume" in stderr and "Traceback" not in stderr
    model = kg.load(NAME, pretrained=False)
    assert kg.training.Checkpoint(tmp_path / "run" / "checkpoint").restore(model) >= 5
    assert np.isfinite(model.sample(2, seed=0)).all()


MISTAKES = {
    "verb": ["smaple", NAME],
    "name": ["info", "dcgn_mnist"],
    "no name": ["sample"],
    "num": ["sample", NAME, "--num", "0"],
    "num of a picture": ["sample", NAME, "--num", "10001"],
    "seed of samples": ["sample", NAME, "--seed", "-1"],
    "label of an entry without": ["sample", NAME, "--label", "1"],
    "text of an entry with labels": ["sample", "cvae_mnist", "--text", "seven"],
    "two conditions": ["sample", "cvae_mnist", "--text", "seven", "--label", "7"],
    "steps of samples": ["sample", NAME, "--steps", "20000"],
    "num of an evaluation": ["evaluate", NAME, "--num", "0"],
    "one sample": ["evaluate", NAME, "--num", "1"],
    "seeds of an evaluation": ["evaluate", NAME, "--seeds", "0", "-1"],
    "batch size": ["train", NAME, "--batch-size", "0"],
    "checkpoints": ["train", NAME, "--checkpoint-every", "0"],
    "seed of a run": ["train", NAME, "--seed", "-1"],
    "version": ["export", NAME, "serving", "--version", "0"],
    "rows": ["export", NAME, "serving", "--max-rows", "0"],
    "file system of samples": ["sample", NAME, "--out", "ram://a.png"],
    "file system of a run": ["train", NAME, "--folder", "gs://bucket/run"],
    "file system of an export": ["export", NAME, "s3://bucket"],
    "file system of weights": ["sample", NAME, "--run", "ram://run"],
    "path of data": ["train", NAME, "--data", "./no_such_folder"],
    "num of words": ["sample", NAME, "--num", "many"],
    "ending": ["sample", NAME, "--out", "sheet.pdf"],
    "run": ["sample", NAME, "--run", "nowhere"],
    "epochs": ["train", NAME, "--epochs", "0"],
    "data": ["train", NAME, "--data", "no_such_set"],
    "family": ["list", "--family", "cats"],
    "seeds": ["evaluate", NAME, "--data", "mnist_small", "--seeds", "1", "1"],
    "samples of a classifier": ["sample", "lenet_mnist"],
    "leaderboard": ["leaderboard", "--out", "board.xls"],
    "flag": ["list", "--colour"],
}


@pytest.mark.parametrize("words", MISTAKES.values(), ids=MISTAKES)
def test_a_wrong_argument_is_one_line_and_exit_code_2(words, tmp_path, monkeypatch, capfd):
    """In this process, for speed: what `run` does after absl has parsed."""
    monkeypatch.chdir(tmp_path)
    if "--seeds" in words or "--num" in words:  # these look at a model first
        monkeypatch.setattr(measure, "open_model", lambda args: kg.load(NAME, pretrained=False, width=10))
    try:
        code = cli.main(cli.parse(["kerasgen", *words]))
    except SystemExit as stop:
        code = stop.code
    lines = [line for line in capfd.readouterr().err.splitlines() if line.startswith("kerasgen")]
    assert code == 2 and len(lines) == 1
    assert not os.listdir(".")


# Which data is meant, and which run.


@pytest.fixture
def beside(tmp_path, monkeypatch):
    """A folder named like a data set, and one that is not, each with a white picture."""
    for name in ("mnist_small", "pictures"):
        (tmp_path / name).mkdir()
        Image.new("L", (28, 28), 255).save(tmp_path / name / "a.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "typed, read, said",
    [
        ("mnist_small", "mnist_small", "reading the data set mnist_small"),
        ("./mnist_small", "{}/mnist_small", ""),
        ("pictures", "{}/pictures", "reading ./pictures"),
    ],
)
def test_a_name_is_a_data_set_and_a_path_has_a_slash(beside, capsys, typed, read, said):
    args = cli.parse(["kerasgen", "train", NAME, "--data", typed])
    model = kg.load(NAME, pretrained=False, width=10)
    found = training._material(args, NAME, registry.get_recipe(NAME), own_data.is_path(typed))
    assert found.source == read.format(beside)
    assert (len(found.train) == 2000) == (not found.own) == (found.watched(model) is not None)
    assert said in capsys.readouterr().err


def test_a_refused_command_leaves_no_trace(beside):
    """A folder without sub-folders has no labels, which this entry needs."""
    result = kerasgen("train", "cvae_mnist", "--data", "./pictures", "--batch-size", "1", cwd=beside)
    assert result.returncode == 2 and "`" in result.stderr
    assert sorted(os.listdir(beside)) == ["mnist_small", "pictures"]


def test_the_run_of_another_entry_is_refused_by_name(run):
    for name in ("vae_mnist", "lenet_mnist"):
        result = kerasgen("evaluate", name, "--run", "run", cwd=run[0])
        assert result.returncode == 2 and f"a run of {NAME}" in result.stderr


def test_the_end_of_a_run_says_what_it_looks_like(run):
    _, first, second = run
    result = json.loads(second.stdout)
    assert result["findings"] and os.path.exists(result["samples"]) and os.path.exists(result["health"])
    assert "findings: " in first.stdout and "samples: " in first.stdout


# Conditions, samplers.


def test_an_error_names_the_option_that_was_typed():
    class Model:
        def drawing(self, progress=False, num_steps=None): ...

        def sample(self, num, seed, condition, progress, num_steps=None):
            if num_steps is not None:
                raise ValueError(f"`num_steps` must be <= 10000. Received: num_steps={num_steps}.")
            raise ValueError(f"`condition` has words that are not known. Received: {condition}.")

    args = cli.parse(["kerasgen", "sample", "cvae_mnist", "--text", "sky"])
    with pytest.raises(ValueError, match="`text` has words that are not known"):
        look._drawn(Model(), args, "sky")
    args = cli.parse(["kerasgen", "sample", "ddpm_mnist", "--steps", "20000"])
    with pytest.raises(ValueError, match=r"`steps` must be <= 10000\. Received: steps=20000"):
        look._drawn(Model(), args, None)


def test_a_sampler_and_its_steps_can_be_chosen():
    class Model:
        def drawing(self, progress=False, sampler=None, num_steps=None, guidance=None): ...

        def sample(self, num, seed, condition, progress, sampler=None, num_steps=None, guidance=None):
            return sampler, num_steps, guidance

    args = cli.parse("kerasgen sample ddpm_mnist --sampler heun --steps 7 --guidance 2".split())
    assert look._drawn(Model(), args, None) == ("heun", 7, 2.0)
    Model.drawing = lambda self, progress=False: None
    with pytest.raises(ValueError, match="`sampler` is of diffusion models"):
        look._drawn(Model(), args, None)
    args = cli.parse("kerasgen sample dcgan_mnist --truncation 0.5".split())
    with pytest.raises(ValueError, match="`truncation` is of GANs"):
        look._drawn(Model(), args, None)


# The process.


def test_version_is_said_by_the_module_too():
    result = subprocess.run(
        [sys.executable, "-m", "kerasgen", "--version"], env=ENVIRONMENT, capture_output=True, text=True
    )
    assert result.stdout == f"kerasgen {kg.__version__}\n" and result.returncode == 0


def test_a_part_of_a_name_finds_entries(tmp_path):
    result = kerasgen("list", "mnist", "--names", cwd=tmp_path)
    assert result.stdout.split() == kg.list_models("*mnist*") and not result.stderr
    assert "dcgan_mnist" in kerasgen("list", "--family", "GAN", cwd=tmp_path).stdout


def test_data_sets_are_listed_with_what_they_are():
    found = json.loads(process("data", "--json", prefix=NO_TENSORFLOW).stdout)
    assert [one["name"] for one in found] == kg.data.list_datasets()
    assert all(one[key] for one in found for key in ("holds", "size", "license", "origin"))


def test_evaluate_prints_and_writes_only_when_asked(run, monkeypatch):
    monkeypatch.setattr(registry, "load", lambda *_, **__: pytest.fail("a model was made"))
    for words in (["--num", "500"], ["--data", "mnist_small"], ["--run", "run"]):
        result = kerasgen("evaluate", NAME, "--write", *words, cwd=run[0])
        assert result.returncode == 2 and "`write` must stand alone" in result.stderr


COMPLETED = {
    "sa": "sample", "sample dcgan_m": "dcgan_mnist", "sample --gui": "--guidance",
    "train lenet --data ./pic": "./pictures", "completion z": "zsh",
}  # fmt: skip


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")
def test_bash_completes_verbs_entries_options_and_paths(tmp_path):
    (tmp_path / "pictures").mkdir()
    script = kerasgen("completion", "bash", cwd=tmp_path).stdout
    script += "\nkerasgen() { echo dcgan_mnist; echo vae_mnist; }\n"
    for line in COMPLETED:
        words = f"kerasgen {line}".split()
        script += f"COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; COMPREPLY=(); "
        script += '_shtab_kerasgen 2>/dev/null; echo "${COMPREPLY[*]}"\n'
    result = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert result.stdout.splitlines() == list(COMPLETED.values()), result.stderr
    assert "#compdef kerasgen" in kerasgen("completion", "zsh", cwd=tmp_path).stdout


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize(
    "redirected, code",
    [("<&- >&- 2>&-", 0), (">/dev/full", 2), ("| head -n 1", 0)],
    ids=["closed", "full", "cut off"],
)
def test_streams_may_be_closed_full_or_cut_off(redirected, code):
    command = f"{sys.executable} -m kerasgen info {NAME} {redirected}"
    result = subprocess.run(command, shell=True, env=ENVIRONMENT, capture_output=True, text=True)
    assert result.returncode == code and "Traceback" not in result.stderr


def test_any_letter_can_be_printed_in_ascii():
    environment = ENVIRONMENT | {"PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "kerasgen", "info", "dcgan_mnist"]
    result = subprocess.run(command, env=environment, capture_output=True)
    assert result.returncode == 0 and rb"\xb1" in result.stdout


FAILURES = {
    OSError(28, "No space left on device"): 2,
    OSError(30, "Read-only file system"): 2,
    OSError(36, "File name too long"): 2,
    IsADirectoryError(21, "Is a directory"): 2,
    NotImplementedError("no tractable log-density"): 1,
    MemoryError(): 1,
    tf.errors.ResourceExhaustedError(None, None, "out of memory"): 1,
    KeyboardInterrupt(): 130,
    BrokenPipeError(): 141,
}


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_expected_errors_are_one_line_and_an_exit_code(error, capsys, monkeypatch):
    monkeypatch.setattr(streams, "_abandon_stdout", lambda: None)
    assert streams.exit_code(lambda _: (_ for _ in ()).throw(error), None) == FAILURES[error]
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == (not isinstance(error, BrokenPipeError))


def test_other_errors_keep_their_traceback():
    with pytest.raises(KeyError):
        streams.exit_code(lambda _: {}["x"], None)


def test_signals_stop_a_run_as_ctrl_c_does():
    numbers = signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE
    before = [signal.signal(number, signal.SIG_DFL) for number in numbers]
    try:
        with streams.interruptible():
            assert signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN
            for number in numbers[:2]:
                with pytest.raises(KeyboardInterrupt):
                    signal.raise_signal(number)
        assert [signal.getsignal(number) for number in numbers] == [signal.SIG_DFL] * 3
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup starts a process
        with streams.interruptible():
            signal.raise_signal(signal.SIGHUP)
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


@pytest.mark.parametrize(
    "verb", ["", "list", "info", "data", "completion", "sample", "train", "evaluate", "leaderboard", "export"]
)
def test_help_is_there(verb, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.parse(["kerasgen", *verb.split(), "--help"])
    assert stop.value.code == 0 and "usage" in capsys.readouterr().out


@pytest.mark.parametrize("name", kg.list_models(pretrained=True))
def test_every_entry_with_weights_has_figures_and_a_card(name):
    folder = os.path.join(registry.root(), "cards")
    with open(os.path.join(folder, f"{name}.md"), encoding="utf-8") as file:
        assert file.read() == kg.cards.card(name)
    assert registry.get_record(name).metrics
    if registry.get_recipe(name).family != "classifier":
        text = os.path.join(folder, f"{name}.txt")
        assert os.path.exists(text) or Image.open(os.path.join(folder, f"{name}.png")).size[0] > 200
