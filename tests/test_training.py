"""The optimizer that fuses its update against the one that it stands for."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import reseed

from kerasgen.training.adam import CosineThenConstant, FusedAdam


def network():
    reseed()
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(5, "tanh"), keras.layers.Dense(2)])


def trained(optimizer, **how):
    """Weights and optimizer variables after ten steps down a squared error."""
    x = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
    model = network()
    model.compile(optimizer, "mse", **how)
    model.fit(x, x[:, :2], batch_size=4, shuffle=False, verbose=0)
    return [np.array(v) for v in [*model.weights, *optimizer.variables]]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({"learning_rate": 1e-2}, marks=pytest.mark.long),
        {"learning_rate": keras.optimizers.schedules.CosineDecay(1e-2, 10), "beta_1": 0.5, "epsilon": 1e-4},
        {"learning_rate": 1e-2, "weight_decay": 0.1, "clipnorm": 0.5},
        {"learning_rate": 1e-2, "amsgrad": True},
    ],
)
def test_fused_adam_is_adam(arguments):
    plain = trained(keras.optimizers.Adam(**arguments), run_eagerly=True)
    xla = [True] * ("clipnorm" in arguments)  # compiling takes longest
    for jit_compile in (False, *xla):
        fused = trained(FusedAdam(**arguments), jit_compile=jit_compile)
        for a, b in zip(plain, fused, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_fused_adam_comes_back_from_its_config():
    copy = keras.optimizers.deserialize(keras.optimizers.serialize(FusedAdam(0.5, beta_1=0.3)))
    assert type(copy) is FusedAdam and copy.beta_1 == 0.3 and float(copy.learning_rate) == 0.5


def test_fused_adam_scales_losses_of_half_precision():
    optimizer = keras.optimizers.LossScaleOptimizer(FusedAdam(0.1), initial_scale=8.0)
    variable = keras.Variable([1.0, 2.0])
    optimizer.apply([tf.constant([8.0, -8.0])], [variable])
    np.testing.assert_allclose(variable, [0.9, 2.1], atol=1e-4)


def test_a_rate_falls_along_a_cosine_and_is_a_share_of_the_first_behind_it():
    rate = CosineThenConstant(0.4, 100, rest=0.1)
    steps = np.arange(0, 100, 10)
    expected = 0.2 * (1 + np.cos(np.pi * steps / 100))
    np.testing.assert_allclose([float(rate(step)) for step in steps], expected, rtol=1e-5)
    assert [float(rate(step)) for step in (100, 1000)] == [pytest.approx(0.04)] * 2
    again = CosineThenConstant.from_config(rate.get_config())
    assert float(again(150)) == float(rate(150))
