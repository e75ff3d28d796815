"""Weight files are verified at every open: whatever is wrong with one is said, and nothing loaded."""

import dataclasses
import shutil

import h5py
import numpy as np
import pytest
from conftest import equal, state, tiny

import kerasgen as kg
from kerasgen import registry, weights
from kerasgen.errors import CorruptWeightsError, MissingWeightsError

NAME = "dcgan_mnist"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A model, its weight file and its Record."""
    path = tmp_path_factory.mktemp("weights") / f"{NAME}.weights.h5"
    model = tiny(NAME)
    fields = dict.fromkeys(("command", "data", "machine", "date"), "") | {"parameters": {}, "versions": {}}
    fields |= dict.fromkeys(("seed", "epochs", "steps", "minutes"), 0)
    return model, path, kg.Record(name=NAME, **fields, **weights.save(model, path))


def test_loaded_weights_are_the_saved_ones_in_half_precision(saved):
    model, path, record = saved
    other = tiny(NAME, seed=1)
    weights.load(other, path, record)
    for part, networks in other.parts().items():
        for network in networks:
            for a, b in zip(model.parts()[part][0].get_weights(), network.get_weights(), strict=True):
                np.testing.assert_array_equal(a.astype("float16").astype("float32"), b)


def test_average_is_saved_and_every_generator_receives_it(saved):
    _, path, record = saved
    model = tiny(NAME, seed=1)
    weights.load(model, path, record)
    average, generator = model.parts()["generator"]
    assert average is model.average and generator is model.generator
    assert equal(average.get_weights(), generator.get_weights())


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def swap(path):
    """Two layers of equal shape: the file stays a good HDF5 file."""
    with h5py.File(path, "r+") as file:
        names, shapes = [], {}
        file.visit(names.append)
        for name in names:
            if isinstance(file[name], h5py.Dataset):
                shapes.setdefault(file[name].shape, []).append(name)
        a, b = next(names for names in shapes.values() if len(names) > 1)[:2]
        file[a][...], file[b][...] = file[b][()], file[a][()]


DAMAGE = {
    "one bit flipped": flip,
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "bytes appended": lambda path: path.write_bytes(path.read_bytes() + b"0"),
    "emptied": lambda path: path.write_bytes(b""),
    "a block zeroed": lambda path: path.write_bytes(path.read_bytes()[:-64] + bytes(64)),
    "two layers swapped": swap,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damaged_files_are_refused(saved, tmp_path, damage):
    _, path, record = saved
    copy = tmp_path / path.name
    shutil.copy(path, copy)
    damage(copy)
    model = tiny(NAME, seed=1)
    before = state(model)
    with pytest.raises(CorruptWeightsError, match=f"`weights` of {NAME} are damaged"):
        weights.load(model, copy, record)
    assert equal(before, state(model))


def test_missing_files_are_refused(saved, tmp_path):
    _, _, record = saved
    with pytest.raises(MissingWeightsError, match="`weights`"):
        weights.load(tiny(NAME), tmp_path / "none.weights.h5", record)


def test_weights_of_another_shape_are_refused(saved):
    _, path, record = saved
    model = tiny(NAME, width=6)
    before = state(model)
    with pytest.raises(CorruptWeightsError, match="`weights` do not fit"):
        weights.load(model, path, record)
    assert equal(before, state(model))


def test_load_verifies_what_it_opens(saved, tmp_path, monkeypatch):
    """`kerasgen.load` itself, on a zoo whose file has one flipped bit."""
    _, path, record = saved
    copy = tmp_path / path.name
    shutil.copy(path, copy)
    monkeypatch.setattr(registry, "get_record", lambda name: record)
    monkeypatch.setattr(registry, "weights_path", lambda name: str(copy))
    arguments = registry.get_recipe(NAME).tiny
    assert kg.load(NAME, **arguments).sample(1, seed=0).shape == (1, 28, 28, 1)
    flip(copy)
    with pytest.raises(CorruptWeightsError, match="`weights`"):
        kg.load(NAME, **arguments)


def test_record_round_trip(saved, tmp_path):
    _, _, record = saved
    record.write(tmp_path / "record.json")
    assert kg.Record.read(tmp_path / "record.json") == record
    assert dataclasses.replace(record, size=1) != record


@pytest.mark.parametrize("name", kg.list_models(pretrained=True))
def test_shipped_weights_are_those_of_their_record_and_small(name):
    record = registry.get_record(name)
    weights.verify(registry.weights_path(name), record)
    assert record.size < 10e6 and record.steps > 0 and record.minutes > 0
