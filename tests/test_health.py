"""Runs that go wrong: seen within a step, named, taken back to the last sound state."""

import csv
import warnings

import keras
import micro
import numpy as np
import pytest
import tensorflow as tf
from helpers import equal, noise, state, toy

import kerasgen as kg
from kerasgen.errors import DivergedError, InvalidDataError
from kerasgen.training import (
    Checkpoint,
    TerminateOnNonFinite,
    diagnostics,
    findings,
    non_finite,
    table,
    train,
)

OF_TOKENS = ("token_nats", "sample_nats", "training_nats")  # figures of sequences
BAD = 7  # the step, counted from 1, at which something breaks


class Poisoned(kg.Diffusion):
    """A model of points that breaks at one step, in its loss or in a gradient."""

    where = None

    def minimize(self, tape, loss, part, optimizer):
        bad = tf.where(self.iterations + 1 == BAD, np.nan, 0.0) if self.where == "gradient" else 0.0
        variables = part.trainable_variables
        gradients = tape.gradient(loss, variables)
        optimizer.apply([gradients[0] + bad, *gradients[1:]], variables)

    def finish_step(self, **terms):
        bad = tf.where(self.iterations + 1 == BAD, np.nan, 0.0) if self.where == "loss" else 0.0
        return super().finish_step(**{name: value + bad for name, value in terms.items()})


def poisoned(where):
    model = Poisoned(kg.networks.mlp.denoiser(2, 8, 1), value_range=None, seed=0)
    model.where = where
    model.compile(kg.training.FusedAdam(1e-3))
    return model


def points():
    return kg.data.from_array(noise(40, (2,)), batch_size=4, value_range=None)  # ten steps an epoch


@pytest.mark.parametrize("where, seen", [("loss", BAD), ("gradient", BAD + 1)])
def test_what_is_not_finite_stops_the_run_and_is_taken_back(where, seen, tmp_path):
    model = poisoned(where)
    with pytest.raises(DivergedError, match=f"Not finite at step {seen}: `loss`") as caught:
        train(model, points(), str(tmp_path / "run"), 2, every_steps=3, verbose=0)
    assert caught.value.restored == 6 == int(model.iterations)
    assert bool(caught.value.variables) == (where == "gradient")
    assert not non_finite.non_finite_variables(model)
    assert np.isfinite(model.sample(2, seed=0)).all()


def test_a_broken_image_stops_the_run_at_its_step():
    x = noise(40, (2,))
    x[4 * BAD - 1, 0] = np.nan
    model = poisoned(None)
    with pytest.raises(InvalidDataError, match="`x`"):
        model.fit(
            tf.data.Dataset.from_tensor_slices(x).batch(4), callbacks=[TerminateOnNonFinite()], verbose=0
        )
    assert model.step <= BAD and not non_finite.non_finite_variables(model)


def test_broken_weights_are_not_saved(tmp_path):
    """The gradient breaks at the very step of a checkpoint, when the loss does not show it yet."""
    model = poisoned("gradient")
    with pytest.raises(DivergedError, match="back at step 0") as caught:
        train(model, points(), str(tmp_path / "run"), 2, every_steps=BAD, verbose=0)
    assert caught.value.step == BAD and "kernel" in str(caught.value)
    assert Checkpoint(tmp_path / "run" / "checkpoint").steps == [0]


def test_without_a_checkpoint_the_run_stops_all_the_same():
    with pytest.raises(DivergedError, match="the weights are as they were"):
        poisoned("loss").fit(points(), callbacks=[TerminateOnNonFinite()], verbose=0)


def test_a_sound_run_is_left_alone(tmp_path):
    watched, plain = poisoned(None), poisoned(None)
    plain.set_weights(watched.get_weights())
    watched.fit(points(), callbacks=[TerminateOnNonFinite()], verbose=0)
    plain.fit(points(), verbose=0)
    assert equal(state(watched), state(plain)) and not non_finite.non_finite_variables(watched)


# The diagnostics.


def test_a_run_ends_with_a_page(tmp_path):
    model = poisoned(None)
    train(model, points(), str(tmp_path), 2, held_out=(noise(50, (2,)), None), verbose=0)
    text = (tmp_path / "health.md").read_text()
    assert "sample_spread" in text and "epoch 2" in text and (tmp_path / "health.png").exists()
    assert len((tmp_path / "health.csv").read_text().splitlines()) == 3


def test_rows_with_other_columns_stand_in_one_table(tmp_path):
    path = str(tmp_path / "health.csv")
    table.add(path, {"epoch": 0, "loss": 2.0})
    table.add(path, {"epoch": 1, "loss": 1.0, "copying": 0.5})
    assert table.rows(path) == [{"epoch": 0, "loss": 2}, {"epoch": 1, "loss": 1, "copying": 0.5}]
    assert table.rows(str(tmp_path / "none.csv")) == []
    rows = [{"epoch": 0, "sample_spread": 1.0}, {"epoch": 1, "sample_spread": 1.0, "copying": 0.9}]
    assert "copying" in diagnostics.page("toy", rows)


def test_what_is_measured_is_what_it_says():
    gan, held_out = toy(), noise(40)
    found = diagnostics.measure(gan, held_out)
    assert set(found) == set(findings.WORDS) - {"copying", "active_units", *OF_TOKENS}
    assert found["real_accuracy"] == np.mean(gan.discriminator(tf.constant(held_out)) > 0)
    samples = gan.sample(40, seed=0)
    logits, step = np.ravel(gan.discriminator(samples)), 1e-2 * np.sign(noise(40))
    assert found["fake_accuracy"] == np.mean(logits < 0) and found["saturation"] == 0
    moved = np.ravel(gan.discriminator(samples + step)) - logits
    assert (np.abs(moved) < 2 * found["slope"] * 1e-2 * 8).mean() > 0.9  # 64 pixels: a step's norm is 0.08
    x = np.random.default_rng(0).normal(size=(200, 3)).astype("float32")
    assert diagnostics._spread(x) == pytest.approx(1, abs=0.1)
    apart = np.linalg.norm(x[:, None] - x[None], axis=-1) + 1e9 * np.eye(200)
    assert diagnostics._apart(x) == pytest.approx(np.median(apart.min(1)), rel=1e-3)


def test_copies_of_training_examples_are_seen():
    """Samples of the distribution keep their distance from what was trained on; copies have none."""
    samples, held_out, training = np.random.default_rng(0).normal(size=(3, 400, 4)).astype("float32")
    assert diagnostics.compare(samples, held_out, training)["copying"] == pytest.approx(1, abs=0.1)
    assert diagnostics.compare(training[:100] + 0.01, held_out, training)["copying"] < 0.1


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_figures_do_not_depend_on_an_offset_of_the_data(offset):
    """All three sets are of one distribution, so that every ratio is about 1."""
    sets = np.random.default_rng(0).normal(size=(3, 300, 3)) * 8 + offset  # float32 counts by 1/16 there
    figures = diagnostics.compare(*sets.astype("float32"))
    assert all(value == pytest.approx(1, abs=0.15) for value in figures.values()), figures


def test_noise_is_told_from_data():
    """Of images with a smooth gradient, noise of the same spread is rough, and far from any of them."""
    random = np.random.default_rng(0)
    slopes = random.uniform(-1, 1, (2, 100, 1, 1, 1)) * np.linspace(-1, 1, 8)[:, None, None]
    samples, held_out = np.broadcast_to(slopes, (2, 100, 8, 8, 1)).astype("float32")
    assert findings.findings(diagnostics.compare(samples, held_out)) == ["Nothing looks wrong."]
    noise = random.permuted(samples.reshape(100, -1), axis=1).reshape(samples.shape)
    figures = diagnostics.compare(noise, held_out)
    assert figures["roughness"] > 2 and figures["data_distance"] > 2
    assert "noise" in findings.findings(figures)[0]


@pytest.mark.long
def test_a_run_is_shown_in_tensorboard(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    model = toy()
    data = kg.data.from_array(noise(40), batch_size=20)
    train(model, data, str(tmp_path), 2, held_out=(noise(20), None, noise(40)), verbose=0)
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    (log,) = [list(csv.DictReader(file)) for file in [(tmp_path / "log.csv").open()]]
    tensors = events.Tags()["tensors"]
    assert {"g_loss", "health/copying", "health/slope", "samples"} <= set(tensors)
    losses = [float(tf.make_ndarray(e.tensor_proto)) for e in events.Tensors("g_loss")]
    np.testing.assert_allclose(losses, [float(row["g_loss"]) for row in log], rtol=1e-5)
    assert [e.step for e in events.Tensors("samples")] == [2, 4]


def test_active_units_are_those_that_follow_the_example():
    networks, shape = kg.networks.vae, (8, 8, 1)
    model = kg.VAE(networks.mlp_encoder(shape, 4, 8), networks.mlp_decoder(shape, 4, 8), seed=0)
    mean = model.encoder.get_layer("mean")
    mean.kernel.assign(np.concatenate([np.ones((8, 1)), np.zeros((8, 3))], axis=1))
    x = (noise(40) > 0).astype("float32")
    assert diagnostics.measure(model, x)["active_units"] == 0.25


@pytest.mark.parametrize(
    "row, word",
    [
        ({"sample_spread": 1.0, "real_accuracy": 0.6, "fake_accuracy": 0.7}, "Nothing"),
        ({"sample_spread": 0.1}, "mode collapse"),
        ({"real_accuracy": 0.99, "fake_accuracy": 1.0}, "nearly always right"),
        ({"real_accuracy": 0.2, "fake_accuracy": 1.0}, "by heart"),
        ({"active_units": 0.05}, "posterior collapse"),
        ({"copying": 0.1}, "memorization"),
        ({"data_distance": 2.0}, "noise"),
        ({"roughness": 5.0}, "noise"),
    ],
)
def test_findings_are_in_words(row, word):
    (sentence,) = findings.findings(row)
    assert word in sentence


# Callbacks that report never end a run.


class Collapsed(kg.GAN):
    """A model whose samples are all the same."""

    def draw(self, keys):
        return tf.fill((tf.shape(keys)[0], *self.event.shape), 0.25)


def of_shape(shape, cls=kg.GAN):
    """A model of any examples, whose networks have one layer each."""
    layers = keras.layers
    generator = [keras.Input((2,)), layers.Dense(int(np.prod(shape)), "tanh"), layers.Reshape(shape)]
    discriminator = [keras.Input(shape), layers.Flatten(), layers.Dense(1)]
    model = cls(keras.Sequential(generator), keras.Sequential(discriminator), seed=0)
    model.compile(kg.training.FusedAdam(1e-3), kg.training.FusedAdam(1e-3), run_eagerly=True)
    return model


def test_collapse_is_reported_and_training_goes_on(tmp_path):
    model, x = of_shape((6, 6, 1), Collapsed), noise(60, (6, 6, 1))
    data = kg.data.from_array(x, batch_size=30)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "(?s).*training goes on")
        train(model, data, str(tmp_path / "run"), 2, held_out=(x[:20], None, x), verbose=0)
    assert model.step == 4
    assert "mode collapse" in (tmp_path / "run" / "health.md").read_text()
    (first, _) = table.rows(str(tmp_path / "run" / "health.csv"))
    assert first["sample_spread"] == pytest.approx(0, abs=1e-6) == first["sample_distance"]
    assert first["copying"] > 0


@pytest.mark.parametrize(
    "shape, shown",
    [
        ((4, 4, 5), False),
        *(pytest.param(shape, True, marks=pytest.mark.long) for shape in ((48, 1), (4, 8, 8, 1))),
    ],
)
def test_samples_of_any_shape_can_be_trained_on(shape, shown, tmp_path):
    """What cannot be shown is said once, in two epochs."""
    model, x = of_shape(shape), noise(20, shape)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        data = kg.data.from_array(x, batch_size=10)
        train(model, data, str(tmp_path), 2, held_out=(x[:8], None, x), verbose=0)
    said = [str(warning.message) for warning in said if "training goes on" in str(warning.message)]
    assert [("SampleSheet" in text and "cannot be shown" in text) for text in said] == [True] * (not shown)
    assert (tmp_path / "samples" / "epoch_0002.png").exists() == shown
    assert model.step == 4 and (tmp_path / "health.md").exists()
    assert len(table.rows(str(tmp_path / "log.csv"))) == 2


def test_a_report_that_fails_costs_no_more_than_a_warning(tmp_path, monkeypatch):
    model = toy()
    monkeypatch.setattr(type(model), "sample", lambda *_, **__: 1 / 0)
    data = kg.data.from_array(noise(40), batch_size=20)
    with pytest.warns(UserWarning, match="training goes on without it") as said:
        train(model, data, str(tmp_path), 2, held_out=(noise(20), None), verbose=0)
    names = [str(w.message).split()[0] for w in said if "training goes on" in str(w.message)]
    assert names == ["SampleSheet", "Diagnostics"] and model.step == 4


@pytest.mark.parametrize(
    "options, known",
    [
        ({}, True),
        ({"game": "least_squares"}, False),
        ({"game": "wasserstein"}, False),
        ({"game": "relativistic"}, True),
    ],
    ids=str,
)
def test_a_discriminator_is_judged_by_its_own_game(options, known):
    """Between examples that it takes for real and samples that it does not, whatever its logits mean."""
    model = toy(**options)
    offset = 0.5 if options.get("game") == "least_squares" else 0.0 if not options else 7.0
    mean = keras.layers.GlobalAveragePooling2D()(model.discriminator.inputs[0])
    model.discriminator = keras.Model(model.discriminator.inputs[0], 9 * mean + offset)
    held_out = np.full((4, 8, 8, 1), 0.9, "float32")
    model.sample = lambda *rest: np.full((4, 8, 8, 1), -0.9, "float32")
    found = diagnostics.measure(model, held_out)
    assert found["real_accuracy"] == found["fake_accuracy"] == 1.0
    assert ("saturation" in found) == known


@pytest.mark.parametrize("name", ["GAN of labels", "InfoGAN", "StyleGAN"])
def test_every_kind_of_game_has_figures(name):
    model = micro.make(name)
    x = model.event.examples(6, np.random.default_rng(0))
    condition = None if model.condition is None else model.condition.examples(6)
    found = diagnostics.measure(model, x, condition)
    assert {"real_accuracy", "fake_accuracy", "slope"} <= set(found) and "active_units" not in found
