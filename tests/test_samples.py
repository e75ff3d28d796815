"""What the shipped weights draw: digits of all ten kinds, none twice, and still so after more training."""

import functools
import os

import keras
import numpy as np
import pytest
from helpers import one_of_each

import kerasgen as kg

IMAGES = [n for n in kg.list_models(pretrained=True) if kg.registry.get_recipe(n).value_range]
SAMPLERS = [name for name in IMAGES if kg.describe(name)["family"] != "classifier"]
DIGITS = [name for name in SAMPLERS if kg.describe(name)["dataset"] == "mnist"]


def marked(names):
    """The same, those marked long whose every sample is twenty evaluations of a U-Net."""
    many = lambda name: kg.describe(name)["family"] == "diffusion"
    return [pytest.param(name, marks=[pytest.mark.long] * many(name)) for name in names]


def unit(images, value_range):
    """Rows of pixels in [0, 1]."""
    low, high = value_range
    return ((np.asarray(images, "float32") - low) / (high - low)).reshape(len(images), -1)


def distances(a, b):
    """Root mean square over pixels between each row of a and each of b."""
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    return np.sqrt(np.maximum(squares, 0) / a.shape[1])


def nearest_digits(x):
    """Distance to the nearest packaged training digit, and its label."""
    images, labels = kg.data.arrays("mnist_small", "train")
    between = distances(x, unit(images, (0, 255)))
    return between.min(1), labels[between.argmin(1)]


@functools.cache
def loaded(name):
    return kg.load(name)


@pytest.mark.parametrize("name", one_of_each(kg.list_models(pretrained=True)))
def test_pretrained_entry_loads(name):
    model = loaded(name)
    assert isinstance(model, keras.Model) and model.name == name


@functools.cache
def shipped(name):
    """300 samples of the shipped weights, as rows."""
    model = loaded(name)
    return unit(model.sample(300, seed=0), model.event.range)


def look_like_digits(x):
    """All ten present among 300, and about as near to real digits as other real digits are."""
    near, labels = nearest_digits(x)
    real, _ = nearest_digits(unit(kg.data.arrays("mnist_small", "test")[0], (0, 255)))
    counts = np.bincount(labels, minlength=10)
    assert counts.min() >= 6, counts  # 2 %
    assert np.median(near) < 1.25 * np.median(real), (np.median(near), np.median(real))


@pytest.mark.long
@pytest.mark.parametrize("name", marked(DIGITS))
def test_all_ten_digits_are_drawn(name):
    look_like_digits(shipped(name))


@pytest.mark.long
@pytest.mark.parametrize("name", marked(SAMPLERS))
def test_no_image_is_drawn_twice(name):
    x = shipped(name)
    between = distances(x, x) + np.eye(len(x))
    assert between.min() > 0.01


@pytest.mark.data
@pytest.mark.long
@pytest.mark.parametrize("name", DIGITS)
def test_training_goes_on_from_the_shipped_weights(name, tmp_path):
    """200 steps with fresh optimizers on the real training split, or one; writes the sheet for a look."""
    model = kg.load(name)
    recipe = kg.registry.get_recipe(name)
    options = {"batch_size": recipe.batch_size, "value_range": model.event.range}
    data = kg.data.load("mnist", labels=recipe.labels, **options)
    model.fit(data, steps_per_epoch=200 if model.optimizers else 1, verbose=0)
    look_like_digits(unit(model.sample(300, seed=0), model.event.range))
    sheet = kg.media.sheet(model.sample(64, seed=0), model.event)
    sheet.save(os.path.join(os.environ.get("SHEETS", tmp_path), f"{name}_200_steps_on.png"))
