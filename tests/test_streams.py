"""Streams of batches and of random keys: what fails leaves no trace, and no two draws share their bits."""

import functools
import itertools
import math

import keras
import micro
import numpy as np
import pytest
import tensorflow as tf
from helpers import equal, reseed, state, variables

import kerasgen as kg
from kerasgen.errors import InvalidDataError
from kerasgen.models.core.batches import STEADY
from kerasgen.models.diffusion.sampling import SAMPLERS
from kerasgen.ops import rng

BATCH = 4


def images(num):
    return np.random.default_rng(0).uniform(-1, 1, (num, *micro.SHAPE)).astype("float32")


def batches(x, *y):
    return tf.data.Dataset.from_tensor_slices((x, *y) if y else x).batch(BATCH).with_options(STEADY)


def with_dropout():
    """A denoiser whose network has random numbers of its own."""
    x, t = keras.Input(micro.SHAPE), keras.Input(())
    h = keras.layers.Dropout(0.3, seed=1)(keras.layers.Flatten()(x))
    h = keras.layers.Concatenate()([h, t[:, None]])
    output = keras.layers.Reshape(micro.SHAPE)(keras.layers.Dense(16)(h))
    return micro.compiled(kg.Diffusion(keras.Model([x, t], output), seed=0))


def made(family, jit_compile=False):
    reseed()
    model = with_dropout() if family == "Dropout" else micro.MODELS[family]()
    model.compile_from_config(model.get_compile_config() | {"jit_compile": jit_compile})
    return model


@pytest.mark.parametrize(
    "family, jit_compile",
    [
        ("GAN", False),
        ("Dropout", False),
        *(pytest.param(*case, marks=pytest.mark.long) for case in (("Diffusion", False), ("Dropout", True))),
    ],
)
def test_a_mended_stream_goes_on_as_one_that_never_failed(family, jit_compile):
    """Its second batch holds NaN: counters, optimizers and random streams stay at the first step."""
    x = images(2 * BATCH)
    broken = x.copy()
    broken[-1, -1] = np.nan
    model, whole = (made(family, jit_compile) for _ in range(2))
    with pytest.raises(InvalidDataError, match="`x`"):
        model.fit(batches(broken), verbose=0)
    assert model.step == 1
    assert all(int(optimizer.iterations) == 1 for optimizer in model.optimizers)
    whole.fit(batches(x[:BATCH]), verbose=0)
    assert equal(state(model), state(whole))
    model.fit(batches(x[BATCH:]), verbose=0), whole.fit(batches(x[BATCH:]), verbose=0)
    assert model.step == 2 and equal(state(model), state(whole))


def test_a_stream_that_fails_within_several_steps_at_once_keeps_those_that_were_whole():
    x = images(4 * BATCH)
    broken = x.copy()
    broken[-1, -1] = np.nan
    model, whole = made("Dropout"), made("Dropout")
    model.compile_from_config(model.get_compile_config() | {"steps_per_execution": 4})
    with pytest.raises(InvalidDataError, match="`x`"):
        model.fit(batches(broken), verbose=0)
    whole.fit(batches(x[: BATCH * model.step]), verbose=0)
    assert 0 < model.step < 4 and equal(state(model), state(whole))


class Batches(keras.utils.PyDataset):
    """Batches of a list."""

    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[index]


def stream_of(kind, batches, spec):
    """Batches in turn, as one of the kinds of streams that `fit` reads."""
    if kind == "tf.data":
        dataset = tf.data.Dataset.from_generator(lambda: iter(batches), output_signature=spec)
        return dataset.with_options(STEADY)
    return iter(batches) if kind == "generator" else Batches(batches)


LATER = {  # what a later batch of a stream may be
    "another size": lambda x: np.zeros((BATCH, 5, 4, 1), "float32"),
    "another rank": lambda x: x[..., 0],
    "empty": lambda x: x[:0],
    "infinity": lambda x: x * np.float32(np.inf),
    "out of range": lambda x: x + 9,
}


@functools.cache
def after(family, steps):
    """The state after `steps` whole batches."""
    model, x = reborn(family), images(3 * BATCH)
    if model.condition is None and steps:
        model.fit(batches(x[: BATCH * steps]), verbose=0)
    for _ in range(0 if model.condition is None else steps):
        model.fit(x[:BATCH], np.arange(BATCH), batch_size=BATCH, shuffle=False, verbose=0)
    return state(model)


@functools.cache
def kept(family):
    """A model and its state at birth."""
    model = made(family)
    return model, state(model)


def reborn(family):
    """A model as it was at birth; its step is traced once for all tests."""
    model, birth = kept(family)
    for variable, value in zip(variables(model), birth, strict=True):
        variable.assign(value)
    return model


kinds = pytest.mark.parametrize("kind", ["tf.data", "generator", "PyDataset"])


@pytest.mark.parametrize("wrong", LATER.values(), ids=LATER)
@kinds
def test_a_later_batch_is_refused_before_its_step(kind, wrong):
    """Keras looks at two batches of a generator before the first step."""
    x = images(3 * BATCH)
    good = list(np.split(x, 3))
    spec = tf.TensorSpec([None] * 4 if wrong(x).ndim == 4 else None, "float32")
    model = reborn("GAN")
    with pytest.raises(InvalidDataError, match="`x`"):
        model.fit(stream_of(kind, [*good, wrong(good[0])], spec), shuffle=False, verbose=0)
    assert model.step == 3 or (kind != "tf.data" and model.step < 3)
    assert equal(state(model), after("GAN", model.step))


@pytest.mark.parametrize("y", [np.full(BATCH, 10), np.full(BATCH, -1), np.zeros(BATCH - 1, int)], ids=str)
@kinds
def test_conditions_of_a_later_batch_are_refused_before_its_step(kind, y):
    x, good = images(3 * BATCH)[:BATCH], np.arange(BATCH)
    specs = tf.TensorSpec([None, *micro.SHAPE], "float32"), tf.TensorSpec([None], "int64")
    model = reborn("Diffusion of labels")
    with pytest.raises(InvalidDataError, match="`y`"):
        model.fit(stream_of(kind, [(x, good)] * 3 + [(x, y)], specs), shuffle=False, verbose=0)
    assert model.step == 3 or (kind != "tf.data" and model.step < 3)
    assert equal(state(model), after("Diffusion of labels", model.step))


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_floats_of_other_types_are_cast(dtype):
    x = (images(2 * BATCH) * 64).round() / 64  # numbers that float16 holds
    states = []
    for given in (x, x.astype(dtype)):
        model = reborn("GAN")
        model.fit(batches(given), verbose=0)
        states.append(state(model))
    assert equal(*states)


DATASETS = {  # what is wrong with a dataset: (it, other arguments of `fit`, the argument that is named)
    "dictionaries": (lambda x: batches(x).map(lambda x: {"image": x}), {}, "x"),
    "pairs of dictionaries": (lambda x: batches(x).map(lambda x: ({"image": x}, x)), {}, "x"),
    "four parts": (lambda x: batches(x).map(lambda x: (x, x, x, x)), {}, "x"),
    "strings": (lambda x: batches(x).map(tf.strings.as_string), {}, "x"),
    "rows of all lengths": (lambda x: batches(x).map(lambda x: tf.RaggedTensor.from_tensor(x)), {}, "x"),
    "endless": (lambda x: batches(x).repeat(), {}, "steps_per_epoch"),
    "endless held-out examples": (lambda x: x, {"validation_data": True}, "validation_steps"),
    "dictionary": (lambda x: {"image": x}, {}, "x"),
    "generator of dictionaries": (lambda x: iter([{"image": x}]), {}, "x"),
    "weights of a game": (lambda x: batches(x).map(lambda x: (x, 0, tf.ones(BATCH))), {}, "sample_weight"),
}


@pytest.mark.parametrize("dataset, arguments, named", DATASETS.values(), ids=DATASETS)
def test_other_datasets_are_refused_by_name(dataset, arguments, named):
    x = images(2 * BATCH)
    arguments = {name: batches(x).repeat() for name in arguments}
    model = reborn("GAN")
    before = state(model)
    with pytest.raises(ValueError, match=f"`{named}`"):
        model.fit(dataset(x), **arguments, verbose=0)
    assert equal(before, state(model))


def test_evaluation_of_an_endless_dataset_is_refused_by_name():
    with pytest.raises(ValueError, match="`steps` must be given"):
        reborn("GAN").evaluate(batches(images(BATCH)).repeat(), verbose=0)


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize(
    "name",
    [
        "GAN",
        "Diffusion of labels",
        *(pytest.param(name, marks=pytest.mark.long) for name in ("VAE of labels", "VAEGAN", "FlowMatching")),
    ],
)
def test_a_watched_run_is_that_which_nobody_watched(name):
    """Held-out examples after every epoch move nothing but the stream of evaluation."""
    runs = []
    for watched in (False, True):
        model = reborn(name)
        x = model.event.examples(2 * BATCH, np.random.default_rng(0))
        y = None if model.condition is None else model.condition.examples(2 * BATCH)
        arguments = {"validation_data": (x, y)} if watched else {}
        model.fit(x, y, batch_size=BATCH, epochs=2, shuffle=False, verbose=0, **arguments)
        streams = model.seed_generator.state, model.evaluation_seed_generator.state
        kept = [np.array(v) for v in model.weights if v is not streams[1]]
        kept += [np.array(v) for optimizer in model.optimizers for v in optimizer.variables]
        runs.append((kept, [np.array(v) for v in streams]))
    (plain, before), (watched, after) = runs
    assert equal(plain, watched) and np.array_equal(before[0], after[0])
    assert not np.array_equal(before[1], after[1])


# Keys.


@pytest.fixture
def drawn(monkeypatch, eagerly):
    """Keys of all numbers that are drawn meanwhile, all functions being run as they are."""
    keys, folding, philox, fold_in = [], [], rng._philox, rng.fold_in

    def watched_philox(key):
        if not folding:
            keys.append(tuple(np.asarray(key).tolist()))
        return philox(key)

    def watched_fold_in(key, step):
        folding.append(step)
        try:
            return fold_in(key, step)
        finally:
            folding.pop()

    monkeypatch.setattr(rng, "_philox", watched_philox)
    monkeypatch.setattr(rng, "fold_in", watched_fold_in)
    return keys


def all_differ(keys):
    assert len(keys) > 1 and len(set(keys)) == len(keys)
    keys.clear()


@pytest.mark.parametrize("name", [name for name in micro.MODELS if name != "Classifier"])
def test_no_two_draws_of_a_sample_share_a_key(name, drawn):
    """Conditions, where there are any, are drawn too."""
    model = micro.make(name)
    if isinstance(model, kg.GaussianMixture | kg.BernoulliMixture):
        model.fit(model.event.examples(9, np.random.default_rng(0)), verbose=0)
    drawn.clear()
    model.draw(*model.with_condition(model.row_keys(3, seed=7)))
    all_differ(drawn)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_no_two_draws_of_a_sampler_share_a_key(sampler, drawn):
    for name in ("Diffusion of labels", "Diffusion of texts", "Diffusion of images"):
        micro.make(name).sample(2, seed=7, sampler=sampler, num_steps=3, guidance=2.0)
        all_differ(drawn)


def test_no_two_draws_of_an_estimate_share_a_key(drawn):
    x = images(2)
    model = micro.make("Diffusion of labels")
    model.inpaint(x, np.eye(4)[..., None], seed=7, num_steps=3, repeats=2), all_differ(drawn)
    model.elbo(x, num_steps=5, num_samples=3), all_differ(drawn)
    model.log_prob(x, num_steps=1, probes=2)
    assert len(set(drawn)) == 4  # the same signs at every step of the solver
    drawn.clear()
    model = micro.make("VAE of labels")
    model.log_prob(np.abs(x), condition=3, num_samples=3), all_differ(drawn)


@pytest.mark.parametrize("name", micro.MODELS)
def test_no_two_draws_of_a_train_step_share_a_key(name, drawn):
    model = micro.make(name)
    x = tf.constant(model.event.examples(9, np.random.default_rng(0)))
    condition = model.condition
    y = () if condition is None else (tf.constant(condition.check(condition.examples(9), "y")),)
    model.train_step((x, *y) if y else x)
    assert len(set(drawn)) == len(drawn)


def test_numbers_behind_names_of_a_scope_never_meet():
    for scope in {*rng.STREAMS, *rng.STEPS}:
        loops = rng.STEPS.get(scope, {}).values()
        steps = [range(first, first + stride * most, stride) for first, stride, most in loops]
        numbers = [range(number, number + 1) for number in rng.STREAMS.get(scope, {}).values()]
        assert all(0 <= some.start and some[-1] < 2**31 for some in steps + numbers)
        for one, other in itertools.combinations(steps + numbers, 2):
            apart = max(one.start, other.start) > min(one[-1], other[-1])
            assert apart or (one.start - other.start) % math.gcd(one.step, other.step)


def test_a_name_is_that_of_one_stream():
    names = [name for table in (rng.STREAMS, rng.STEPS) for scope in table.values() for name in scope]
    assert len(set(names)) == len(names)
