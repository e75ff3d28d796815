"""Exports without Python: a C++ program loads them as TF Serving does (`client.cc`).

`OTHER_TENSORFLOW=/path/to/python pytest -m long tests/serving/test_cpp.py` builds the program with another
TensorFlow, that of this Python; the exports are written by the one here.
"""

import functools
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from exports import MAX_ROWS, answer, exported, request
from tensorflow.core.framework.attr_value_pb2 import NameAttrList

import kerasgen as kg

pytestmark = pytest.mark.long
FAST = ("GaussianMixture", "VAE of labels")
NAMES = [*FAST, *kg.list_models()]
SIZES = (1, 2, 5, 16, 33)
PARTS = [(0, size) for size in SIZES] + [(row, row + 1) for row in (1, 4, 32)]
FLAGS = """
import tensorflow as tf
system = tf.sysconfig
flags = [*system.get_compile_flags(), "-w", "-Wl,--no-as-needed", *system.get_link_flags()]
print(tf.__version__, system.get_lib(), *flags, sep="\\n", end="")
"""
OTHER = {"float32": "float64", "int32": "int64", "int64": "int32"}


@pytest.fixture(scope="session")
def client(tmp_path_factory):
    """(path, requests, *flags) -> [(error or "OK", {output: array})], answered by the program."""
    if sys.platform != "linux" or not shutil.which("g++"):
        pytest.skip("the program is built on Linux with g++")
    folder = tmp_path_factory.mktemp("client")
    source = os.path.join(os.path.dirname(__file__), "client.cc")
    python = os.environ.get("OTHER_TENSORFLOW", sys.executable)
    found = subprocess.run([python, "-c", FLAGS], check=True, stdout=subprocess.PIPE, text=True).stdout
    version, library, *flags = found.split("\n")
    flags += ["-l:libtensorflow_cc.so.2", f"-Wl,-rpath,{library}"]
    if version != tf.__version__:
        print("the loader of TensorFlow", version)
        flags.append("-O1")  # 2.20 does not export a function of Abseil's log, which is then inlined
    subprocess.run(["g++", source, "-o", folder / "client", *flags], check=True)

    def run(path, requests, *numbers):
        with tf.io.TFRecordWriter(str(folder / "requests")) as writer:
            for signature, inputs in requests:
                message = NameAttrList(name=signature)
                for name, array in inputs.items():
                    message.attr[name].tensor.CopyFrom(tf.make_tensor_proto(array))
                writer.write(message.SerializeToString())
        words = [folder / "client", path, folder / "requests", folder / "answers", *map(str, numbers)]
        printed = subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        found = []
        for record in tf.data.TFRecordDataset(str(folder / "answers")).as_numpy_iterator():
            message = NameAttrList.FromString(record)
            outputs = {name: tf.make_ndarray(value.tensor) for name, value in message.attr.items()}
            found.append((message.name, outputs))
        assert len(found) == len(requests)
        return (found, [int(word) for word in printed.split()]) if numbers else found

    return run


@pytest.fixture(scope="session")
def replies(client):
    """name -> (replies to `asked`, replies to `wrong`), of one run of the program."""

    @functools.cache
    def run(name):
        _, path, endpoints = exported(name)
        good = [row for s, endpoint in endpoints.items() for row in asked(s, endpoint)]
        bad = [(s, inputs) for s, endpoint in endpoints.items() for _, inputs in wrong(endpoint)]
        found = client(path, good + bad)
        return found[: len(good)], found[len(good) :]

    return run


def asked(s, endpoint):
    """(signature, inputs) of requests of any size, each some rows of one."""
    inputs = request(endpoint, max(SIZES))
    return [(s, {key: array[start:stop] for key, array in inputs.items()}) for start, stop in PARTS]


@pytest.mark.parametrize("name", NAMES)
def test_every_signature_answers_as_python_does_in_batches_of_any_size(name, replies):
    model, _, endpoints = exported(name)
    found = iter(replies(name)[0])
    for s, endpoint in endpoints.items():
        expected = answer(model, s, request(endpoint, max(SIZES)))
        expected = {key: np.asarray(value) for key, value in expected.items()}
        for start, stop in PARTS:
            status, outputs = next(found)
            assert status == "OK" and set(outputs) == set(expected) == set(endpoint.outputs)
            for key, array in outputs.items():
                space = endpoint.outputs[key]
                assert array.shape == (stop - start, *space.shape)
                if space.dtype == "string":
                    assert array.tolist() == expected[key][start:stop].tolist()
                    continue
                assert array.dtype.name == space.dtype
                np.testing.assert_allclose(array, expected[key][start:stop], atol=1e-5, rtol=1e-5)


def wrong(endpoint):
    """(what the error must say, inputs) of requests with something wrong with one input."""
    good = request(endpoint, 2)
    for name, array in good.items():
        space = endpoint.inputs[name]
        for says, bad in [*wrong_shapes(name, array), *wrong_values(name, space, array)]:
            yield says, good | {name: bad}
        yield "inputs must be", {key: array for key, array in good.items() if key != name}
        if len(good) > 1:
            yield "must have as many rows as", good | {name: array[:1]}
    too_many = f"must have 1 to {MAX_ROWS} rows"
    yield too_many, {key: np.repeat(array, MAX_ROWS, axis=0) for key, array in good.items()}
    yield too_many, {key: array[:0] for key, array in good.items()}


def wrong_shapes(name, array):
    bad = [array[:1].reshape(array.shape[1:]), array[..., None]]
    bad += [array[..., :0], np.repeat(array, 3, axis=-1)] if array.ndim > 1 else []
    return [(f"shape_of_{name}", one) for one in bad]


def wrong_values(name, space, array):
    """Those of another type, and all that the space names."""
    dtype = space.served_dtype
    yield "", np.zeros(array.shape, "int32") if dtype == "string" else array.astype(OTHER[dtype])
    for bad in space.wrong().values():
        yield f"`{name}` must be" if bad.shape[1:] == array.shape[1:] else f"shape_of_{name}", bad


@pytest.mark.parametrize("name", NAMES)
def test_bad_requests_are_refused_with_the_name_of_the_input(name, replies):
    _, _, endpoints = exported(name)
    bad = [(s, *row) for s, endpoint in endpoints.items() for row in wrong(endpoint)]
    for (s, says, inputs), (status, outputs) in zip(bad, replies(name)[1], strict=True):
        shapes = {key: (array.dtype, array.shape) for key, array in inputs.items()}
        assert status.startswith("INVALID_ARGUMENT") and says in status, (s, says, shapes, status, outputs)


@pytest.mark.parametrize("name", [*FAST, "dcgan_mnist", "diffusion_moons"])
def test_ten_thousand_requests_from_eight_threads_leave_memory_as_it_is(name, client):
    _, path, endpoints = exported(name)
    requests = [(s, request(endpoint, num)) for s, endpoint in endpoints.items() for num in (1, 16)]
    _, (failures, before, after) = client(path, requests, 10_000, 8)
    assert failures == 0 and after < 1.01 * before, (before, after)
