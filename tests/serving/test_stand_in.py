"""Requests by REST and gRPC, against a stand-in that speaks TensorFlow Serving's protos and JSON."""

import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess

import numpy as np
import pytest
import tensorflow as tf
from exports import FOLDER, SEED, answer, exported, request
from helpers import tiny

import kerasgen as kg
from kerasgen import cli, registry
from kerasgen.serving import config, warmup

grpc = pytest.importorskip("grpc")
pytest.importorskip("tensorflow_serving", reason="tensorflow-serving-api is not installed")
from stand_in import StandIn  # noqa: E402
from tensorflow_serving.apis import (  # noqa: E402
    predict_pb2,
    prediction_log_pb2,
    prediction_service_pb2_grpc,
)

FAST = ("cvae_mnist",)
NAMES = [pytest.param(name, marks=[pytest.mark.long] * (name not in FAST)) for name in kg.list_models()]
PAGE = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "serving.md")


def blocks(text):
    """(language, text) of the code of a Markdown page, in order."""
    return re.findall(r"^```(.+?)\n(.*?)^```", text, re.M | re.S)


@contextlib.contextmanager
def served(name):
    """A running stand-in of one export, by the `models.config` that lies beside it."""
    exported(name)
    with open(os.path.join(FOLDER.name, name, config.MODELS), encoding="utf-8") as file:
        text = file.read()
    with StandIn(FOLDER.name, text) as stand_in:
        yield stand_in


def shell(text, stand_in):
    """What a command with curl answers, as JSON."""
    if not shutil.which("curl"):
        pytest.skip("there is no curl")
    text = text.replace("localhost:8501", f"localhost:{stand_in.rest_port}").replace("curl ", "curl -s ")
    return json.loads(subprocess.run(["bash", "-c", text], check=True, capture_output=True).stdout)


def python(text, stand_in, namespace):
    text = text.replace("localhost:8500", f"localhost:{stand_in.grpc_port}")
    exec(compile(text, "page", "exec"), namespace)
    return namespace


def stub(stand_in):
    return prediction_service_pb2_grpc.PredictionServiceStub(
        grpc.insecure_channel(f"localhost:{stand_in.grpc_port}")
    )


def asked(name, signature, inputs):
    message = predict_pb2.PredictRequest()
    message.model_spec.name, message.model_spec.signature_name = name, signature
    for key, array in inputs.items():
        message.inputs[key].CopyFrom(tf.make_tensor_proto(array))
    return message


@pytest.mark.parametrize("name", NAMES)
def test_requests_in_the_readme_of_an_export_are_answered_as_python_does(name):
    model, path, found = exported(name)
    with open(os.path.join(path, "README.md"), encoding="utf-8") as file:
        sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", file.read(), re.M | re.S))
    assert list(sections) == list(found)
    with open(PAGE, encoding="utf-8") as file:
        assert set(found) <= set(re.findall(r"`(\w+)`", file.read()))
    with served(name) as stand_in:
        ((signatures, _),) = stand_in.models.values()
        assert set(signatures[1]) == set(found)
        for s, section in sections.items():
            expected = answer(model, s, found[s].examples(2))
            code = dict(blocks(section))
            rest = shell(code["bash"], stand_in)["outputs"]
            rest = {next(iter(expected)): rest} if len(expected) == 1 else rest
            for outputs in (rest, python(code["python"], stand_in, {})["outputs"]):
                assert set(outputs) == set(expected)
                for key, array in expected.items():
                    np.testing.assert_allclose(outputs[key], array, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_warm_up_requests_cover_every_signature_and_are_answered(name):
    _, path, found = exported(name)
    records = tf.data.TFRecordDataset(os.path.join(path, warmup.FILE)).as_numpy_iterator()
    requests = [prediction_log_pb2.PredictionLog.FromString(record).predict_log.request for record in records]
    assert [asked.model_spec.signature_name for asked in requests] == [s for s in found for _ in range(2)]
    with served(name) as stand_in:
        for message in requests:
            assert message.model_spec.name == name
            num = next(iter(message.inputs.values())).tensor_shape.dim[0].size
            for tensor in stub(stand_in).Predict(message, timeout=60).outputs.values():
                array = tf.make_ndarray(tensor)
                assert len(array) == num in (1, 16) and np.isfinite(array).all()


def test_types_values_and_names_are_refused_with_their_codes():
    _, _, found = exported("cvae_mnist")
    inputs, good = found["decode"].inputs, request(found["decode"], 2)
    wrong = {name: [good | {name: bad} for bad in space.wrong().values()] for name, space in inputs.items()}
    wrong["label"].append(good | {"label": good["label"].astype("int64")})
    wrong["z"] += [good | {"z": good["z"].astype("float64")}, good | {"z": good["z"][:, :1]}]
    wrong["input size"] = [{"z": good["z"]}]
    with served("cvae_mnist") as stand_in:
        send = lambda *row: stub(stand_in).Predict(asked(*row), timeout=60)
        assert send("cvae_mnist", "decode", good).model_spec.version.value == 1
        for says, requests in wrong.items():
            for inputs in requests:
                with pytest.raises(grpc.RpcError) as caught:
                    send("cvae_mnist", "decode", inputs)
                assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
                assert says in caught.value.details()
        for name, signature, code in (
            ("vae", "decode", "NOT_FOUND"),
            ("cvae_mnist", "d", "FAILED_PRECONDITION"),
        ):
            with pytest.raises(grpc.RpcError) as caught:
                send(name, signature, good)
            assert caught.value.code() == grpc.StatusCode[code]


def test_the_page_says_what_happens(tmp_path, monkeypatch):
    """Its commands, requests, configurations and refusals; `docker` is not run."""
    monkeypatch.chdir(tmp_path)
    model = tiny("cvae_mnist")
    monkeypatch.setattr(registry, "load", lambda *_, **__: model)
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    code = blocks(page)
    export, *curls = [line for kind, text in code if kind == "bash" for line in text.splitlines()]
    for line in (export, curls.pop(0)):
        assert not cli.main(cli.parse(shlex.split(line)))
    (models,) = [text for kind, text in code if kind == "proto models"]
    (batching,) = [text for kind, text in code if kind == "proto batching"]
    written = (tmp_path / "serving" / "cvae_mnist" / config.BATCHING).read_text()
    assert re.sub("#.*\n", "", written) == batching
    expected = model.sample(2, SEED, condition=3)
    close = lambda array, rows: np.testing.assert_allclose(array, expected[:rows], atol=1e-5)
    with StandIn(tmp_path / "serving", models) as stand_in:
        columns, *rows = [shell(line, stand_in) for line in curls]
        close(columns["outputs"], 2)
        for found in rows:
            close(found["predictions"], len(found["predictions"]))
        namespace = {}
        for kind, text in code:
            if kind == "python":
                python(text, stand_in, namespace)
        close(namespace["samples"], 2), close(namespace["stable"], 2)
        refusals = [row.split(" | ") for row in re.findall(r"^\| (.* \| `` .*) \|$", page, re.M)]
        bodies = [{"seed": [0, 0], "label": [10, 0]}, {"seed": [-1, 0], "label": [0, 0]}]
        bodies += [{"seed": [0] * 65, "label": [0] * 65}, {"seed": [0, 0], "label": [0]}]
        for (_, says), body in zip(refusals, bodies, strict=True):
            url = "http://localhost:8501/v1/models/cvae_mnist:predict"
            found = shell(f"curl -d {shlex.quote(json.dumps({'inputs': body}))} {url}", stand_in)
            assert says.strip("` ") in found["error"].replace("``", "`"), (says, found)
