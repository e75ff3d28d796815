"""Runs that go wrong: seen within a step, named, taken back to the last sound state."""

import numpy as np
import pytest
import tensorflow as tf
from conftest import equal, noise, state

import kerasgen as kg
from kerasgen.errors import DivergedError
from kerasgen.training import Checkpoint, Finite, health, train

BAD = 7  # the step, counted from 1, at which something breaks


class Poisoned(kg.Diffusion):
    """A model of points that breaks at one step, in its loss or in a gradient."""

    where = None

    def descend(self, tape, loss, part, optimizer):
        bad = tf.where(self.steps + 1 == BAD, np.nan, 0.0) if self.where == "gradient" else 0.0
        variables = part.trainable_variables
        gradients = tape.gradient(loss, variables)
        optimizer.apply([gradients[0] + bad, *gradients[1:]], variables)

    def end_step(self, **terms):
        bad = tf.where(self.steps + 1 == BAD, np.nan, 0.0) if self.where == "loss" else 0.0
        return super().end_step(**{name: value + bad for name, value in terms.items()})


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
    assert caught.value.restored == 6 == int(model.steps)
    assert bool(caught.value.variables) == (where == "gradient")
    assert not health.not_finite(model)
    assert np.isfinite(model.sample(2, seed=0)).all()


def test_broken_weights_are_not_saved(tmp_path):
    """The gradient breaks at the very step of a checkpoint, when the loss does not show it yet."""
    model = poisoned("gradient")
    with pytest.raises(DivergedError, match="back at step 0") as caught:
        train(model, points(), str(tmp_path / "run"), 2, every_steps=BAD, verbose=0)
    assert caught.value.step == BAD and "kernel" in str(caught.value)
    assert Checkpoint(tmp_path / "run" / "checkpoint").steps == [0]


def test_without_a_checkpoint_the_run_stops_all_the_same():
    with pytest.raises(DivergedError, match="the weights are as they were"):
        poisoned("loss").fit(points(), callbacks=[Finite()], verbose=0)


def test_a_sound_run_is_left_alone(tmp_path):
    watched, plain = poisoned(None), poisoned(None)
    plain.set_weights(watched.get_weights())
    watched.fit(points(), callbacks=[Finite()], verbose=0)
    plain.fit(points(), verbose=0)
    assert equal(state(watched), state(plain)) and not health.not_finite(watched)
