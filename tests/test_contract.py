"""What every model keeps, over the smallest model of each class and kind of space (`micro.MODELS`)."""

import functools
import os

import keras
import micro
import numpy as np
import pytest
import tensorflow as tf
from helpers import equal, plain, state

import kerasgen as kg
from kerasgen import serving, spaces
from kerasgen.errors import InvalidDataError
from kerasgen.ops import rng

SAMPLERS = [name for name in micro.MODELS if name != "Classifier"]
STEPS = 3

all_models = pytest.mark.parametrize("name", micro.marked(micro.MODELS))
samplers = pytest.mark.parametrize("name", micro.marked(SAMPLERS))


def fit(model, steps=STEPS, **arguments):
    return model.fit(micro.data(model), steps_per_epoch=steps, verbose=0, **arguments).history


@functools.cache
def trained(name):
    model = micro.make(name)
    model.chunk = 8
    model.history_of_test = fit(model)
    return model


def conditions(model, num):
    """`num` conditions as a caller gives them, {} without a condition."""
    return {} if model.condition is None else {"condition": model.condition.examples(num)}


@all_models
def test_fit_keeps_every_term_finite_and_counts_its_steps(name):
    model = trained(name)
    assert set(model.history_of_test) == set(model.trackers)
    assert all(np.isfinite(values).all() for values in model.history_of_test.values())
    assert model.step in (STEPS, STEPS + 2)  # after the test of files


@samplers
def test_samples_are_in_the_space_of_the_data_and_seeds_mean_something(name):
    model = trained(name)
    samples = model.sample(5, seed=7)
    assert samples.shape == (5, *model.event.shape) and samples.dtype == model.event.dtype
    model.event.check(samples, "samples") if not isinstance(model.event, spaces.Bits) else None
    assert np.isfinite(samples).all()
    assert np.array_equal(samples, model.sample(5, seed=7))
    assert not np.allclose(samples, model.sample(5, seed=8), atol=1e-4)
    assert not np.allclose(model.sample(5), model.sample(5), atol=1e-4)


@samplers
def test_a_short_sample_is_the_head_of_a_long_one(name):
    model = trained(name)
    long = model.sample(model.chunk + 3, seed=7)  # two chunks, the last of three rows
    for num in (1, 4):
        np.testing.assert_allclose(model.sample(num, seed=7), long[:num], atol=1e-5)
    np.testing.assert_allclose(model.sample(model.chunk + 1, seed=7)[-1], long[model.chunk], atol=1e-5)


@samplers
def test_rows_are_drawn_in_a_graph(name, monkeypatch):
    """Codes and conditions, too: one by one, ten thousand rows would take minutes."""
    model, loop = trained(name), tf.map_fn

    def in_graph(*arguments, **options):
        assert not tf.executing_eagerly()
        return loop(*arguments, **options)

    monkeypatch.setattr(tf, "map_fn", in_graph)
    model.sample(4, seed=7)
    if hasattr(model, "interpolate"):
        model.interpolate(num=2, steps=3, seed=7)


@all_models
def test_evaluate_logs_every_term_and_changes_nothing_that_training_reads(name):
    model = trained(name)
    kept = lambda: [*(np.array(w) for w in model.weights if w is not model.evaluation_seed_generator.state)]
    before = kept()
    logs = model.evaluate(micro.data(model, seed=1), verbose=0, return_dict=True)
    assert set(logs) == set(model.trackers) and np.isfinite(list(logs.values())).all()
    assert equal(before, kept())


@all_models
def test_files_restore_everything_and_training_goes_on_bit_for_bit(name, tmp_path, request):
    """Against the model that goes on without a file; a weight file holds the networks and streams.

    Both go on eagerly: `test_checkpoint` has graphs that go on.
    """
    model = trained(name)
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert equal(state(model), state(loaded))
    assert plain(loaded.get_config()) == plain(model.get_config())
    assert len(loaded.optimizers) == len(model.optimizers)
    other = micro.make(name)
    other.load_weights(tmp_path / "model.weights.h5")
    assert equal([np.array(v) for v in model.weights], [np.array(v) for v in other.weights])
    request.getfixturevalue("eagerly")
    fit(model, 2), fit(loaded, 2)
    assert loaded.step == STEPS + 2 and equal(state(model), state(loaded))


@functools.cache
def exported(name, folder):
    return serving.export_version(trained(name), os.path.join(folder, name), max_rows=8)


@functools.cache
def served(name, folder):
    return tf.saved_model.load(exported(name, folder))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return str(tmp_path_factory.mktemp("exports"))


@pytest.mark.filterwarnings("ignore:no warm-up requests")
@all_models
def test_export_answers_as_python_does(name, folder):
    """Every signature answers its own examples; the default one is `sample`, alone and in a batch."""
    model = trained(name)
    loaded = served(name, folder)
    for signature, endpoint in model.endpoints().items():
        request = {key: tf.constant(value) for key, value in endpoint.examples(3).items()}
        answer = loaded.signatures[signature](**request)
        assert set(answer) == set(endpoint.outputs)
        for output, space in endpoint.outputs.items():
            assert answer[output].shape == (3, *space.shape) and answer[output].dtype.name == space.dtype
    if name in SAMPLERS:
        rows = {"seed": rng.row_seeds(7, 4)}
        given = conditions(model, 4)
        if given:
            rows[model.condition.argument] = tf.constant(given["condition"])
        samples = model.sample(4, seed=7, **given)
        serve = loaded.signatures["serving_default"]
        np.testing.assert_allclose(serve(**rows)["samples"], samples, atol=1e-5)
        alone = serve(**{key: value[2:3] for key, value in rows.items()})["samples"]
        np.testing.assert_allclose(alone, samples[2:3], atol=1e-5)


@pytest.mark.filterwarnings("ignore:no warm-up requests")
@all_models
def test_export_refuses_what_its_spaces_do_not_contain(name, folder):
    model = trained(name)
    loaded = served(name, folder)
    for signature, endpoint in model.endpoints().items():
        good = {key: tf.constant(value) for key, value in endpoint.examples(2).items()}
        for key, space in endpoint.inputs.items():
            for what, value in space.wrong().items():
                with pytest.raises((tf.errors.InvalidArgumentError, TypeError, ValueError)) as caught:
                    loaded.signatures[signature](**good | {key: tf.constant(value)})
                assert key in str(caught.value), (signature, key, what)
            if len(good) > 1:
                with pytest.raises(tf.errors.InvalidArgumentError, match=r"as many rows|must have"):
                    loaded.signatures[signature](**good | {key: good[key][:1]})


@pytest.mark.filterwarnings("ignore:no warm-up requests")
@all_models
def test_the_page_of_an_export_names_every_input_and_its_values(name, folder):
    model = trained(name)
    with open(os.path.join(exported(name, folder), "README.md"), encoding="utf-8") as file:
        page = file.read()
    for signature, endpoint in model.endpoints().items():
        assert f"## {signature}" in page
        for key, space in endpoint.inputs.items():
            assert f"`{key}`" in page and space.rule in page


@all_models
def test_fit_refuses_what_the_spaces_do_not_contain(name):
    model = trained(name)
    before = state(model)
    good, given = model.event.examples(2), conditions(model, 2).get("condition")
    for value in model.event.wrong().values():
        with pytest.raises(InvalidDataError, match="`x`"):
            model.fit(value, None if given is None else np.resize(given, len(value)), verbose=0)
    if model.condition is not None:
        for value in [None, *model.condition.wrong().values()]:
            with pytest.raises(InvalidDataError, match="`y`"):
                model.fit(good, value, verbose=0)
    if not model.weighted:
        with pytest.raises(ValueError, match="`sample_weight`"):
            model.fit(good, given, sample_weight=np.ones(2), verbose=0)
    assert equal(before, state(model))


@samplers
def test_sample_refuses_by_name(name):
    model = trained(name)
    before = state(model)
    for arguments, named in (
        ({"num": 0}, "num"),
        ({"num": 2**21}, "num"),
        ({"num": 2.0}, "num"),
        ({"num": 1, "seed": -1}, "seed"),
        ({"num": 1, "seed": 2**32}, "seed"),
        ({"num": 1, "seed": "7"}, "seed"),
    ):
        with pytest.raises((TypeError, ValueError), match=f"`{named}`"):
            model.sample(**arguments)
    wrong = [0] if model.condition is None else model.condition.wrong().values()
    for value in wrong:
        with pytest.raises(ValueError, match="`condition`"):
            model.sample(2, condition=value)
    assert equal(before, state(model))


@samplers
def test_paths_between_codes_end_at_samples(name):
    model = trained(name)
    if not isinstance(model, (kg.models.LatentModel, kg.GAN)):
        return
    paths = model.interpolate(num=2, steps=3, seed=7)
    assert paths.shape == (2, 3, *model.event.shape)
    samples = model.sample(4, seed=7)
    np.testing.assert_allclose(paths[:, 0], samples[::2], atol=1e-4)
    np.testing.assert_allclose(paths[:, -1], samples[1::2], atol=1e-4)


@all_models
def test_components_cover_networks_of_equal_weights(name):
    for networks in trained(name).components().values():
        assert all(n.count_params() == networks[0].count_params() > 0 for n in networks)


def test_every_class_of_the_library_is_here():
    """Registered means tested: each model class that is public has a micro model."""
    named = {getattr(kg.models, name) for name in dir(kg.models) if name[0].isupper()}
    bases = {kg.models.ZooModel, kg.models.GenerativeModel, kg.models.LatentModel}
    assert named - bases == {type(micro.make(name)) for name in micro.MODELS if name[0].isupper()}
    chains = [[c for c in each.__mro__ if c.__module__.startswith("kerasgen")] for each in named]
    assert max(map(len, chains)) <= 4
