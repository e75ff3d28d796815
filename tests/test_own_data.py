"""Data of one's own: files of arrays, folders, labels, what is held out, and entries that adapt to them."""

import gzip
import json
import os
import struct
import types

import numpy as np
import pytest
from helpers import one_of_each, refusals
from PIL import Image

import kerasgen as kg
from kerasgen import arguments, cli, registry, saved
from kerasgen.commands import evaluate_own, material, own_data, train as training
from kerasgen.data import own
from kerasgen.errors import InvalidDataError, MissingDataError

GRAY = np.arange(24, dtype="uint8").reshape(2, 3, 4)


def idx(array, kind=8):
    """An idx file of an array, by the description of the format on MNIST's page."""
    sides = b"".join(struct.pack(">I", side) for side in array.shape)
    return bytes([0, 0, kind, array.ndim]) + sides + array.astype(array.dtype.newbyteorder(">")).tobytes()


def write(path, content):
    path.write_bytes(content)
    return path


def pictures(folder, **classes):
    """A folder of 4x4 gray pictures: {class: levels}."""
    for name, levels in classes.items():
        (folder / name).mkdir(parents=True)
        for number, level in enumerate(levels):
            Image.new("L", (4, 4), level).save(folder / name / f"{number}.png")
    return folder


# Files of arrays.


def test_npy_npz_and_idx_hold_the_same_compressed_or_not(tmp_path):
    np.save(tmp_path / "a.npy", GRAY)
    np.savez(tmp_path / "a.npz", images=GRAY, labels=[1, 0])
    write(tmp_path / "a-images-idx3-ubyte", idx(GRAY))
    write(tmp_path / "a-labels-idx1-ubyte", idx(np.array([1, 0], "uint8")))
    for name in ("a.npy", "a-images-idx3-ubyte", "a-labels-idx1-ubyte"):
        write(tmp_path / f"{name}.gz", gzip.compress((tmp_path / name).read_bytes()))
    for name in ("a.npy", "a.npy.gz", "a.npz", "a-images-idx3-ubyte", "a-images-idx3-ubyte.gz"):
        examples = own.read(tmp_path / name)
        np.testing.assert_array_equal(examples.x, GRAY[..., None])
        labels = None if "npy" in name else [1, 0]
        assert (None if examples.labels is None else examples.labels.tolist()) == labels


def test_first_bytes_decide_and_not_the_name(tmp_path):
    np.save(tmp_path / "a.npy", GRAY)
    os.rename(tmp_path / "a.npy", tmp_path / "a.idx")
    np.testing.assert_array_equal(own.read(tmp_path / "a.idx").x[..., 0], GRAY)


@pytest.mark.parametrize(
    "kind, dtype", [(8, "u1"), (9, "i1"), (11, "i2"), (12, "i4"), (13, "f4"), (14, "f8")]
)
def test_idx_numbers_of_every_type_are_big_endian(tmp_path, kind, dtype):
    values = np.array([[1, 2], [3, 100]], dtype)
    (found,) = own.array_files.read(write(tmp_path / "a", idx(values, kind))).values()
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize(
    "values, expected",
    [
        (np.array([0, 0.5, 1.0]), [0, 128, 255]),
        (np.array([False, True, True]), [0, 255, 255]),
        (np.array([0, 7, 255], "int64"), [0, 7, 255]),
    ],
    ids=["floats", "bools", "ints"],
)
def test_levels_of_arrays(tmp_path, values, expected):
    np.save(tmp_path / "a.npy", np.tile(values, (2, 1, 1)))
    assert own.read(tmp_path / "a.npy").x[0, 0, :, 0].tolist() == expected


def test_points_stay_as_they_are(tmp_path):
    points = np.random.default_rng(0).normal(size=(5, 2)) * 100
    np.save(tmp_path / "a.npy", points)
    examples = own.read(tmp_path / "a.npy")
    np.testing.assert_array_equal(examples.x, points.astype("float32"))
    assert examples.num_classes is None


def test_parts_of_a_file_are_kept_apart(tmp_path):
    test = {"x_test": GRAY[:1] + 1, "y_test": ["b"]}
    np.savez(tmp_path / "a.npz", x_train=GRAY, y_train=["b", "a"], **test, extra=[1])
    with pytest.warns(UserWarning, match="extra"):
        train, held_out = own.read(tmp_path / "a.npz").split(0.5)
    assert train.class_names == held_out.class_names == ("a", "b") and train.labels.tolist() == [1, 0]
    np.testing.assert_array_equal(held_out.x[..., 0], GRAY[:1] + 1)
    assert held_out.labels.tolist() == [1]


BAD = {
    "empty": b"",
    "text": b"no array",
    "idx cut off": idx(GRAY)[:-1],
    "idx too long": idx(GRAY) + b"0",
    "idx of terabytes": b"\0\0\x08\x03" + b"\x7f\xff\xff\xff" * 3,
    "gzip cut off": gzip.compress(idx(GRAY))[:-9],
    "npy cut off": b"\x93NUMPY\1\0",
    "zip": b"PK\3\4",
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    with pytest.raises(InvalidDataError, match=r"bad\.npy"):
        own.read(write(tmp_path / "bad.npy", content))


def test_pickles_are_not_opened(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{}], "object"), allow_pickle=True)
    with pytest.raises(InvalidDataError, match=r"a\.npy.*allow_pickle"):
        own.read(tmp_path / "a.npy")


@pytest.mark.parametrize(
    "array",
    [GRAY.astype("int64") * 100, GRAY / 20, np.full((2, 3, 4), np.nan), np.zeros((2, 3, 9, 9)), np.zeros(3)],
    ids=["levels", "range", "nan", "channels first", "rank"],
)
def test_arrays_that_are_no_images_are_refused(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(InvalidDataError, match=r"`path`.*a\.npy"):
        own.read(tmp_path / "a.npy")


# Labels, sizes, what is held out.


def test_sub_folders_are_classes_and_parts_are_not(tmp_path):
    pictures(tmp_path / "flat", b=[10], a=[20, 30])
    examples = own.read(tmp_path / "flat", (4, 4), 1)
    assert examples.class_names == ("a", "b") and examples.labels.tolist() == [0, 0, 1]
    assert examples.x[:, 0, 0, 0].tolist() == [20, 30, 10] and examples.num_classes == 2
    pictures(tmp_path / "parts" / "train", b=[10], a=[20])
    pictures(tmp_path / "parts" / "test", b=[40], a=[])
    train, held_out = own.read(tmp_path / "parts", (4, 4), 1).split()
    assert train.labels.tolist() == [0, 1] and held_out.labels.tolist() == [1]
    assert held_out.x[0, 0, 0, 0] == 40
    Image.new("L", (4, 4)).save(tmp_path / "flat" / "beside.png")
    assert own.read(tmp_path / "flat", (4, 4), 1).labels is None


def test_labels_of_arrays_lie_in_a_file_beside_them(tmp_path):
    np.save(tmp_path / "x.npy", GRAY)
    np.save(tmp_path / "y.npy", np.array([[3], [0]]))
    (tmp_path / "y.csv").write_text("label\ncat\nant\n")
    assert own.read(tmp_path / "x.npy", labels=tmp_path / "y.npy").labels.tolist() == [3, 0]
    named = own.read(tmp_path / "x.npy", labels=tmp_path / "y.csv")
    assert named.class_names == ("ant", "cat") and named.labels.tolist() == [1, 0]
    np.save(tmp_path / "y.npy", np.array([0, 1, 2]))
    with pytest.raises(InvalidDataError, match="`labels`"):
        own.read(tmp_path / "x.npy", labels=tmp_path / "y.npy")


def test_arrays_are_resized_inverted_and_made_gray_when_asked(tmp_path):
    colors = np.zeros((1, 4, 8, 3), "uint8") + np.array([255, 0, 0], "uint8")
    np.save(tmp_path / "a.npy", colors)
    examples = own.read(tmp_path / "a.npy", (4, 4), 1, invert=True)
    assert examples.x.shape == (1, 4, 4, 1) and set(examples.x.ravel()) == {255 - 76}  # 0.299 of 255


def test_crop_keeps_proportions_and_the_middle(tmp_path):
    wide = np.zeros((4, 12), "uint8")
    wide[:, 4:8] = 200
    Image.fromarray(wide).save(tmp_path / "a.png")
    squeezed, cropped = (own.read(tmp_path, (4, 4), 1, crop=crop).x for crop in (False, True))
    assert (cropped == 200).all() and not (squeezed == 200).all()


def test_a_share_is_held_out_once_and_always_the_same():
    examples = own.Examples(np.arange(200, dtype="float32").reshape(100, 2), np.arange(100))
    train, held_out = examples.split(0.1)
    assert len(held_out) == 10 and sorted([*train.labels, *held_out.labels]) == list(range(100))
    np.testing.assert_array_equal(held_out.x[:, 0], 2 * held_out.labels)
    assert examples.split(0.1)[1].labels.tolist() == held_out.labels.tolist()
    assert len(examples.split(0.0)[1]) == 0


test_wrong_arguments = refusals(
    {
        "size of a folder": (lambda: own.read("."), "size"),
        "size": (lambda: own.read(".", (4, 4, 1)), "size"),
        "channels": (lambda: own.read(".", (4, 4), 2), "channels"),
        "path": (lambda: own.read("./nowhere"), MissingDataError, "path"),
        "background": (lambda: own.read(".", (4, 4), background="plaid"), "background"),
        "share": (lambda: own.Examples(GRAY).split(1.0), "share"),
    }
)


# Entries.


OWN_SIZE = (  # that of a teacher, a power of two, or one that a chain of bijectors is cut for
    "consistency_mnist",
    "lenet_spoken_digit",
    "pixelvae_binarized_mnist",
    "stylegan2_anime_faces",
    "vqvae_prior_mnist",
    *kg.list_models(family="autoregressive"),
    *kg.list_models(family="flow"),
    *kg.list_models(family="energy"),
)


@pytest.mark.parametrize("name", one_of_each(kg.list_models()))
def test_entries_adapt_their_sizes_or_keep_them(name):
    recipe = registry.get_recipe(name)
    points = recipe.value_range is None
    shape = (3,) if points else (16, 24, 3)
    captions = ("red leaf", "green leaf") if recipe.condition == "text" else None
    found = arguments.of_examples(recipe, shape, 3, captions, steps=7)
    if name in OWN_SIZE:
        assert not {"image_shape", "dim"} & set(found)
        return
    model = kg.load(name, pretrained=False, **recipe.tiny | found)
    assert tuple(model.event.shape) == shape
    if recipe.condition == "text":
        assert model.condition.check(["green leaf"], "condition", 1) is not None
    elif model.condition is not None:
        assert model.condition.num_classes == 3


def test_a_name_without_its_data_set_stands_for_an_entry():
    names = {"lenet": "lenet_mnist", "cvae": "cvae_mnist", "gmm": "gmm_rings", "dcgan_mnist": "dcgan_mnist"}
    assert {name: own_data.entry(name) for name in names} == names
    assert own_data.entry("catgan") == "catgan"  # which is then refused


# The command line.


@pytest.fixture
def folder(tmp_path, monkeypatch):
    pictures(tmp_path / "pictures", dark=range(0, 60), light=range(195, 255))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def args(line):
    return cli.parse(["kerasgen", *line.split()])


def test_a_path_is_read_as_typed_and_as_the_entry_asks(folder):
    reading = own_data.begin(args("train lenet --data ./pictures --held-out 0.25"), "lenet_mnist", "pictures")
    assert (reading.size, reading.channels, reading.held_out) == ((28, 28), 1, 0.25)
    found = training._material(args("train cvae --data ./pictures --size 8 --channels 3"), "cvae_mnist",
                               registry.get_recipe("cvae_mnist"), own=True)  # fmt: skip
    assert found.train.x.shape == (108, 8, 8, 3) and len(found.held_out) == 12
    assert found.settings["class_names"] == ("dark", "light")
    batch_size, epochs, steps = found.lengths()
    assert batch_size == 108 and steps == epochs == 30
    assert found.lengths(batch_size=12) == (12, 223, 2007)  # 2,000 steps at least
    built = found.arguments(steps, as_recipe=True)
    assert built == {"image_shape": (8, 8, 3), "num_classes": 2, "decay_steps": 30}


def test_classes_are_captions_of_an_entry_of_texts_and_levels_bits_of_one_of_bits(folder):
    found = {}
    for name in ("ddpm_anime_faces", "vae_binarized_mnist"):
        reading = own_data.Reading(size=(4, 4), channels=1)
        found[name] = material.own(name, registry.get_recipe(name), "pictures", reading)
    faces, bits = found.values()
    assert set(faces.train.labels) == {"dark", "light"}
    assert faces.arguments(9, True) == {
        "image_shape": (4, 4, 1), "captions": ("dark", "light"), "decay_steps": 9
    }  # fmt: skip
    model = types.SimpleNamespace(event=kg.spaces.Bits((4, 4, 1)), condition=None)
    held_out, condition, training = bits.watched(model)
    assert set(held_out.ravel()) == {0.0, 1.0} and condition is None and len(training) == 108
    assert bits.arguments(9, True) == {"image_shape": (4, 4, 1), "decay_steps": 9}


def test_a_run_on_own_pictures_is_sampled_measured_and_exported(folder, capsys):
    """`lenet` judges `cvae`; classes by name; other data, held-out shares and entries are refused."""
    common = "--data ./pictures --size 8 --held-out 0.5 --epochs 1 --batch-size 30"
    run = lambda line: cli.main(args(line))
    assert not run(f"train lenet {common} --folder judge")
    assert not run(f"train cvae {common} --folder mine")
    settings = saved.read_settings("mine")
    assert settings["name"] == "cvae_mnist" and settings["arguments"] == {
        "image_shape": [8, 8, 1],
        "num_classes": 2,
    }
    assert settings["reading"]["held_out"] == 0.5 and os.path.isabs(settings["data"])
    assert kg.load("./mine").condition.num_classes == 2
    assert (folder / "mine" / "health.md").exists() and (folder / "mine" / "samples").exists()
    assert not run("sample --num 4 --label light --out a.npy --run mine")
    assert np.load("a.npy").shape == (4, 8, 8, 1)
    assert not run("evaluate --run judge --json")
    capsys.readouterr()
    for line, says in {
        "evaluate --run mine --evaluator judge": "`held_out` must leave 129 examples",
        "evaluate --run mine --held-out 0.1": "`held_out` must be that of the run",
        "evaluate gan_mnist --run mine": "a run of cvae_mnist",
        "sample --run mine --label grey": "`label` must be one of dark, light",
        "train cvae --data ./nowhere": "no such file or folder",
        "train cvae --data nowhere.npz": "no such file or folder",
        "train cvae --data mnist_small --size 8": "`size` is of a path",
        "evaluate cvae_mnist --evaluator judge": "`evaluator` is of a path",
        "evaluate --run mine --write": "`write` is of an entry",
        "train vae_mnist --data ./pictures --publish": "`publish`",
        "train ddpm --data ./pictures --size 9": "`image_shape` must have sides divisible by",
        "train gmm --data ./pictures --size 8": "`data` must hold examples of shape (2,)",
        "train cvae --data ./pictures --labels none": "`labels` must be given to cvae_mnist",
    }.items():
        assert run(line) == 2 and says in capsys.readouterr().err, line
    assert not run("export --run mine serving/mine")
    Image.new("L", (4, 4), 100).save("pictures/light/new.png")
    assert run("evaluate --run judge") == 2 and "has changed since the run" in capsys.readouterr().err
    assert run(f"train cvae {common} --folder mine --resume") == 2 and "`examples`" in capsys.readouterr().err
    assert json.loads((folder / "mine" / "run.json").read_text())["class_names"] == ["dark", "light"]


def test_a_run_is_compared_with_what_it_held_out(folder):
    """Examples that were not trained on, in the features of the stand-in where there is no judge."""
    reading = own_data.Reading(size=(8, 8), channels=1, held_out=0.5)
    train, test = reading.parts("./pictures")
    assert sorted(train.x[:, 0, 0, 0].tolist() + test.x[:, 0, 0, 0].tolist()) == [
        *range(60),
        *range(195, 255),
    ]
    judge = evaluate_own._judge(args("evaluate vae_mnist"), test)
    assert judge.extractor.name == "lenet_mnist_v1_resized" and "stand-in" in judge.words
    features, logits = judge.extractor(test.x)
    assert features.shape == (60, 128) and logits is None


@pytest.mark.parametrize("line", ["{} --run r n", "{} n --run r", "{} --run r --seed 1 n"])
def test_a_name_may_come_after_options(line):
    assert args(line.format("sample")).name == "n"


def test_export_takes_its_path_with_and_without_a_name():
    for line in ("export n p --run r", "export n --run r p", "export --run r n p"):
        found = args(line)
        assert (found.name, found.path, found.run) == ("n", "p", "r")
    assert (args("export --run r p").name, args("export --run r p").path) == (None, "p")
