"""The README of an export: its signatures, and a request for each by REST and by gRPC."""

import json
import os
import shlex

import tensorflow as tf

from kerasgen.serving import signatures

PAGE = """# {name}, version {version}

A SavedModel for TensorFlow Serving, written with TensorFlow {tensorflow}. In the folder above this one:

    docker run -p 8500:8500 -p 8501:8501 -v "$PWD:/models/{name}" -e MODEL_NAME={name} tensorflow/serving

A request has 1 to {max_rows} rows, the same number in every input. One that has not, or that has values other
than those below, is refused with INVALID_ARGUMENT and the name of the input. The answer to a row is the same
in any batch, to 1e-5.
{seeds}"""

SEEDS = """
A seed below 2^32 answers with the row of `sample(1, seed=seed)`; `seed + i * 2^32` answers with row *i* of
`sample(num, seed=seed)`.
"""

SECTION = """
## {signature}

| | name | dtype | shape | values |
|---|---|---|---|---|
{rows}

```bash
{rest}
```

```python
{grpc}
```
"""

GRPC = """import grpc
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

stub = prediction_service_pb2_grpc.PredictionServiceStub(grpc.insecure_channel("localhost:8500"))
request = predict_pb2.PredictRequest()
request.model_spec.name = "{name}"
request.model_spec.signature_name = "{signature}"
{inputs}
answer = stub.Predict(request, timeout=60)
outputs = {{name: tf.make_ndarray(tensor) for name, tensor in answer.outputs.items()}}"""


def write(path, model, version, found, max_rows):
    """Writes README.md into the export at `path`; a server takes no notice of it.

    Args:
        path: Folder of the SavedModel.
        model: The exported model.
        version: Its number.
        found: Its `Signature`s.
        max_rows: Most rows a request may have.
    """
    facts = {"name": model.name, "version": version, "tensorflow": tf.__version__, "max_rows": max_rows}
    seeds = any("seed" in signature.inputs for signature in found)
    text = PAGE.format(**facts, seeds=SEEDS if seeds else "")
    for signature in found:
        inputs = signatures.request(model, signature, min(2, max_rows))
        text += SECTION.format(
            signature=signature.name,
            rows="\n".join(_rows(signature)),
            rest=rest(model.name, signature.name, inputs),
            grpc=grpc(model.name, signature.name, inputs),
        )
    with open(os.path.join(path, "README.md"), "w", encoding="utf-8") as file:
        file.write(text)


def rest(name, signature, inputs):
    """A shell command that sends `inputs`, {name: array}, over REST."""
    url = f"http://localhost:8501/v1/models/{name}:predict"
    short = all(array.ndim == 1 for array in inputs.values())
    if short:
        body = {"signature_name": signature, "inputs": {k: v.tolist() for k, v in inputs.items()}}
        return f"curl -d {shlex.quote(json.dumps(body))} {url}"
    parts = ", ".join(f'"{key}": {_nested(array)}' for key, array in inputs.items())
    body = f'{{"signature_name": "{signature}", "inputs": {{{parts}}}}}'
    return f"python3 -c {shlex.quote(f'import json; print(json.dumps({body}))')} |\n  curl -d @- {url}"


def grpc(name, signature, inputs):
    """A Python script that sends `inputs`, {name: array}, over gRPC."""
    lines = []
    for key, array in inputs.items():
        dtype = "string" if array.dtype == object else array.dtype.name
        values = json.dumps(array.tolist()) if array.ndim == 1 else f"tf.zeros({list(array.shape)})"
        lines.append(f'request.inputs["{key}"].CopyFrom(tf.make_tensor_proto({values}, "{dtype}"))')
    return GRPC.format(name=name, signature=signature, inputs="\n".join(lines))


def _rows(signature):
    """Lines of the table of what a signature takes and gives."""
    for side, tensors in (("input", signature.inputs), ("output", signature.outputs)):
        for tensor in tensors.values():
            shape = ", ".join(["rows", *map(str, tensor.shape)])
            yield f"| {side} | `{tensor.name}` | {tensor.dtype} | [{shape}] | {tensor.values} |"


def _nested(array):
    """Python text of an array: its numbers if it is a list, else of as many zeros."""
    if array.ndim == 1:
        return json.dumps(array.tolist())
    text = "0.0" if array.dtype.kind == "f" else "0"
    for size in reversed(array.shape):
        text = f"[{text}] * {size}"
    return text
