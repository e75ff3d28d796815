"""Publishing: at every moment the entry loads, old or new; and a damaged Record is its own entry's fault."""

import json
import os
import shutil

import numpy as np
import pytest
from helpers import equal, tiny

import kerasgen as kg
from kerasgen import atomic, publish, registry, weights
from kerasgen.errors import CorruptWeightsError, MissingWeightsError

NAME = "dcgan_mnist"
FIELDS = {"epochs": 1, "minutes": 0.5, "command": "", "seed": 0, "data": ""}


@pytest.fixture(scope="module")
def models():
    """Two of an entry whose weights differ, in half precision as files hold them."""
    pair = [tiny(NAME, seed=seed) for seed in (1, 2)]
    for model in pair:
        for average, network in model._averages.pairs:
            halves = [w.astype("float16").astype("float32") for w in network.get_weights()]
            average.set_weights(halves), network.set_weights(halves)
        model.discriminator.set_weights([w.astype("float16") for w in model.discriminator.get_weights()])
    return pair


@pytest.fixture
def zoo(tmp_path, monkeypatch):
    """An empty zoo; its folder of weights."""
    monkeypatch.setattr(registry, "root", lambda: str(tmp_path / "zoo"))
    (tmp_path / "zoo" / "weights").mkdir(parents=True)
    return tmp_path / "zoo" / "weights"


@pytest.fixture(scope="module")
def loaded():
    """A function: the weights that the entry loads now."""
    model = tiny(NAME)

    def load():
        weights.load(model, registry.weights_path(NAME), registry.get_record(NAME))
        return weights_of(model)

    return load


def weights_of(model):
    return [w for networks in model.components().values() for n in networks for w in n.get_weights()]


def test_publish_replaces_weights_and_record(models, loaded, zoo):
    for model in models:
        record = publish.publish(NAME, model, folder=zoo, **FIELDS)
        assert sorted(os.listdir(zoo)) == sorted([record.file_name, f"{NAME}.json"])
        assert registry.weights_path(NAME) == str(zoo / record.file_name)
        assert equal(weights_of(model), loaded()) and record == registry.get_record(NAME)


def test_a_kill_at_any_moment_leaves_an_entry_that_loads(models, loaded, zoo, tmp_path, monkeypatch):
    """The folder is copied before and after each call that changes names in it: states a kill can leave."""
    publish.publish(NAME, models[0], folder=zoo, **FIELDS)
    states = []

    def watched(function):
        def call(*args, **kwargs):
            states.append(shutil.copytree(zoo, tmp_path / f"state_{len(states)}" / "weights"))
            try:
                return function(*args, **kwargs)
            finally:
                states.append(shutil.copytree(zoo, tmp_path / f"state_{len(states)}" / "weights"))

        return call

    with monkeypatch.context() as patch:
        for name in ("replace", "remove", "unlink", "fsync"):
            patch.setattr(os, name, watched(getattr(os, name)))
        publish.publish(NAME, models[1], folder=zoo, **FIELDS)
    found = []
    for one in states:
        monkeypatch.setattr(registry, "root", lambda one=one: str(one.parent))
        found += [index for index, model in enumerate(models) if equal(weights_of(model), loaded())]
    assert found == sorted(found) and len(found) == len(states) and set(found) == {0, 1}


@pytest.mark.parametrize("call", ["replace", "fsync"])
@pytest.mark.parametrize("number", [0, 1])
def test_a_full_disk_leaves_what_was_there(models, loaded, zoo, monkeypatch, call, number):
    before = publish.publish(NAME, models[0], folder=zoo, **FIELDS)
    calls = []

    def full(*args):
        calls.append(args)
        if len(calls) > number:
            raise OSError(28, "No space left on device")
        return original(*args)

    original = getattr(os, call)
    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(OSError, match="No space"):
            publish.publish(NAME, models[1], folder=zoo, **FIELDS)
    assert registry.get_record(NAME) == before
    assert equal(weights_of(models[0]), loaded())
    assert not [name for name in os.listdir(zoo) if name.startswith(".")]
    after = publish.publish(NAME, models[1], folder=zoo, **FIELDS)  # tidies up
    assert sorted(os.listdir(zoo)) == sorted([after.file_name, f"{NAME}.json"])


def test_weights_beyond_the_room_of_a_wheel_are_refused(models, zoo, monkeypatch):
    before = publish.publish(NAME, models[0], folder=zoo, **FIELDS)
    (zoo / "other-00000000.safetensors").write_bytes(bytes(1000))
    files = sorted(os.listdir(zoo))
    monkeypatch.setattr(weights, "MAX_TOTAL_BYTES", before.size + 999)
    with pytest.raises(ValueError, match=r"`model` is too large.*Received"):
        publish.publish(NAME, models[1], folder=zoo, **FIELDS)
    assert sorted(os.listdir(zoo)) == files and registry.get_record(NAME) == before
    monkeypatch.setattr(weights, "MAX_TOTAL_BYTES", before.size + 1000)
    publish.publish(NAME, models[1], folder=zoo, **FIELDS)  # its own old weights do not count


def test_all_weights_of_the_zoo_fit_into_a_wheel():
    folder = os.path.join(registry.root(), "weights")
    sizes = {name: os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder)}
    shipped = {name for name in sizes if name.endswith(".safetensors")}
    assert sum(sizes[name] for name in shipped) <= weights.MAX_TOTAL_BYTES
    records = [registry.get_record(name) for name in kg.list_models(pretrained=True)]
    assert shipped == {record.file_name for record in records if record.url is None}


def test_figures_need_a_record(zoo):
    with pytest.raises(MissingWeightsError, match=f"`name` has no Record.*{NAME}"):
        publish.write_curve(NAME, type("Result", (), {"lines": {}, "floor": 0, "settings": {}}), "")


def test_replaced_files_are_whole_or_untouched(tmp_path):
    path = tmp_path / "a.json"
    atomic.write_text(path, "old")
    with pytest.raises(RuntimeError), atomic.replacing(path) as draft:
        with open(draft, "w") as file:
            file.write("ne")
        raise RuntimeError
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["a.json"]
    atomic.write_text(path, "new\n")
    plain = tmp_path / "b.json"
    plain.write_text("")
    assert path.read_text() == "new\n" and path.stat().st_mode == plain.stat().st_mode


def edited(**fields):
    def damage(path):
        path.write_text(json.dumps(json.loads(path.read_text()) | fields))

    return damage


def without(field):
    def damage(path):
        fields = json.loads(path.read_text())
        del fields[field]
        path.write_text(json.dumps(fields))

    return damage


def replaced(make):
    def damage(path):
        path.unlink()
        make(path)

    return damage


DAMAGE = {
    "empty": lambda path: path.write_text(""),
    "torn": lambda path: path.write_text(path.read_text()[:100]),
    "no text": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    "a list": lambda path: path.write_text("[]"),
    "a number": lambda path: path.write_text("3"),
    "deeply nested": lambda path: path.write_text("[" * 100_000),
    "deeply nested in place": lambda path: path.write_text('{"manifest": ' + "[" * 100_000),
    "long number": lambda path: path.write_text('{"size": ' + "9" * 5000 + "}"),
    "a folder": replaced(lambda path: path.mkdir()),
    "a FIFO": replaced(os.mkfifo),
    "a dead link": replaced(lambda path: path.symlink_to("nowhere")),
    "unknown key": edited(colour="red"),
    "missing key": without("sha256"),
    "of another entry": edited(name="gan_mnist"),
    "name that leaves the folder": edited(name="../dcgan_mnist"),
    "sha256": edited(sha256="../../../etc/passwd"),
    "size of text": edited(size="3"),
    "size of a bool": edited(size=True),
    "negative size": edited(size=-1),
    "manifest": edited(manifest={"a": 1}),
    "row of the manifest": edited(manifest=[["a", 3, "float32"]]),
    "side in the manifest": edited(manifest=[["a", [-1], "float32"]]),
    "metrics": edited(metrics=[1]),
    "figure": edited(metrics={"fid": 3}),
    "null": edited(versions=None),
    "url": edited(url="javascript:1"),
}


@pytest.fixture(scope="module")
def published(models, tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    publish.publish(NAME, models[0], folder=folder, **FIELDS)
    return folder


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_record_stops_its_own_entry_only(published, zoo, damage):
    shutil.copytree(published, zoo, dirs_exist_ok=True)
    damage(zoo / f"{NAME}.json")
    for call in (registry.get_record, kg.load, registry.weights_path):
        with pytest.raises(CorruptWeightsError, match=f"`weights` of {NAME} have a damaged Record"):
            call(NAME)
    with pytest.warns(UserWarning, match=f"{NAME}.*not pretrained"):
        assert kg.list_models(pretrained=True) == []
    with pytest.warns(UserWarning, match=NAME):
        assert NAME in kg.list_models(pretrained=False)
    with pytest.warns(UserWarning, match=NAME):
        assert kg.describe(NAME)["pretrained"] is False


def test_a_record_can_be_published_over_a_damaged_one(models, published, zoo):
    shutil.copytree(published, zoo, dirs_exist_ok=True)
    (zoo / f"{NAME}.json").write_text("{")
    record = publish.publish(NAME, models[1], folder=zoo, **FIELDS)
    assert registry.get_record(NAME) == record


def test_numbers_of_numpy_are_kept_as_pythons(published, tmp_path):
    fields = json.loads((published / f"{NAME}.json").read_text())
    record = kg.Record(**fields | {"seed": np.int64(3), "minutes": np.float32(0.5), "size": np.int32(7)})
    record.write(tmp_path / "record.json")
    assert kg.Record.read(tmp_path / "record.json") == record
    assert type(record.seed) is int and type(record.minutes) is float
