"""What `kerasgen.load` and Keras's own loader take: entries, runs, files; in any order of imports."""

import importlib
import json
import os
import pkgutil
import random
import subprocess
import sys
import warnings

import keras
import micro
import numpy as np
import pytest
import tensorflow as tf
from helpers import equal, refusals, reseed, state, tiny

import kerasgen as kg
from kerasgen import backend, registry, serialization
from kerasgen.errors import CorruptWeightsError, MissingWeightsError, UnknownNameError

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NAME = "dcgan_mnist"
TINY = registry.get_recipe(NAME).tiny
FILES = (NAME, "ddpm_mnist", "vae_fashion_mnist")  # layers, optimizers and models of this package
ORDERS = {
    "Keras first": "import keras, kerasgen",
    "kerasgen first": "import sys, kerasgen; assert 'keras' not in sys.modules; import keras",
}
OPEN = """
assert 'kerasgen.models' not in sys.modules and 'kerasgen.layers' not in sys.modules
print(*(keras.models.load_model(path).__class__.__name__ for path in sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """.keras files of small models."""
    folder = tmp_path_factory.mktemp("files")
    paths = [str(folder / f"{name}.keras") for name in FILES]
    for name, path in zip(FILES, paths, strict=True):
        tiny(name).save(path)
    return paths


@pytest.mark.parametrize(
    "order",
    [ORDERS["Keras first"], pytest.param(ORDERS["kerasgen first"], marks=pytest.mark.long)],
    ids=ORDERS,
)
def test_keras_opens_files_in_a_new_process(files, order):
    words = [sys.executable, "-c", f"import sys; {order}\n{OPEN}", *files]
    environment = os.environ | {"PYTHONPATH": ROOT, "TF_CPP_MIN_LOG_LEVEL": "3"}
    result = subprocess.run(words, capture_output=True, text=True, env=environment)
    assert result.stdout.split() == ["GAN", "Diffusion", "VAE"], result.stderr


def test_every_registered_class_is_announced():
    """The table of `serialization` is complete, and each name in it is where the table says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in pkgutil.walk_packages(kg.__path__, "kerasgen."):
            if not module.name.startswith("kerasgen.zoo"):
                importlib.import_module(module.name)
    known = keras.saving.get_custom_objects()
    registered = {name for name in known if name.startswith("kerasgen>")}
    table = {
        f"kerasgen>{name}": serialization.Deferred(module, name)
        for module, names in serialization.CLASSES.items()
        for name in names
    }
    assert registered == set(table)
    assert all(deferred.load() is known[name] for name, deferred in table.items())


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """(folder, model) of a run with one checkpoint."""
    folder, model = tmp_path_factory.mktemp("runs") / "first", tiny(NAME, seed=5)
    checkpoint = kg.training.Checkpoint(folder / "checkpoint")
    checkpoint.set_model(model)
    checkpoint.restore(model)
    checkpoint.save()
    settings = {"name": NAME, "data": "mnist", "batch_size": 128, "seed": 5, "dtype": "float32"}
    (folder / "run.json").write_text(json.dumps(settings))
    return folder, model


def test_load_opens_a_run(run, monkeypatch):
    folder, model = run
    monkeypatch.chdir(folder.parent)
    for name in (folder, str(folder), "first", "./first", "first/"):
        assert equal(state(kg.load(name, **TINY)), state(model))


def test_load_opens_a_file(files, monkeypatch):
    model = keras.models.load_model(files[0])
    monkeypatch.chdir(os.path.dirname(files[0]))
    for name in (files[0], f"{NAME}.keras", f"./{NAME}.keras"):
        assert equal(state(kg.load(name)), state(model))


def test_a_name_is_an_entry_and_a_slash_a_path(run, tmp_path, monkeypatch):
    folder, model = run
    (tmp_path / NAME).symlink_to(folder)
    monkeypatch.chdir(tmp_path)
    assert not equal(state(kg.load(NAME, pretrained=False, **TINY)), state(model))
    assert equal(state(kg.load(f"./{NAME}", **TINY)), state(model))


def test_a_load_leaves_every_generator_alone():
    """Those of Python, NumPy and TensorFlow go on as if nothing had been loaded."""
    drawn = []
    for load in (False, True):
        reseed(), tf.random.set_seed(0)
        if load:
            tiny(NAME, seed=5)
        drawn.append((random.random(), np.random.uniform(), float(tf.random.uniform(()))))
    assert drawn[0] == drawn[1]


def test_a_run_is_opened_in_its_dtype(run, tmp_path):
    folder, _ = run
    settings = json.loads((folder / "run.json").read_text()) | {"dtype": "mixed_bfloat16"}
    (tmp_path / "run.json").write_text(json.dumps(settings))
    (tmp_path / "checkpoint").symlink_to(folder / "checkpoint")
    assert kg.load(tmp_path, **TINY).generator.layers[1].compute_dtype == "bfloat16"
    assert kg.load(tmp_path, dtype="float32", **TINY).generator.layers[1].compute_dtype == "float32"


def torn(path):
    """A file cut in two."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


RUNS = {
    "nothing there": (lambda folder: None, UnknownNameError),
    "no run.json": (lambda folder: folder.mkdir(), UnknownNameError),
    "run.json torn": ('{"name": "dcgan', CorruptWeightsError),
    "run.json nested deeply": ("[" * 100_000, CorruptWeightsError),
    "run.json a list": ("[]", CorruptWeightsError),
    "run.json without a name": ('{"seed": 1}', CorruptWeightsError),
    "run.json whose name is a list": ('{"name": ["dcgan_mnist"]}', CorruptWeightsError),
    "run.json of an unknown entry": ('{"name": "dcgan_minst"}', UnknownNameError),
    "run.json whose seed is a word": ('{"name": "dcgan_mnist", "seed": "a"}', TypeError),
    "run.json whose dtype is a list": ('{"name": "dcgan_mnist", "dtype": [1]}', TypeError),
    "no checkpoint": ('{"name": "dcgan_mnist"}', MissingWeightsError),
}


@pytest.mark.parametrize("damage, error", RUNS.values(), ids=RUNS)
def test_what_is_no_run_is_refused(tmp_path, damage, error):
    folder = tmp_path / "a run"
    if callable(damage):
        damage(folder)
    else:
        folder.mkdir()
        (folder / "run.json").write_text(damage)
    with pytest.raises(error, match=r"`(name|seed|dtype)`"):
        kg.load(folder, **TINY)


def test_a_run_of_another_shape_is_refused(run):
    with pytest.raises(CorruptWeightsError, match="another model"):
        kg.load(run[0], width=6, latent_dim=8)


def test_damaged_files_are_refused(files, tmp_path):
    path = tmp_path / "a.keras"
    for data in (b"", b"PK\x03\x04", open(files[0], "rb").read()[:5000]):
        path.write_bytes(data)
        with pytest.raises(CorruptWeightsError, match=r"`name` cannot be read as a Keras model.*a\.keras"):
            kg.load(path)


class Unprintable:
    """No name, and no text."""

    def __repr__(self):
        raise RuntimeError


def entry(**arguments):
    return lambda: kg.load(**{"name": NAME} | arguments)


CALLS = {
    "name a list": (entry(name=[NAME]), TypeError, "name"),
    "name None": (entry(name=None), TypeError, "name"),
    "name a dictionary": (entry(name={}), TypeError, "name"),
    "name a number": (entry(name=3), TypeError, "name"),
    "name without text": (entry(name=Unprintable()), TypeError, "name"),
    "name with a NUL": (entry(name="a\0b/c"), UnknownNameError, "name"),
    "no such file": (entry(name="a/b.keras"), UnknownNameError, "name"),
    "no such file without a slash": (entry(name="b.keras"), UnknownNameError, "name"),
    "pretrained": (entry(pretrained="no"), TypeError, "pretrained"),
    "pretrained None": (entry(pretrained=None), TypeError, "pretrained"),
    "unpretrained run": (entry(name="a/b", pretrained=False), ValueError, "pretrained"),
    "dtype": (entry(dtype="float33"), ValueError, "dtype"),
    "dtype a list": (entry(dtype=["float32"]), TypeError, "dtype"),
    "dtype a number": (entry(dtype=16), TypeError, "dtype"),
    "dtype empty": (entry(dtype=""), ValueError, "dtype"),
    "dtype of a file": (entry(name="a/b.keras", dtype="float32"), ValueError, "dtype"),
    "argument of a file": (entry(name="a/b.keras", seed=3), ValueError, "seed"),
    "unknown argument": (entry(num_clases=3), TypeError, "num_clases"),
    "unknown argument of a family": (
        lambda: kg.load("ddpm_mnist", pretrained=False, num_clases=3),
        TypeError,
        "num_clases",
    ),
    "argument that the entry fixes": (
        lambda: kg.load("ddpm_mnist", pretrained=False, condition=3),
        TypeError,
        "condition",
    ),
    "seed a word": (entry(seed="3"), TypeError, "seed"),
    "seed a bool": (entry(seed=True), TypeError, "seed"),
    "seed a float": (entry(seed=3.0), TypeError, "seed"),
    "seed too large": (entry(seed=2**32), ValueError, "seed"),
    "seed negative": (entry(seed=-1), ValueError, "seed"),
    "describe a list": (lambda: kg.describe([]), TypeError, "name"),
    "describe None": (lambda: kg.describe(None), TypeError, "name"),
    "record of a dictionary": (lambda: registry.get_record({}), TypeError, "name"),
    "pattern": (lambda: kg.list_models(3), TypeError, "pattern"),
    "pattern None": (lambda: kg.list_models(None), TypeError, "pattern"),
    "family a list": (lambda: kg.list_models(family=["gan"]), TypeError, "family"),
    "family an array": (lambda: kg.list_models(family=np.array(["gan", "vae"])), TypeError, "family"),
    "family in capitals": (lambda: kg.list_models(family="GAN"), ValueError, "family"),
    "dataset unknown": (lambda: kg.list_models(dataset="minst"), ValueError, "dataset"),
    "dataset a list": (lambda: kg.list_models(dataset=[]), TypeError, "dataset"),
    "likelihood a dictionary": (lambda: kg.list_models(likelihood={}), TypeError, "likelihood"),
    "pretrained a word": (lambda: kg.list_models(pretrained="yes"), TypeError, "pretrained"),
    "pretrained a number": (lambda: kg.list_models(pretrained=1), TypeError, "pretrained"),
}

test_calls_are_refused_by_name = refusals(CALLS)


def test_arguments_that_change_the_networks_say_what_to_do():
    with pytest.raises(
        ValueError, match=r"`num_classes` .*cvae_mnist.*pretrained=False.*num_classes=26"
    ) as caught:
        kg.load("cvae_mnist", num_classes=26)
    assert not isinstance(caught.value, CorruptWeightsError)
    with pytest.raises(ValueError, match=r"`dtype` .*pretrained=False"):
        kg.load(NAME, dtype="bfloat16")


def test_numpy_seeds_are_seeds():
    assert equal(state(tiny(NAME, seed=np.int64(3))), state(tiny(NAME, seed=3)))
    assert not equal(state(tiny(NAME, seed=np.uint8(4))), state(tiny(NAME, seed=3)))


SETUPS = {
    "floatx": (keras.config.set_floatx, "float64", "float32"),
    "image_data_format": (keras.config.set_image_data_format, "channels_first", "channels_last"),
}


@pytest.mark.parametrize("name", SETUPS)
def test_keras_set_up_for_something_else_is_refused(name):
    change, wrong, right = SETUPS[name]
    change(wrong)
    try:
        with pytest.raises(ValueError, match=f"`{name}` of Keras must be '{right}'.*'{wrong}'"):
            kg.load(NAME)
    finally:
        change(right)
    backend.check()


def test_another_backend_is_refused(monkeypatch):
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    with pytest.raises(
        ValueError, match=r"`backend` of Keras must be 'tensorflow'.*KERAS_BACKEND=tensorflow"
    ):
        kg.load(NAME)
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "keras", None)  # as where that backend is not installed
    with pytest.raises(ValueError, match=r"`backend` of Keras.*KERAS_BACKEND=tensorflow"):
        backend.check()


def test_a_loaded_entry_goes_on_where_its_training_ended():
    """Counters are the Record's; a rate that fell to 0 along a cosine is a twentieth of the first one."""
    model, record = kg.load("vae_mnist"), registry.get_record("vae_mnist")
    assert model.step == record.steps
    assert [int(optimizer.iterations) for optimizer in model.optimizers] == [record.steps]
    games = kg.load("wgan_gp_mnist")
    assert int(games.d_optimizer.iterations) == games.critic_steps * games.step
    assert int(games.g_optimizer.iterations) == games.step == registry.get_record("wgan_gp_mnist").steps


@pytest.mark.parametrize("name, method, able", [("GAN", "encode", "VAE"), ("Classifier", "sample", "GAN")])
def test_what_a_model_cannot_do_is_said_with_the_models_that_can(name, method, able):
    model = micro.make(name)
    assert not hasattr(model, method)
    with pytest.raises(AttributeError, match=rf"`{name}` cannot `{method}`\. Models that can: .*{able}"):
        getattr(model, method)
    with pytest.raises(AttributeError, match="no attribute 'colour'"):
        model.colour  # noqa: B018
