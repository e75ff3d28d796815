"""One suite over every entry of the zoo at toy size: registered means tested."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import CAPTIONS, digits, equal, noise, state, tiny

import kerasgen as kg
from kerasgen import registry
from kerasgen.ops import rng

NAMES = kg.list_models()
# Entries of one build, with or without labels, are one model here: the suite runs over one of them.
TOYS = {
    (getattr(recipe.build, "func", recipe.build), recipe.condition): name
    for name in sorted(NAMES, reverse=True, key=lambda name: registry.get_recipe(name).data != "mnist")
    for recipe in [registry.get_recipe(name)]
}
TOYS = sorted(TOYS.values())
# U-Nets take long to trace; `test_conditions` trains, saves and serves one. The others have next of kin here.
SLOW = (
    "consistency_mnist",
    "ddpm_anime_faces",
    "flow_matching_mnist",
    "gan_mnist",
    "vampprior_binarized_mnist",
)
marked = lambda names: [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in names]
SAMPLERS = [name for name in TOYS if registry.get_recipe(name).family != "classifier"]
STEPS = 3


def fit(model, steps=STEPS):
    return model.fit(digits(model), steps_per_epoch=steps, verbose=0).history


@functools.cache
def trained_once(name):
    keras.utils.set_random_seed(0)
    model = tiny(name)
    model.history_of_test = fit(model)
    return model


@pytest.fixture(params=marked(TOYS))
def trained(request):
    return trained_once(request.param)


@pytest.fixture(params=marked(SAMPLERS))
def sampler(request):
    return trained_once(request.param)


def test_fit_keeps_every_term_finite_and_counts_its_steps(trained):
    history = trained.history_of_test
    assert set(history) == set(trained.trackers)
    assert all(np.isfinite(values).all() for values in history.values())
    assert int(trained.steps) in (STEPS, 2 * STEPS)  # after the test below


def test_samples_have_the_shape_and_range_of_the_data(sampler):
    images = sampler.sample(5, seed=1)
    low, high = sampler.value_range or (-np.inf, np.inf)
    assert images.shape == (5, *sampler.event_shape) and images.dtype == np.float32
    assert images.min() >= low and images.max() <= high


def test_equal_seeds_give_equal_samples_and_others_do_not(sampler):
    assert np.array_equal(sampler.sample(4, seed=7), sampler.sample(4, seed=7))
    assert not np.allclose(sampler.sample(4, seed=7), sampler.sample(4, seed=8), atol=1e-4)
    assert not np.allclose(sampler.sample(4), sampler.sample(4), atol=1e-4)


def test_a_short_sample_is_the_head_of_a_long_one(sampler):
    long = sampler.sample(sampler.chunk + 3, seed=7)  # two chunks, the last of three rows
    for num in (1, 4, 16):
        np.testing.assert_allclose(sampler.sample(num, seed=7), long[:num], atol=1e-5)


def test_evaluate_logs_every_term_and_changes_no_weight(trained):
    before = [np.array(w) for w in trained.weights]
    logs = trained.evaluate(digits(trained, split="test"), verbose=0, return_dict=True)
    assert set(logs) == set(trained.trackers) and np.isfinite(list(logs.values())).all()
    assert equal(before, [np.array(w) for w in trained.weights])


def test_keras_file_restores_everything_and_training_goes_on_bit_for_bit(trained, tmp_path):
    """Against the model that goes on without a file."""
    path = tmp_path / "model.keras"
    trained.save(path)
    loaded = keras.models.load_model(path)
    assert equal(state(trained), state(loaded))
    assert len(loaded.optimizers) == len(trained.optimizers)
    assert bool(trained.optimizers) == bool(trained.trainable_weights)
    fit(trained), fit(loaded)
    assert int(loaded.steps) == 2 * STEPS
    assert equal(state(trained), state(loaded))


def test_weight_file_restores_networks_streams_and_optimizers(trained, tmp_path):
    trained.save_weights(tmp_path / "model.weights.h5")
    other = tiny(trained.name, seed=5)
    other.load_weights(tmp_path / "model.weights.h5")
    assert equal([np.array(v) for v in trained.weights], [np.array(v) for v in other.weights])
    np.testing.assert_array_equal(trained.seed_generator.state, other.seed_generator.state)


def test_export_answers_as_python_does(sampler, tmp_path):
    sampler.export(tmp_path / "1")
    serve = tf.saved_model.load(tmp_path / "1").signatures["serving_default"]
    rows, condition = {"seed": rng.row_seeds(7, 16)}, {}
    if sampler.condition is not None:
        labels = np.arange(16) % 10 if sampler.num_classes else np.resize(CAPTIONS, 16)
        rows[sampler.condition.name] = (
            tf.cast(labels, "int32") if sampler.num_classes else tf.constant(labels)
        )
        condition = {"label": labels}
    images = sampler.sample(16, seed=7, **condition)
    np.testing.assert_allclose(serve(**rows)["samples"], images, atol=1e-5)
    for row in (0, 5):  # a request alone, and as part of a batch
        alone = serve(**{name: value[row : row + 1] for name, value in rows.items()})["samples"][0]
        np.testing.assert_allclose(alone, images[row], atol=1e-5)


@pytest.mark.parametrize("name", marked(name for name in TOYS if registry.get_recipe(name).variants))
def test_other_ways_to_sample_are_ways_of_the_model(name):
    model = trained_once(name)
    for arguments in registry.get_recipe(name).variants.values():
        samples = model.sample(4, seed=7, **arguments)
        assert samples.shape == (4, *model.event_shape) and np.isfinite(samples).all()
        np.testing.assert_allclose(model.sample(2, seed=7, **arguments), samples[:2], atol=1e-5)


def test_paths_between_codes_end_at_samples(sampler):
    if not hasattr(sampler, "interpolate"):
        return
    paths = sampler.interpolate(num=2, steps=3, seed=7)
    assert paths.shape == (2, 3, *sampler.event_shape)
    samples = sampler.sample(4, seed=7)
    np.testing.assert_allclose(paths[:, 0], samples[::2], atol=1e-4)
    np.testing.assert_allclose(paths[:, -1], samples[1::2], atol=1e-4)


def test_export_of_a_classifier_answers_as_python_does(tmp_path):
    model = trained_once(next(name for name in TOYS if name.startswith("lenet")))
    model.export(tmp_path / "1")
    images = noise(3, model.event_shape)
    answer = tf.saved_model.load(tmp_path / "1").signatures["serving_default"](x=tf.constant(images))
    features, logits = model.features(images)
    np.testing.assert_allclose(answer["features"], features, atol=1e-5)
    np.testing.assert_allclose(answer["probabilities"], tf.nn.softmax(logits), atol=1e-5)
    np.testing.assert_allclose(logits, model.predict(images, verbose=0), atol=1e-5)


def test_parts_cover_every_network_that_sampling_and_training_need(trained):
    for networks in trained.parts().values():
        assert all(n.count_params() == networks[0].count_params() > 0 for n in networks)


@pytest.mark.parametrize("name", marked(TOYS))
def test_a_seed_gives_the_same_start_and_leaves_other_generators_alone(name):
    np.random.seed(3)
    expected = np.random.RandomState(3).uniform()
    first, again, other = (tiny(name, seed=seed) for seed in (1, 1, 2))
    assert equal(state(first), state(again)) and not equal(state(first), state(other))
    assert np.random.uniform() == expected


@pytest.mark.parametrize("name", NAMES)
def test_entry_is_described(name):
    entry, recipe = kg.describe(name), registry.get_recipe(name)
    assert entry["summary"] and entry["paper"] and entry["arxiv"] and recipe.tiny
    assert kg.list_models(name, family=entry["family"], dataset=entry["dataset"]) == [name]


@pytest.mark.parametrize("name", kg.list_models(pretrained=True))
def test_pretrained_entry_loads(name):
    """`test_samples` draws from it."""
    model = kg.load(name)
    if name in ("ddpm_mnist", "diffusion_moons"):
        assert np.isfinite(model.sample(4, seed=0)).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", kg.list_models(pretrained=True))
def test_pretrained_entry_goes_on_training(name):
    model = kg.load(name)
    model.compile_from_config(model.get_compile_config() | {"jit_compile": False})  # as `tiny`
    before = state(model)
    assert np.isfinite(fit(model, 1)["loss" if "loss" in model.trackers else "g_loss"]).all()
    assert not equal(before, state(model))
