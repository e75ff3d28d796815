"""A stand-in for tensorflow_model_server, for tests and benchmarks: its protos, its JSON, its strictness.

It has no scheduler and no batching, and runs a SavedModel from Python. What it shares with the server is
what a client sees: the gRPC service Predict, REST's POST .../NAME[/versions/V|/labels/L]:predict, types that
must be those of the signature, versions and labels of a ModelServerConfig, codes of errors.

    python tests/serving/stand_in.py ROOT PORT

serves every `models.config` in a folder of ROOT by REST, until it is stopped.
"""

import concurrent.futures
import glob
import http.server
import json
import os
import re
import sys
import threading

import grpc
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc
from tensorflow_serving.config import model_server_config_pb2

CODES = {code.value[0]: code for code in grpc.StatusCode}
STATUS = {tf.errors.NOT_FOUND: 404, tf.errors.INVALID_ARGUMENT: 400}
URL = re.compile(r"/v1/models/([^/:]+)(?:/versions/(\d+)|/labels/([^/:]+))?:predict")


class StandIn:
    """Serves what `models.config` files name, on two free ports of this machine, inside a `with` block.

    Args:
        root: The folder that stands for /models.
        *configs: Texts of ModelServerConfigs.
        port: Of REST; 0 takes a free one.

    Attributes:
        grpc_port, rest_port: Where it listens.
    """

    def __init__(self, root, *configs, port=0):
        self.models, self._port = {}, port
        parsed = [text_format.Parse(text, model_server_config_pb2.ModelServerConfig()) for text in configs]
        for model in (model for one in parsed for model in one.model_config_list.config):
            folder = os.path.join(root, os.path.relpath(model.base_path, "/models"))
            there = sorted(int(name) for name in os.listdir(folder) if name.isdigit())
            versions = list(model.model_version_policy.specific.versions) or there[-1:]
            load = lambda version, folder=folder: tf.saved_model.load(os.path.join(folder, str(version)))
            loaded = {version: load(version).signatures for version in versions}
            self.models[model.name] = loaded, dict(model.version_labels)

    def __enter__(self):
        self._pool = concurrent.futures.ThreadPoolExecutor(8)
        self._grpc = grpc.server(self._pool)
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(_Service(self), self._grpc)
        self.grpc_port = self._grpc.add_insecure_port("localhost:0")
        self._grpc.start()
        handler = type("Handler", (_Handler,), {"stand_in": self})
        self._rest = http.server.ThreadingHTTPServer(("localhost", self._port), handler)
        self.rest_port = self._rest.server_address[1]
        threading.Thread(target=self._rest.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._grpc.stop(None).wait()
        self._rest.shutdown()
        self._rest.server_close()
        self._pool.shutdown()

    def signature(self, name, version=None, label=None, signature=None):
        """(version, function) of what a request asks for."""
        versions, labels = self.models.get(name, ({}, {}))
        version = labels.get(label) if label else version or max(versions, default=None)
        if version not in versions:
            raise tf.errors.NotFoundError(None, None, f"Servable not found for request: {name}")
        signature = signature or "serving_default"
        if signature not in versions[version]:
            raise tf.errors.FailedPreconditionError(
                None, None, f"Serving signature key {signature} not found."
            )
        return version, versions[version][signature]

    def run(self, function, inputs):
        """{output: array} of {input: TensorProto}."""
        specs = function.structured_input_signature[1]
        if set(inputs) != set(specs):
            raise _invalid(f"input size does not match signature: {sorted(inputs)} != {sorted(specs)}")
        for name, tensor in inputs.items():
            if tensor.dtype != specs[name].dtype.as_datatype_enum:
                got, need = tf.as_dtype(tensor.dtype).name, specs[name].dtype.name
                raise _invalid(f"{name} expects {need} but {got} is provided")
        try:
            answer = function(**{name: tf.constant(tf.make_ndarray(inputs[name])) for name in inputs})
        except (TypeError, ValueError) as error:  # of shapes, which Python looks at first
            raise _invalid(str(error)) from None
        return {name: array.numpy() for name, array in answer.items()}


def _invalid(message):
    return tf.errors.InvalidArgumentError(None, None, message)


class _Service(prediction_service_pb2_grpc.PredictionServiceServicer):
    def __init__(self, stand_in):
        self.stand_in = stand_in

    def Predict(self, request, context):
        spec = request.model_spec
        try:
            version, function = self.stand_in.signature(
                spec.name, spec.version.value, spec.version_label, spec.signature_name
            )
            outputs = self.stand_in.run(function, request.inputs)
        except tf.errors.OpError as error:
            context.abort(CODES[error.error_code], error.message)
        answer = predict_pb2.PredictResponse()
        answer.model_spec.name, answer.model_spec.version.value = spec.name, version
        for name, array in outputs.items():
            answer.outputs[name].CopyFrom(tf.make_tensor_proto(array))
        return answer


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            self.reply(200, self.answer(json.loads(body)))
        except tf.errors.OpError as error:
            self.reply(STATUS.get(error.error_code, 500), {"error": error.message})
        except json.JSONDecodeError as error:
            self.reply(400, {"error": f"JSON Parse error: {error}"})

    def answer(self, body):
        asked = URL.fullmatch(self.path)
        if not asked:
            raise _invalid(f"Malformed request: POST {self.path}")
        name, version, label = asked.groups()
        _, function = self.stand_in.signature(
            name, version and int(version), label, body.get("signature_name")
        )
        specs = function.structured_input_signature[1]
        by_row = "instances" in body
        inputs = body["instances" if by_row else "inputs"]
        if not isinstance(inputs[0] if by_row else inputs, dict):
            inputs = {next(iter(specs)): inputs}
        elif by_row:
            inputs = {name: [row[name] for row in inputs] for name in inputs[0]}
        typed = {
            k: tf.make_tensor_proto(v, specs[k].dtype if k in specs else None) for k, v in inputs.items()
        }
        outputs = {name: array.tolist() for name, array in self.stand_in.run(function, typed).items()}
        if by_row and len(outputs) > 1:
            rows = zip(*outputs.values(), strict=True)
            return {"predictions": [dict(zip(outputs, row, strict=True)) for row in rows]}
        plain = next(iter(outputs.values())) if len(outputs) == 1 else outputs
        return {"predictions" if by_row else "outputs": plain}

    def reply(self, status, content):
        text = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def main(root, port):
    configs = []
    for path in glob.glob(os.path.join(root, "*", "models.config")):
        with open(path, encoding="utf-8") as file:
            configs.append(file.read())
    with StandIn(root, *configs, port=int(port)):
        threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
