"""The README of an export: its signatures, and a request for each by REST and by gRPC."""

import json
import os
import shlex

import tensorflow as tf

from kerasgen.spaces import Seeds

PAGE = """# {name}, version {version}

A SavedModel for TensorFlow Serving, written with TensorFlow {tensorflow}. In the folder above this one:

    docker run -p 8500:8500 -p 8501:8501 -v "$PWD:/models/{name}" -e MODEL_NAME={name} \\
        tensorflow/serving:{tensorflow}

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

FEW = 16  # numbers that are written out

GRPC = """import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

stub = prediction_service_pb2_grpc.PredictionServiceStub(grpc.insecure_channel("localhost:8500"))
request = predict_pb2.PredictRequest()
request.model_spec.name = "{name}"
request.model_spec.signature_name = "{signature}"
{inputs}
answer = stub.Predict(request, timeout=60)
outputs = {{name: tf.make_ndarray(tensor) for name, tensor in answer.outputs.items()}}"""


def write(path, name, version, endpoints, max_rows):
    """Writes README.md into the export at `path`; a server ignores it.

    Args:
        path: Folder of the SavedModel.
        name, version: Of the served model.
        endpoints: {signature: `spaces.Endpoint`}.
        max_rows: Most rows that a request may have.
    """
    facts = {"name": name, "version": version, "tensorflow": tf.__version__, "max_rows": max_rows}
    inputs = [space for endpoint in endpoints.values() for space in endpoint.inputs.values()]
    seeds = any(isinstance(space, Seeds) for space in inputs)
    text = PAGE.format(**facts, seeds=SEEDS if seeds else "")
    for signature, endpoint in endpoints.items():
        example = endpoint.examples(min(2, max_rows))
        text += SECTION.format(
            signature=signature,
            rows="\n".join(_rows(endpoint)),
            rest=rest(name, signature, example),
            grpc=grpc(name, signature, example),
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
        values = _tensor(array)
        lines.append(f'request.inputs["{key}"].CopyFrom(tf.make_tensor_proto({values}, "{dtype}"))')
    return GRPC.format(name=name, signature=signature, inputs="\n".join(lines))


def _rows(endpoint):
    """Lines of the table of what a signature takes and gives."""
    for side, tensors in (("input", endpoint.inputs), ("output", endpoint.outputs)):
        for name, space in tensors.items():
            spec = space.spec(name) if side == "input" else tf.TensorSpec([None, *space.shape], space.dtype)
            shape = ", ".join(["rows", *map(str, spec.shape[1:])])
            yield f"| {side} | `{name}` | {spec.dtype.name} | [{shape}] | {space.rule} |"


def _tensor(array):
    """Python text of what `tf.make_tensor_proto` takes for an array."""
    if array.size > FEW and (array == array.flat[0]).all():
        return f"np.full({list(array.shape)}, {array.flat[0].item()!r})"
    return json.dumps(array.tolist())


def _nested(array):
    """Python text of nested lists of an array's numbers, short where all are equal."""
    if array.size <= FEW or not (array == array.flat[0]).all():
        return json.dumps(array.tolist())
    text = repr(array.flat[0].item())
    for size in reversed(array.shape):
        text = f"[{text}] * {size}"
    return text
