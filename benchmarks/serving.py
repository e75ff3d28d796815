"""How long does a served model take to answer?

    python benchmarks/serving.py [NAME ...] [--requests 50] [--rounds 5] [--json]

Exports entries and asks each for its default signature over gRPC, one client, 1 and 16 rows a request, by
turns: a machine whose speed drifts is fair to all. Medians over the rounds of the median and the 99th
percentile of a round. The server is the stand-in of the tests (`tests/serving/stand_in.py`), in this process:
TensorFlow Serving's protos and TensorFlow's kernels, but Python threads. Needs the extra `serving`; nothing
else should be running.
"""

import argparse
import json
import os
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "serving"))

import grpc
import numpy as np
import tensorflow as tf
from stand_in import StandIn
from tabulate import tabulate
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

import kerasgen as kg
from kerasgen import registry
from kerasgen.serving import config

NAMES = (
    "dcgan_mnist", "vae_mnist", "cvae_mnist", "vqvae_mnist", "vaegan_mnist", "ae_mnist", "pca_mnist",
    "gmm_rings", "bernoulli_mixture_binarized_mnist", "diffusion_moons", "ddpm_mnist", "lenet_mnist",
)  # fmt: skip
SIZES = (1, 16)


def exported(name, folder):
    """(text of its entry in a models.config, {rows: request}) of an entry exported below `folder`."""
    pretrained = registry.get_record(name) is not None
    model = kg.load(name, pretrained=pretrained)
    kg.serving.export_version(model, os.path.join(folder, name))
    endpoint = model.endpoints()["serving_default"]
    requests = {}
    for num in SIZES:
        requests[num] = predict_pb2.PredictRequest()
        requests[num].model_spec.name = name
        for key, array in endpoint.examples(num).items():
            requests[num].inputs[key].CopyFrom(tf.make_tensor_proto(array))
    return config.models(name), requests


def times(stub, request, number):
    """Milliseconds of each of `number` requests, one after the other."""
    found = []
    for _ in range(number):
        start = time.perf_counter()
        stub.Predict(request, timeout=600)
        found.append(1e3 * (time.perf_counter() - start))
    return found


def measured(stub, requests, number, rounds):
    """{(name, rows): (median, 99th percentile)} in milliseconds."""
    for request in requests.values():
        times(stub, request, 3)
    found = {case: [] for case in requests}
    for _ in range(rounds):
        for case, request in requests.items():
            found[case].append(np.percentile(times(stub, request, number), (50, 99)))
    return {case: np.median(values, axis=0).round(2).tolist() for case, values in found.items()}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names", metavar="NAME", nargs="*", default=NAMES, help="entries (one or two a family)"
    )
    parser.add_argument("--requests", type=int, default=50, help="of each kind in a round (50)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each kind (5)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        served = {name: exported(name, folder) for name in args.names}
        requests = {
            (name, num): request for name, (_, some) in served.items() for num, request in some.items()
        }
        with StandIn(folder, *(text for text, _ in served.values())) as stand_in:
            with grpc.insecure_channel(f"localhost:{stand_in.grpc_port}") as channel:
                stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
                found = measured(stub, requests, args.requests, args.rounds)
    if args.json:
        rows = [{"name": name, "rows": num, "p50": p[0], "p99": p[1]} for (name, num), p in found.items()]
        print(json.dumps({"milliseconds": rows, "tensorflow": tf.__version__}, indent=2))
        return
    rows = [[name, *found[name, 1], *found[name, 16]] for name in served]
    heads = ("", "1 row: p50, ms", "p99", "16 rows: p50, ms", "p99")
    print(tabulate(rows, heads, "github", floatfmt=".1f"))


if __name__ == "__main__":
    main()
