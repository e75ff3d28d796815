"""Weight files are verified at every open: whatever is wrong with one is said, and nothing loaded."""

import dataclasses
import itertools
import json
import shutil

import keras
import numpy as np
import pytest
import safetensors.numpy
from helpers import equal, state, tiny

import kerasgen as kg
from kerasgen import registry, weights
from kerasgen.errors import CorruptWeightsError, MissingWeightsError

NAME = "dcgan_mnist"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A model, its weight file and its Record."""
    path = tmp_path_factory.mktemp("weights") / f"{NAME}.safetensors"
    model = tiny(NAME)
    fields = dict.fromkeys(("command", "data", "machine", "date"), "") | {"parameters": {}, "versions": {}}
    fields |= dict.fromkeys(("seed", "epochs", "steps", "minutes"), 0)
    return model, path, kg.Record(name=NAME, **fields, **weights.save(model, path))


def test_loaded_weights_are_the_saved_ones_in_half_precision(saved):
    model, path, record = saved
    other = tiny(NAME, seed=1)
    weights.load(other, path, record)
    for part, networks in other.components().items():
        for network in networks:
            for a, b in zip(model.components()[part][0].get_weights(), network.get_weights(), strict=True):
                np.testing.assert_array_equal(a.astype("float16").astype("float32"), b)


def test_average_is_saved_and_every_generator_receives_it(saved):
    _, path, record = saved
    model = tiny(NAME, seed=1)
    weights.load(model, path, record)
    average, generator = model.components()["generator"]
    assert average is model.average and generator is model.generator
    assert equal(average.get_weights(), generator.get_weights())


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def swap(path):
    """Two layers of equal shape: the file stays a good safetensors file."""
    arrays = safetensors.numpy.load_file(path)
    pairs = itertools.combinations(arrays, 2)
    differ = lambda a, b: arrays[a].shape == arrays[b].shape and not np.array_equal(arrays[a], arrays[b])
    a, b = next(pair for pair in pairs if differ(*pair))
    path.write_bytes(safetensors.numpy.save(arrays | {a: arrays[b], b: arrays[a]}))


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


def edited(edit):
    """Bytes of a safetensors file whose arrays `edit` has changed in place."""

    def hostile(data):
        arrays = safetensors.numpy.load(data)
        edit(arrays, min(arrays))
        return safetensors.numpy.save(arrays)

    return hostile


def with_header(edit):
    """Bytes of a safetensors file whose JSON header `edit` has changed in place; arrays are as before."""

    def hostile(data):
        end = 8 + int.from_bytes(data[:8], "little")
        header = json.loads(data[8:end])
        text = json.dumps(edit(header, min(header)) or header).encode()
        return len(text).to_bytes(8, "little") + text + data[end:]

    return hostile


HOSTILE = {
    "empty": lambda data: b"",
    "no header": lambda data: b"0123456789" * 9,
    "header of 2^63 bytes": lambda data: (2**63).to_bytes(8, "little") + data[8:],
    "header beyond the file": lambda data: (len(data)).to_bytes(8, "little") + data[8:],
    "header that is no JSON": lambda data: data[:8] + b"?" * (len(data) - 8),
    "header nested deeply": lambda data: (10**5).to_bytes(8, "little") + b"[" * 10**5,
    "HDF5": lambda data: b"\x89HDF\r\n\x1a\n" + data,
    "variable too few": edited(lambda arrays, name: arrays.pop(name)),
    "variable too many": edited(lambda arrays, name: arrays.update(x=arrays[name])),
    "variable renamed": edited(lambda arrays, name: arrays.update(x=arrays.pop(name))),
    "variable turned": edited(lambda arrays, name: arrays.update({name: arrays[name][None]})),
    "variable of float64": edited(lambda arrays, name: arrays.update({name: arrays[name].astype("float64")})),
    "variable of ints": edited(lambda arrays, name: arrays.update({name: arrays[name].astype("int16")})),
    "offsets beyond the file": with_header(lambda header, name: header[name].update(data_offsets=[0, 2**40])),
    "offsets that overlap": with_header(
        lambda header, name: [part.update(data_offsets=[0, 2]) for part in header.values()] and None
    ),
    "negative offsets": with_header(lambda header, name: header[name].update(data_offsets=[-2, 0])),
    "shape that overflows": with_header(lambda header, name: header[name].update(shape=[2**40, 2**40])),
    "unknown type": with_header(lambda header, name: header[name].update(dtype="F7")),
    "type that NumPy lacks": with_header(lambda header, name: header[name].update(dtype="BF16")),
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_with_a_record_to_match_are_refused(saved, tmp_path, hostile):
    model, path, record = saved
    file = tmp_path / path.name
    file.write_bytes(hostile(path.read_bytes()))
    record = dataclasses.replace(record, sha256=weights.sha256(file), size=file.stat().st_size)
    before = state(model)
    with pytest.raises(CorruptWeightsError, match=f"`weights` of {NAME} are"):
        weights.load(model, file, record)
    assert equal(before, state(model))


def test_float32_is_stored_in_half_where_it_fits(tmp_path):
    model, path = tiny(NAME, seed=1), tmp_path / "a.safetensors"
    large, other = model.components()["generator"][0].weights[:2]
    large.assign(np.full(large.shape, 1e5, "float32"))
    first, second = [name for name, *_ in weights.save(model, path)["manifest"]][:2]
    stored = safetensors.numpy.load_file(path)
    assert stored[first].dtype == "float32" and (stored[first] == 1e5).all()
    assert stored[second].dtype == "float16" and stored[second].shape == other.shape
    weights.save(model, path, half=False)
    assert {array.dtype.name for array in safetensors.numpy.load_file(path).values()} == {"float32"}


def test_names_of_variables_are_unique_in_nested_networks():
    inner = lambda: keras.Sequential([keras.Input((3,)), keras.layers.Dense(3), keras.layers.Dense(3)])
    network = keras.Sequential([keras.Input((3,)), inner(), keras.layers.Dense(3), inner()])
    model = type("Model", (), {"components": lambda self: {"network": [network]}})()
    names = [name for name, _, _ in weights.manifest(model)]
    assert names[:4] == [f"network/0/Sequential/{name}" for name in ("kernel", "bias", "kernel/1", "bias/1")]
    assert len(set(names)) == len(network.weights) == 10


def test_missing_files_are_refused(saved, tmp_path):
    _, _, record = saved
    with pytest.raises(MissingWeightsError, match="`weights`"):
        weights.load(tiny(NAME), tmp_path / "none.safetensors", record)


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


@pytest.mark.parametrize("name", ["diffusion_moons", "gmm_rings"])
def test_saving_what_was_loaded_gives_the_same_bytes(name, tmp_path):
    record = registry.get_record(name)
    fields = weights.save(kg.load(name), tmp_path / "again.safetensors")
    assert dataclasses.replace(record, **fields) == record


@pytest.mark.parametrize("name", kg.list_models(pretrained=True))
def test_shipped_weights_are_those_of_their_record_and_small(name):
    record = registry.get_record(name)
    weights.verify(registry.weights_path(name), record)
    assert record.size < 10e6 and record.steps > 0 and record.minutes > 0
