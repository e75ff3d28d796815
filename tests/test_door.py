"""Bad input: a typed error that names the argument, before any variable has changed."""

import re

import keras
import micro
import numpy as np
import pytest
import tensorflow as tf
from helpers import equal, noise, refusals, state, toy

import kerasgen as kg
from kerasgen.errors import InvalidDataError, MissingWeightsError, UnknownNameError

GOOD = noise(8)


def with_nan(x):
    x = x.copy()
    x[-1, 0, 0, 0] = np.nan
    return x


def dataset(x):
    return tf.data.Dataset.from_tensor_slices(x).batch(4)


FIT = {  # examples that `fit` and `evaluate` refuse
    "rank": GOOD[..., 0],
    "rank of a dataset": dataset(GOOD[..., 0]),
    "channels": np.repeat(GOOD, 3, axis=-1),
    "channels of a dataset": dataset(np.repeat(GOOD, 3, axis=-1)),
    "size": noise(8, (10, 8, 1)),
    "uint8": (GOOD * 100 + 100).astype("uint8"),
    "uint8 of a dataset": dataset((GOOD * 100 + 100).astype("uint8")),
    "0 to 255 as floats": GOOD * 127.5 + 127.5,
    "0 to 255 in a dataset": dataset(GOOD * 127.5 + 127.5),
    "NaN": with_nan(GOOD),
    "NaN in the first batch": dataset(with_nan(GOOD)[4:]),
    "infinity": GOOD * np.float32(np.inf),
    "empty": GOOD[:0],
    "empty dataset": dataset(GOOD).take(0),
    "nothing": None,
    "empty generator": lambda: iter(()),
    "bad generator": lambda: iter([GOOD[..., 0]]),
}


@pytest.mark.parametrize("x", FIT.values(), ids=FIT)
@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_examples_are_refused_before_anything_changes(x, method):
    model = toy(ema=0.9)
    before = state(model)
    with pytest.raises(InvalidDataError, match="`x`"):
        getattr(model, method)(x() if callable(x) else x, verbose=0)
    assert equal(before, state(model))


@pytest.mark.parametrize("steps, taken", [(None, 2), (1, 1)])
def test_an_epoch_is_that_of_the_data_unless_told_otherwise(steps, taken):
    model = toy()
    model.fit(kg.data.from_array(GOOD, batch_size=4), steps_per_epoch=steps, verbose=0)
    assert model.step == taken


def test_validation_data_is_checked_too():
    model = toy()
    before = state(model)
    with pytest.raises(InvalidDataError, match="`x`"):
        model.fit(GOOD, validation_data=(with_nan(GOOD), None), verbose=0)
    assert equal(before, state(model))
    history = model.fit(GOOD, validation_data=dataset(GOOD), verbose=0).history
    assert {"g_loss", "val_g_loss"} <= set(history)


def test_nan_in_a_later_batch_stops_before_its_step():
    model = toy()
    x = with_nan(noise(16))
    with pytest.raises((tf.errors.InvalidArgumentError, ValueError), match="`x`"):
        model.fit(dataset(x), verbose=0)
    assert all(np.isfinite(array).all() for array in state(model))


def test_images_scaled_to_the_wrong_range_are_warned_of():
    with pytest.warns(UserWarning, match=r"scaled to \[0, 1\]"):
        toy().fit(np.abs(noise(8)), batch_size=8, verbose=0)


CALLS = {  # call -> error, argument
    "num 0": (lambda: toy().sample(0), ValueError, "num"),
    "num negative": (lambda: toy().sample(-3), ValueError, "num"),
    "num too large": (lambda: toy().sample(2**21), ValueError, "num"),
    "num a float": (lambda: toy().sample(2.0), TypeError, "num"),
    "num a bool": (lambda: toy().sample(True), TypeError, "num"),
    "seed negative": (lambda: toy().sample(1, seed=-1), ValueError, "seed"),
    "seed too large": (lambda: toy().sample(1, seed=2**32), ValueError, "seed"),
    "seed of a model": (lambda: toy(seed="7"), TypeError, "seed"),
    "game": (lambda: toy(game="chess"), ValueError, "game"),
    "penalty": (lambda: toy(penalty="fine"), ValueError, "penalty"),
    "prior": (lambda: toy(prior="cauchy"), ValueError, "prior"),
    "smoothing": (lambda: toy(label_smoothing=1.5), ValueError, "label_smoothing"),
    "smoothing without labels": (
        lambda: toy(game="hinge", label_smoothing=0.1),
        ValueError,
        "label_smoothing",
    ),
    "penalty_weight": (lambda: toy(penalty_weight=-1), ValueError, "penalty_weight"),
    "penalty_weight NaN": (lambda: toy(penalty_weight=float("nan")), ValueError, "penalty_weight"),
    "weight_clip": (lambda: toy(weight_clip=0), ValueError, "weight_clip"),
    "critic_steps": (lambda: toy(critic_steps=0), ValueError, "critic_steps"),
    "generator_steps": (lambda: toy(generator_steps=0), ValueError, "generator_steps"),
    "ema": (lambda: toy(ema=1.5), ValueError, "ema"),
    "players that do not fit": (
        lambda: kg.GAN(
            kg.networks.dcgan.generator((8, 8, 1), 4, 2), kg.networks.dcgan.discriminator((8, 8, 3), 2)
        ),
        ValueError,
        "discriminator",
    ),
    "norm": (lambda: kg.networks.dcgan.discriminator((8, 8, 1), norm="group"), ValueError, "norm"),
    "kernel": (lambda: kg.networks.dcgan.discriminator((8, 8, 1), kernel="x"), ValueError, "kernel"),
    "unknown name": (lambda: kg.load("dcgan_minst"), UnknownNameError, "name"),
    "unknown name of no kind": (lambda: kg.describe(""), UnknownNameError, "name"),
    "unknown family": (lambda: kg.list_models(family="cat"), ValueError, "family"),
    "unknown likelihood": (lambda: kg.list_models(likelihood="high"), ValueError, "likelihood"),
    "batch_size 0": (lambda: kg.data.from_array(GOOD, batch_size=0), ValueError, "batch_size"),
    "batch_size too large": (lambda: kg.data.from_array(GOOD, batch_size=9), ValueError, "batch_size"),
    "images out of range": (lambda: kg.data.from_array(GOOD * 9), InvalidDataError, "images"),
    "images empty": (lambda: kg.data.from_array(GOOD[:0]), InvalidDataError, "images"),
    "images of strings": (lambda: kg.data.from_array(np.array([["a"]])), InvalidDataError, "images"),
    "labels": (lambda: kg.data.from_array(GOOD, np.zeros(3), batch_size=2), InvalidDataError, "labels"),
    "image_shape": (lambda: kg.data.from_folder(".", (8, 8, 2)), ValueError, "image_shape"),
    "every_steps": (lambda: kg.training.Checkpoint("x", every_steps=0), ValueError, "every_steps"),
    "version": (lambda: kg.serving.export_version(toy(), "x", version=0), ValueError, "version"),
    "max_rows": (lambda: kg.serving.export_version(toy(), "x", max_rows=0), ValueError, "max_rows"),
}


test_calls_are_refused_by_name = refusals(CALLS)


def test_near_matches_are_named():
    with pytest.raises(UnknownNameError, match=r"Did you mean .*dcgan_mnist"):
        kg.load("dcgan_minst")


def test_refused_samples_change_nothing():
    model = toy()
    before = state(model)
    for num in (0, -1, 2**21):
        with pytest.raises(ValueError, match="`num`"):
            model.sample(num)
    assert equal(before, state(model))


def test_export_does_not_write_over(tmp_path):
    (tmp_path / "1").mkdir()
    with pytest.raises(FileExistsError, match="`filepath`"):
        toy().export(tmp_path / "1")
    assert not list((tmp_path / "1").iterdir())


def test_an_export_refuses_numbers_whose_squares_are_infinite(tmp_path):
    """They are finite, and would be answered with NaN."""
    toy().export(tmp_path / "gan")
    generate = tf.saved_model.load(tmp_path / "gan").signatures["generate"]
    vae = micro.make("VAE")
    vae.export(tmp_path / "vae")
    encode = tf.saved_model.load(tmp_path / "vae").signatures["encode"]
    for number in (3e38, -3e38, 1.1e15):
        z = tf.constant([[0.0, 0.0, 0.0, number]])
        with pytest.raises(tf.errors.InvalidArgumentError, match="`z` must be finite, at most 1e\\+15"):
            generate(z=z)
        with pytest.raises(tf.errors.InvalidArgumentError, match="`x` must be 0 or 1"):
            encode(x=tf.fill((1, *micro.SHAPE), number))
        with pytest.raises(InvalidDataError, match="`z` must be finite, at most 1e\\+15"):
            vae.decode(np.full((1, micro.LATENT), number, "float32"))
    assert np.isfinite(generate(z=tf.fill((1, 4), 9e14))["samples"]).all()


def test_densities_that_a_gan_has_not_are_said_so():
    with pytest.raises(NotImplementedError, match="no tractable log-density"):
        toy().log_prob(GOOD)


def test_untrained_entry_says_what_to_do(monkeypatch):
    monkeypatch.setattr(kg.registry, "get_record", lambda name: None)
    with pytest.raises(MissingWeightsError, match="pretrained=False"):
        kg.load("dcgan_mnist")


def test_every_kind_of_bad_input_is_counted():
    """The kinds that the library promises to refuse, each with at least one case above."""
    kinds = ("rank", "channels", "uint8", "NaN", "empty", "num 0", "num too large", "unknown name")
    cases = [*FIT, *CALLS]
    assert all(any(re.match(kind, case) for case in cases) for kind in kinds)
    assert len(FIT) * 2 + len(CALLS) >= 60


def test_fit_of_an_uncompiled_model_says_so():
    model = kg.GAN(
        kg.networks.dcgan.generator((8, 8, 1), 4, 2), kg.networks.dcgan.discriminator((8, 8, 1), 2)
    )
    with pytest.raises(ValueError, match="compile"):
        model.fit(GOOD, verbose=0)
    assert isinstance(model, keras.Model)
