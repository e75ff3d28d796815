"""Data addressed by index: order is a function of (seed, step), wrong arguments are refused."""

import io
import os
import re
import time
import zipfile

import numpy as np
import pytest
from helpers import equal, noise, state, toy
from PIL import Image
from sklearn.decomposition import PCA

import kerasgen as kg
from kerasgen.data import faces, laboratory, prepared, registry, sources, stacked
from kerasgen.errors import InvalidDataError, MissingDataError, UnknownNameError

NUM = 50


def numbered(**arguments):
    """Examples that carry their own index, so that an order can be read off."""
    x = np.arange(NUM, dtype="float32")[:, None]
    return kg.data.from_array(x, **{"batch_size": 8, "value_range": None} | arguments)


def read(dataset, batches=None):
    batches = dataset if batches is None else dataset.take(batches)
    return [int(value) for batch in batches for value in np.ravel(batch)]


def test_stream_shows_each_example_once_an_epoch_in_another_order():
    order = read(numbered().from_step(0), 25)  # 200 examples: four epochs
    epochs = [order[start : start + NUM] for start in range(0, 200, NUM)]
    assert all(sorted(epoch) == list(range(NUM)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4


def test_a_stream_begun_at_any_step_is_the_tail_of_the_whole():
    whole = read(numbered().from_step(0), 30)
    for step in (1, 6, 7, 13):  # in, at and across the ends of epochs
        assert read(numbered().from_step(step), 5) == whole[8 * step : 8 * step + 40]


def test_the_shares_of_two_workers_with_two_replicas_make_up_each_batch():
    whole = np.reshape(read(numbered().from_step(5), 6), (6, 2, 4))  # step, worker, example
    for worker in range(2):
        own = range(2 * worker, 2 * worker + 2)
        assert read(numbered().from_step(5, own, 4), 12) == whole[:, worker].ravel().tolist()


def test_order_depends_on_the_seed_alone():
    assert read(numbered(seed=1).from_step(0), 5) == read(numbered(seed=1).from_step(0), 5)
    assert read(numbered(seed=1).from_step(0), 5) != read(numbered(seed=2).from_step(0), 5)


def test_one_epoch_reads_whole_batches_and_reshuffles():
    dataset = numbered()
    first, second = read(dataset), read(dataset)
    assert len(first) == 48 == len(set(first)) and first != second
    assert len(dataset) == dataset.steps_per_epoch == 6 and dataset.num_examples == NUM


def test_unshuffled_data_is_read_in_order_to_the_last_example():
    assert read(numbered(shuffle=False)) == list(range(NUM))
    assert len(numbered(shuffle=False)) == 7


def test_labels_stay_with_their_images():
    x = np.arange(NUM, dtype="float32")[:, None]
    dataset = kg.data.from_array(x, np.arange(NUM), batch_size=8, value_range=None)
    for images, labels in dataset:
        np.testing.assert_array_equal(images[:, 0], labels)


@pytest.mark.parametrize("value_range", [(-1, 1), (0, 1)])
def test_uint8_is_scaled_to_the_range(value_range):
    x = np.array([0, 255, 51], "uint8")[:, None]
    (batch,) = kg.data.from_array(x, batch_size=3, shuffle=False, value_range=value_range)
    low, high = value_range
    np.testing.assert_allclose(batch[:, 0], [low, high, low + 0.2 * (high - low)], atol=1e-6)


def test_mnist_small_is_two_thousand_and_five_hundred_balanced_digits():
    for split, num in (("train", 2000), ("test", 500)):
        images, labels = kg.data.arrays("mnist_small", split)
        assert images.shape == (num, 28, 28, 1) and images.dtype == np.uint8
        assert np.bincount(labels).tolist() == [num // 10] * 10
    path = os.path.join(os.path.dirname(sources.__file__), "mnist_small.npz")
    assert os.path.getsize(path) < 1e6


def test_two_fits_of_one_epoch_are_one_fit_of_two():
    once, twice = toy(), toy()
    twice.set_weights(once.get_weights())
    data = lambda: kg.data.from_array(noise(30), batch_size=8)
    once.fit(data(), epochs=2, verbose=0)
    twice.fit(data(), verbose=0)
    twice.fit(data(), verbose=0)
    assert equal(state(once), state(twice))


def test_missing_data_is_said_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(prepared, "_reachable", lambda: False)
    start = time.monotonic()
    with pytest.raises(MissingDataError, match="TFDS_DATA_DIR"):
        kg.data.load("mnist", data_dir=tmp_path)
    assert time.monotonic() - start < 30  # minutes, when TFDS retries by itself


def test_unknown_data_and_splits_are_refused():
    for name, hint in {
        "no_such_set": "Known: .*mnist_small",
        "mnits": "mean mnist",
        "Fashion-MNIST": "fashion_m",
    }.items():
        with pytest.raises(UnknownNameError, match=f"`name`.*{hint}"):
            kg.data.load(name)
    for name in (
        "mnist/none",
        "mnist:9.9.9",
        "imdb_reviews",
        "imagenet2012",
    ):  # no such config, no images of one size
        with pytest.raises(ValueError, match="`name`"):
            kg.data.load(name)
    with pytest.raises(ValueError, match="`split`"):
        kg.data.load("mnist_small", "trian")


def test_a_registered_set_is_found_by_its_name(monkeypatch):
    monkeypatch.setattr(registry, "_SOURCES", dict(registry._SOURCES))

    @kg.data.register("mine", splits=("train", "odd"))
    def mine(split, data_dir):
        return np.full((4, 2), split == "odd", "float32"), None

    assert "mine" in kg.data.list_datasets("m*") and {"ring", "mnist_small"} <= set(kg.data.list_datasets())
    (batch,) = kg.data.load("mine", "odd", 4)
    np.testing.assert_array_equal(batch, 1.0)
    with pytest.raises(ValueError, match=r"`split`.*'odd'"):
        kg.data.load("mine", "test")
    with pytest.raises(ValueError, match="`name`"):
        kg.data.register("mine")


def test_arrays_cannot_be_changed_for_the_next_who_asks():
    for array in (*kg.data.arrays("mnist_small"), *kg.data.arrays("ring", "test")):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


@pytest.mark.data
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_prepared_sets_load(name):
    assert kg.data.load(name).num_examples == 60_000
    assert len(kg.data.load(name, "test", 100)) == 100


def test_ring_has_eight_even_modes_and_the_known_share_within_three_sigma():
    num = 20_000
    points, labels = laboratory.RING.sample(num, seed=3)
    distance = np.linalg.norm(points - laboratory.RING.means[labels], axis=1)
    share = 1 - np.exp(-4.5)  # of a Gaussian in two dimensions
    assert abs(np.mean(distance < 0.03) - share) < 4 * np.sqrt(share * (1 - share) / num)
    np.testing.assert_allclose(np.bincount(labels), num / 8, atol=4 * np.sqrt(num * 7) / 8)


@pytest.mark.parametrize("name, variance", [("ring", 0.5001), ("grid", 8.0025), ("mixture_1d", 8 / 3 + 0.09)])
def test_mixtures_have_mean_zero_and_the_variance_of_their_means(name, variance):
    x = laboratory.DISTRIBUTIONS[name](20_000, 0)[0].astype("float64")
    assert (abs(x.mean(0)) < 4 * np.sqrt(variance / len(x))).all()
    assert (abs(x.var(0) - variance) < 4 * (x**2).std(0) / np.sqrt(len(x))).all()


def test_the_normal_distribution_on_a_line_is_the_one_it_says():
    x, num = laboratory.GAUSSIAN_1D.sample(20_000, 0)[0].astype("float64"), 20_000
    assert abs(x.mean() - 2) < 4 * 2 / num**0.5 and abs(x.std() - 2) < 4 * 2 / (2 * num) ** 0.5
    assert laboratory.GAUSSIAN_1D.log_prob([[2.0]])[0] == pytest.approx(-np.log(2 * np.sqrt(2 * np.pi)))


def test_log_prob_integrates_to_one_in_one_dimension():
    distribution = laboratory.MIXTURE_1D
    x = np.linspace(-6, 6, 4001)[:, None]  # 13 standard deviations beyond the outer means
    np.testing.assert_allclose(np.trapezoid(np.exp(distribution.log_prob(x)), x[:, 0]), 1, rtol=1e-9)


@pytest.mark.parametrize("distribution, entropy", [(laboratory.RING, -4.293), (laboratory.GRID, 0.065)])
def test_mean_log_prob_is_minus_the_known_entropy(distribution, entropy):
    x, _ = distribution.sample(20_000, seed=1)
    # Within a mode -log p is a constant plus half a chi-square of 2, whose deviation is 1.
    assert abs(-distribution.log_prob(x).mean() - entropy) < 4 / np.sqrt(len(x)) + 1e-3
    assert np.isfinite(distribution.log_prob([[1e6, -1e6]]))


def test_moons_without_noise_are_half_circles():
    x, labels = laboratory.moons(1000, noise=0.0)
    for label, centre, side in ((0, [0, 0], 1), (1, [1, 0.5], -1)):
        moon = x[labels == label] - centre
        np.testing.assert_allclose(np.linalg.norm(moon, axis=1), 1, atol=1e-6)
        assert (side * moon[:, 1] >= -1e-6).all()


def test_pinwheel_turns_points_without_moving_them_in_or_out():
    x, labels = laboratory.pinwheel(20_000)
    squares = (x.astype("float64") ** 2).sum(1)  # of r ~ N(1, 0.3^2), s ~ N(0, 0.1^2)
    assert abs(squares.mean() - 1.1) < 4 * squares.std() / np.sqrt(len(x))
    assert len(np.unique(labels)) == laboratory.ARMS
    still, labels = laboratory.pinwheel(100, radial_std=0.0, tangential_std=0.0, rate=0.0)
    angle = np.arctan2(-still[:, 1], still[:, 0]) % (2 * np.pi)
    np.testing.assert_allclose(angle, labels * 2 * np.pi / 5, atol=1e-6)


@pytest.mark.parametrize("name", laboratory.DISTRIBUTIONS)
def test_laboratory_points_depend_on_the_seed_alone_and_load(name):
    distribution = laboratory.DISTRIBUTIONS[name]
    (x, labels), (again, _), (other, _) = distribution(64, 5), distribution(64, 5), distribution(64, 6)
    assert np.array_equal(x, again) and not np.array_equal(x, other)
    assert x.dtype == np.float32 and x.shape == (64, 1 if name.endswith("_1d") else 2)
    assert labels.dtype == np.int64 and labels.shape == (64,)
    dataset = kg.data.load(name, "test", 100, labels=True)
    points, marks = next(iter(dataset))
    assert dataset.num_examples == 10_000 and points.dtype == "float32" and marks.dtype == "int64"
    np.testing.assert_array_equal(points, distribution(10_000, 1)[0][:100])  # as they are, not scaled


def test_laboratory_trains_on_fifty_thousand_points_and_has_two_splits():
    (batch,) = kg.data.load("ring", batch_size=32).take(1)
    assert batch.shape == (32, 2) and len(kg.data.arrays("ring")[0]) == 50_000
    for name in ("ring", "stacked_mnist"):
        with pytest.raises(ValueError, match="`split`"):
            kg.data.load(name, "validation")


def test_laboratory_names_what_it_cannot_use():
    for name, call in {
        "num": lambda: laboratory.moons(0),
        "seed": lambda: laboratory.RING.sample(1, -1),
        "noise": lambda: laboratory.moons(1, noise=-1.0),
        "radial_std": lambda: laboratory.pinwheel(1, radial_std=float("nan")),
        "sigma": lambda: laboratory.Mixture([[0.0]], 0.0),
        "means": lambda: laboratory.Mixture([0.0], 1.0),
        "x": lambda: laboratory.RING.log_prob(np.zeros((2, 3))),
    }.items():
        with pytest.raises(ValueError, match=f"`{name}`"):
            call()


def test_stacked_labels_agree_with_their_channels():
    images = np.arange(10, dtype="uint8")[:, None, None, None] * np.ones((1, 28, 28, 1), "uint8")
    x, labels = stacked.stack(images, np.arange(10), 500, seed=0)  # digit d is an image of ds
    assert x.shape == (500, 28, 28, 3) and x.dtype == np.uint8 and labels.dtype == np.int64
    np.testing.assert_array_equal(labels, x[:, 14, 14].astype("int64") @ [100, 10, 1])
    assert len(np.unique(labels)) > 300  # 394 of 1,000 modes expected from 500 draws


def test_labels_are_not_promised_where_there_are_none(monkeypatch):
    monkeypatch.setattr(sources, "arrays", lambda *_: (np.zeros((4, 2, 2, 1), "uint8"), None))
    with pytest.raises(ValueError, match="`labels`"):
        kg.data.load("unlabelled", labels=True, batch_size=2)


@pytest.mark.data
def test_stacked_mnist_is_three_digits_of_its_own_split():
    (x, labels), (digits, classes) = (kg.data.arrays(name, "test") for name in ("stacked_mnist", "mnist"))
    assert x.shape == (10_000, 28, 28, 3) and labels.max() == 999
    known = {image.tobytes(): label for image, label in zip(digits, classes, strict=True)}
    for stack, label in zip(x[:200], labels[:200], strict=True):
        a, b, c = (known[stack[..., channel].tobytes()] for channel in range(3))
        assert label == 100 * a + 10 * b + c
    assert kg.data.load("stacked_mnist").num_examples == 60_000
    assert len(np.unique(kg.data.arrays("stacked_mnist")[1])) == 1000


@pytest.mark.data
@pytest.mark.parametrize("split, num", [("train", 50_000), ("validation", 10_000), ("test", 10_000)])
def test_binarized_mnist_is_exactly_zero_and_one(split, num):
    dataset = kg.data.load("binarized_mnist", split, 500, value_range=(0, 1))
    assert dataset.num_examples == num
    for batch in dataset.take(4):
        assert np.array_equal(np.unique(batch), [0.0, 1.0])


@pytest.mark.data
def test_pca_of_20_components_has_its_known_error_on_mnist():
    """Mean squared error of test pixels in [0, 1]: 0.02354, known of this data; a data path altered shows."""
    train, test = (kg.data.arrays("mnist", split)[0].reshape(-1, 784) / 255 for split in ("train", "test"))
    pca = PCA(20, svd_solver="covariance_eigh").fit(train)
    error = np.mean((pca.inverse_transform(pca.transform(test)) - test) ** 2)
    assert error == pytest.approx(0.02354, abs=0.00005)


def test_faces_with_captions_are_read_from_what_a_person_brings(tmp_path):
    folder = tmp_path / faces.FOLDER
    with pytest.raises(MissingDataError, match=re.escape(str(folder))):
        kg.data.load("anime_faces", data_dir=tmp_path)
    folder.mkdir(parents=True)
    (folder / "tags.csv").write_text("id,hair,eyes\n3,red,blue\n20,black,green\n")
    with zipfile.ZipFile(folder / "anime_faces_64.zip", "w") as archive:
        for name, level in (("00003", 10), ("00020", 200)):
            picture = io.BytesIO()
            Image.new("RGB", (64, 64), (level, level, level)).save(picture, "JPEG")
            archive.writestr(f"faces/{name}.jpg", picture.getvalue())
    (image,), (caption,) = kg.data.arrays("anime_faces", "train", tmp_path)
    assert caption == "red hair, blue eyes" and abs(image.astype(int) - 10).max() < 3
    images, labels = kg.data.arrays("anime_hair", "test", tmp_path)
    assert images.shape == (1, 64, 64, 3) and [faces.HAIR[label] for label in labels] == ["black"]
    images, labels = kg.data.arrays("anime_eyes", "test", tmp_path)
    assert images.shape == (1, 64, 64, 3) and [faces.EYES[label] for label in labels] == ["green"]
    batch, texts = next(iter(kg.data.load("anime_faces", batch_size=1, labels=True, data_dir=tmp_path)))
    assert batch.shape == (1, 64, 64, 3) and texts.numpy().tolist() == [b"red hair, blue eyes"]
    assert "red hair, blue eyes" in faces.CAPTIONS and len(faces.CAPTIONS) == 132


@pytest.mark.parametrize(
    "file, content", [("tags.csv", b"id,hair,eyes\n3,plaid,blue\n"), ("anime_faces_64.zip", b"PK")]
)
def test_broken_files_of_faces_are_named(tmp_path, file, content):
    folder = tmp_path / faces.FOLDER
    folder.mkdir(parents=True)
    (folder / "tags.csv").write_text("id,hair,eyes\n3,red,blue\n")
    (folder / "anime_faces_64.zip").write_bytes(b"")
    (folder / file).write_bytes(content)
    with pytest.raises(InvalidDataError, match=re.escape(file)):
        kg.data.arrays("anime_faces", "train", tmp_path)
