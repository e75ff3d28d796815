"""Several devices and machines: the update of one with the same batch, own noise, runs that go on."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
from helpers import equal

import kerasgen as kg

MODEL = """
import json, os, signal, sys
import tensorflow as tf
import keras
import numpy as np
import pytest
import kerasgen as kg

folder = sys.argv[1]
x = np.random.default_rng(0).uniform(-1, 1, (64, 8)).astype("float32")
y = np.arange(64) % 3


def classifier():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8,))
    hidden = keras.layers.BatchNormalization()(keras.layers.Dense(16, "tanh")(inputs))
    model = kg.Classifier(keras.Model(inputs, keras.layers.Dense(3)(hidden)), ema=0.9, seed=0)
    model.compile(kg.training.FusedAdam(1e-2))
    return model


def data(batch_size=16):
    return kg.data.from_array(x, y, batch_size=batch_size)


def run(model, name, epochs, out=None, **arguments):
    kg.training.train(model, data(), os.path.join(folder, name), epochs, verbose=0, **arguments)
    np.savez(os.path.join(folder, (out or name) + ".npz"), *map(np.asarray, model.weights))
    return model
"""

DEVICES = """
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)


def two():
    with kg.training.scope("mirrored"):
        return classifier()


models = run(classifier(), "one", 3), run(two(), "both", 3)
logs = [model.evaluate(data(), verbose=0) for model in models]
np.testing.assert_allclose(*logs, rtol=1e-5)
np.savez(os.path.join(folder, "logs.npz"), logs[0])
run(two(), "stopped", 1)
model = run(two(), "stopped", 3, resume=True)
assert model.step == 12

keys = model.distribute_strategy.run(tf.function(lambda: model.key()))
keys = model.distribute_strategy.experimental_local_results(keys)
assert (np.asarray(keys[0]) != np.asarray(keys[1])).any()

for argument in ({"jit_compile": True}, {"steps_per_execution": 2}):
    model.compile("adam", **argument)
    with pytest.raises(ValueError, match=f"`{list(argument)[0]}` must be"):
        model.fit(data())
model.compile(keras.optimizers.Adam(gradient_accumulation_steps=2))
with pytest.raises(ValueError, match="`gradient_accumulation_steps` must be"):
    model.fit(data())
model.compile("adam")
with pytest.raises(ValueError, match="`batch_size` must be a multiple of 2"):
    model.fit(data(15))
with model.distribute_strategy.scope():
    alone = kg.PCA(event_shape=(8,), latent_dim=2)
    alone.compile()
with pytest.raises(ValueError, match="`strategy` must be None: PCA"):
    alone.fit(x)
assert model.step == 12
"""

WORKER = """
worker = json.loads(os.environ["TF_CONFIG"])["task"]["index"]


class Killed(kg.training.Checkpoint):
    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)
        if worker == 1 and self.model.step == 7:
            os.kill(os.getpid(), signal.SIGKILL)


def two():
    with kg.training.scope("multiworker"):
        return classifier()


if "resume" not in sys.argv:
    model = run(two(), "whole", 3, out=f"whole_{worker}")
    np.savez(os.path.join(folder, f"logs_{worker}.npz"), model.evaluate(data(), verbose=0))
    kg.training.run.Checkpoint = Killed
run(two(), "killed", 3, out=f"killed_{worker}", every_steps=3, resume=True)
"""


def arrays(folder, name):
    return [array for _, array in sorted(np.load(folder / f"{name}.npz").items())]


def close(left, right):
    for a, b in zip(left, right, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.fixture(scope="module")
def devices(tmp_path_factory):
    folder = tmp_path_factory.mktemp("devices")
    command = [sys.executable, "-c", MODEL + DEVICES, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


@pytest.mark.long
def test_two_devices_do_what_one_does_and_go_on_after_a_stop(devices):
    close(arrays(devices, "one"), arrays(devices, "both"))
    assert equal(arrays(devices, "both"), arrays(devices, "stopped"))


def two_workers(folder, *words):
    """Two processes on this machine: [their exit codes], [what they said], seconds between their ends."""
    ports = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports.append(free.getsockname()[1])
    workers = []
    for index in range(2):
        cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
        config = {"cluster": cluster, "task": {"type": "worker", "index": index}}
        with open(folder / f"{index}.log", "w") as log:
            workers.append(
                subprocess.Popen(
                    [sys.executable, "-c", MODEL + WORKER, str(folder), *words],
                    env=os.environ | {"TF_CONFIG": json.dumps(config)},
                    stdout=log,
                    stderr=log,
                )
            )
    try:
        workers[1].wait(120)
        since = time.monotonic()
        workers[0].wait(30)
    finally:
        for worker in workers:
            worker.kill()
    said = [(folder / f"{index}.log").read_text() for index in range(2)]
    return [worker.returncode for worker in workers], said, time.monotonic() - since


@pytest.mark.long
def test_two_machines_do_what_one_does_and_outlive_the_death_of_one(devices, tmp_path):
    codes, said, seconds = two_workers(tmp_path)
    assert codes[1] == -signal.SIGKILL, said[1][-2000:]
    assert codes[0] == 1 and "WorkerLostError: A worker was lost" in said[0], said[0][-2000:]
    assert seconds < 30
    codes, said, _ = two_workers(tmp_path, "resume")
    assert codes == [0, 0], said[0][-2000:]
    for name in ("whole_1", "killed_0", "killed_1"):
        assert equal(arrays(tmp_path, "whole_0"), arrays(tmp_path, name))
    close(arrays(devices, "one"), arrays(tmp_path, "whole_0"))
    assert equal(arrays(tmp_path, "logs_0"), arrays(tmp_path, "logs_1"))
    close(arrays(devices, "logs"), arrays(tmp_path, "logs_0"))


def test_strategies_have_names():
    with pytest.raises(ValueError, match="`strategy` must be one of"):
        kg.training.scope("several")
    for name in ("parameter_server", "tpu"):
        with pytest.raises(ValueError, match=f"`strategy` is not supported.*{name}"):
            kg.training.scope(name)


def test_several_machines_need_to_know_each_other(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(ValueError, match="TF_CONFIG"):
        kg.training.scope("multiworker")
