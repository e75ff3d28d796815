"""Data addressed by index: order is a function of (seed, step), checks are at the door."""

import os
import time

import numpy as np
import pytest
from conftest import equal, noise, state, toy
from PIL import Image

import kerasgen as kg
from kerasgen.data import sources
from kerasgen.errors import InvalidDataError, MissingDataError

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


def test_folder_of_pictures(tmp_path):
    (tmp_path / "sub").mkdir()
    for index, name in enumerate(["b.png", "a.jpg", "sub/c.PNG", "notes.txt"]):
        if name.endswith("txt"):
            (tmp_path / name).write_text("not a picture")
        else:
            Image.new("RGB", (20, 10), (index * 100,) * 3).save(tmp_path / name)
    (batch,) = kg.data.from_folder(tmp_path, (8, 8, 3), batch_size=3, shuffle=False, progress=False)
    assert batch.shape == (3, 8, 8, 3)
    np.testing.assert_allclose(batch[:, 0, 0, 0], [100 / 127.5 - 1, -1, 200 / 127.5 - 1], atol=0.02)


def test_folder_names_the_picture_that_it_cannot_read(tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(InvalidDataError, match=r"broken\.png"):
        kg.data.from_folder(tmp_path, (8, 8, 1), progress=False)
    with pytest.raises(MissingDataError, match="`path`"):
        kg.data.from_folder(tmp_path / "nothing", (8, 8, 1))


def test_missing_data_is_said_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "_reachable", lambda: False)
    start = time.monotonic()
    with pytest.raises(MissingDataError, match="TFDS_DATA_DIR"):
        kg.data.load("mnist", data_dir=tmp_path)
    assert time.monotonic() - start < 30  # minutes, when TFDS retries by itself


def test_unknown_data_and_splits_are_refused():
    with pytest.raises(ValueError, match="`name`"):
        kg.data.load("no_such_set")
    with pytest.raises(ValueError, match="`split`"):
        kg.data.load("mnist_small", "trian")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_prepared_sets_load(name):
    assert kg.data.load(name).num_examples == 60_000
    assert len(kg.data.load(name, "test", 100)) == 100
