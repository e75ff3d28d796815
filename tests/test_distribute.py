"""Several devices: the update of one with the same batch, noise of their own, runs that stop and go on."""

import subprocess
import sys

import numpy as np
import pytest

import kerasgen as kg

SCRIPT = """
import os, sys
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import keras
import numpy as np
import kerasgen as kg

folder = sys.argv[1]
x = np.random.default_rng(0).uniform(-1, 1, (64, 8)).astype("float32")
y = np.arange(64) % 3


def classifier(strategy):
    keras.utils.set_random_seed(0)
    with strategy.scope():
        inputs = keras.Input((8,))
        logits = keras.layers.Dense(3)(keras.layers.Dense(16, "tanh")(inputs))
        model = kg.Classifier(keras.Model(inputs, logits), ema=0.9, seed=0)
        model.compile(kg.training.FusedAdam(1e-2))
    return model


def run(strategy, name, epochs, resume=False):
    model = classifier(strategy)
    data = kg.data.from_array(x, y, batch_size=16)
    kg.training.train(model, data, os.path.join(folder, name), epochs, resume=resume, verbose=0)
    np.savez(os.path.join(folder, name + ".npz"), *map(np.asarray, model.weights))
    return model


def two():
    with kg.training.scope("mirrored"):
        return tf.distribute.get_strategy()


run(tf.distribute.get_strategy(), "one", 13)
run(two(), "both", 13)
run(two(), "stopped", 5)
model = run(two(), "stopped", 13, resume=True)
assert model.step == 52

strategy = two()
model = classifier(strategy)
keys = strategy.experimental_local_results(strategy.run(tf.function(lambda: model.key())))
assert (np.asarray(keys[0]) != np.asarray(keys[1])).any()
"""


def test_two_devices_do_what_one_does_and_go_on_after_a_stop(tmp_path):
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    read = lambda name: [array for _, array in sorted(np.load(tmp_path / f"{name}.npz").items())]
    for one, both, stopped in zip(read("one"), read("both"), read("stopped"), strict=True):
        np.testing.assert_allclose(one, both, atol=1e-5)
        np.testing.assert_array_equal(both, stopped)


def test_strategies_have_names():
    with pytest.raises(ValueError, match="`strategy`"):
        kg.training.scope("parameter_server")
