"""The forward pass of ddpm_mnist's network under compilers, their options, and other inference engines.

    python benchmarks/compilers.py [--sides NAME ...] [--batch 64] [--rounds 9] [--steps 5] [--json]

Every side is a process of its own, since most options are read when a library is loaded. They take turns,
so that a machine whose speed drifts is fair to all; printed are medians, and the ratios to the first side of
the same round. Sides whose packages are not installed are left out, with a word: ONNX Runtime (onnxruntime,
tf2onnx), OpenVINO (openvino, tf2onnx), PyTorch (torch, diffusers and a C++ compiler). The first two run the
same weights, and how far their outputs are from those of the first side is printed; PyTorch runs diffusers'
UNet2DModel of the same size. Nothing else should be running.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

XLA = "kerasgen, XLA"
YNN = "--xla_cpu_experimental_ynn_fusion_type=+individual_convolution"


SIDES = {  # name: (function of (batch, size of the network) that makes its step, environment variables)
    "kerasgen": ("plain", {}),
    "kerasgen, oneDNN on": ("plain", {"TF_ENABLE_ONEDNN_OPTS": "1"}),
    "kerasgen, oneDNN off": ("plain", {"TF_ENABLE_ONEDNN_OPTS": "0"}),
    XLA: ("xla", {}),
    f"{XLA}, vectors of 512 bits": ("xla", {"XLA_FLAGS": "--xla_cpu_prefer_vector_width=512"}),
    f"{XLA}, YNN convolutions": ("xla", {"XLA_FLAGS": YNN}),
    "ONNX Runtime": ("onnx_runtime", {}),
    "OpenVINO": ("openvino", {}),
    "PyTorch compiled": ("torch_compiled", {}),
    "PyTorch compiled, frozen": ("torch_compiled", {"TORCHINDUCTOR_FREEZING": "1"}),
}
PEERS = ("onnxruntime", "tf2onnx", "openvino", "torch", "diffusers")


def network(size):
    """The network with the same random weights in every process."""
    import keras

    from kerasgen import registry

    keras.utils.set_random_seed(0)
    model = registry.build("ddpm_mnist", size=size).network
    generator = np.random.default_rng(0)
    model.set_weights([w + 0.02 * generator.normal(size=w.shape) for w in model.get_weights()])
    return model


def inputs(batch):
    """Points, times and labels."""
    generator = np.random.default_rng(1)
    x = generator.normal(size=(batch, 28, 28, 1)).astype("float32")
    return x, generator.uniform(size=batch).astype("float32"), np.arange(batch, dtype="int32") % 10


def tensorflow_function(batch, size, **options):
    """The network as a graph of constant shapes."""
    import tensorflow as tf

    model = network(size)
    specs = [tf.TensorSpec(part.shape, part.dtype) for part in inputs(batch)]
    return tf.function(lambda *xs: model(list(xs)), specs, autograph=False, **options)


def plain(batch, size):
    function, arguments = tensorflow_function(batch, size), inputs(batch)
    return lambda: function(*arguments).numpy()


def xla(batch, size):
    function, arguments = tensorflow_function(batch, size, jit_compile=True), inputs(batch)
    return lambda: function(*arguments).numpy()


def onnx_file(batch, size, folder):
    """The path of the network in the format of ONNX, and what goes into it.

    Tensors that are no variables, such as the rates of the time's sinusoids, become inputs there.
    """
    import tf2onnx

    from kerasgen.ops.compiled import left_plain

    function, path = tensorflow_function(batch, size), os.path.join(folder, "network.onnx")
    with left_plain():
        tf2onnx.convert.from_function(function, function.input_signature, opset=18, output_path=path)
    captured = function.get_concrete_function().captured_inputs
    return path, [*inputs(batch), *(part.numpy() for part in captured if part.dtype != "resource")]


def onnx_runtime(batch, size):
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        path, arguments = onnx_file(batch, size, folder)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    feed = dict(zip([part.name for part in session.get_inputs()], arguments, strict=True))
    return lambda: session.run(None, feed)[0]


def openvino(batch, size):
    import openvino

    with tempfile.TemporaryDirectory() as folder:
        path, arguments = onnx_file(batch, size, folder)
        model = openvino.convert_model(path)
    # Without the hint it may compute in bfloat16.
    compiled = openvino.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda: compiled(arguments)[0]


def torch_compiled(batch, size):
    import torch
    from diffusers import UNet2DModel

    torch.set_num_threads(os.cpu_count())
    widths = size.get("widths", (48, 96))
    peer = UNet2DModel(
        sample_size=14, in_channels=4, out_channels=4, layers_per_block=size.get("blocks", 2),
        block_out_channels=widths, down_block_types=("DownBlock2D",) * len(widths),
        up_block_types=("UpBlock2D",) * len(widths), norm_num_groups=size.get("groups", 8),
        add_attention=False, num_class_embeds=11,
    ).to(memory_format=torch.channels_last).eval()  # fmt: skip
    x, time_, labels = map(torch.from_numpy, inputs(batch))
    x = x.reshape(batch, 4, 14, 14).to(memory_format=torch.channels_last)
    run = torch.compile(peer)

    def step():
        with torch.no_grad():
            return run(x, 1000 * time_, labels).sample.numpy()

    return step


def work(name, batch, size):
    """The process of a side: says that it is ready, or why not, then times as many steps as it is told to."""
    talk, sys.stdout = sys.stdout, sys.stderr  # what libraries print is no answer
    say = lambda **message: print(json.dumps(message), file=talk, flush=True)
    try:
        step = globals()[SIDES[name][0]](batch, size)
        output = [step() for _ in range(3)][-1]
    except ModuleNotFoundError as error:
        if error.name not in PEERS:
            raise
        return say(left_out=f"{error.name} is not installed")
    comparable = SIDES[name][0] != "torch_compiled"
    say(output=np.asarray(output, "float64").ravel()[:10_000].tolist() if comparable else None)
    for line in sys.stdin:
        start = time.perf_counter()
        for _ in range(int(line)):
            step()
        say(seconds=(time.perf_counter() - start) / int(line))


def started(name, args):
    """The process of a side, and its first words."""
    command = [sys.executable, os.path.abspath(__file__), "--work", name, "--batch", str(args.batch)]
    command += ["--size", json.dumps(args.size)]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | SIDES[name][1]
    pipes = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": None if args.verbose else subprocess.DEVNULL,
    }
    process = subprocess.Popen(command, env=environment, text=True, **pipes)
    words = process.stdout.readline()
    return process, json.loads(words) if words else {
        "left_out": f"it ended with {process.wait()}; see --verbose"
    }


def compare(args):
    """{side: its times}, {side: largest difference of its output from the first side's}, {side: why not}."""
    sides, outputs, left_out = {}, {}, {}
    for name in args.sides:
        process, words = started(name, args)
        if "left_out" in words:
            left_out[name] = words["left_out"]
        else:
            sides[name], outputs[name] = process, words["output"]
    times = {name: [] for name in sides}
    for _ in range(args.rounds):
        for name, process in sides.items():
            print(args.steps, file=process.stdin, flush=True)
            times[name].append(json.loads(process.stdout.readline())["seconds"])
    for process in sides.values():
        process.stdin.close()
        process.wait()
    first = next(iter(outputs.values()), None)
    apart = lambda output: float(np.abs(np.subtract(output, first)).max()) if output and first else None
    return times, {name: apart(output) for name, output in outputs.items()}, left_out


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=list(SIDES), help="which to compare")
    parser.add_argument("--batch", type=int, default=64, help="examples a pass (64)")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each side (9)")
    parser.add_argument("--steps", type=int, default=5, help="passes a turn (5)")
    parser.add_argument("--size", type=json.loads, default={}, help="JSON of the network's widths and blocks")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--verbose", action="store_true", help="show what the processes say")
    parser.add_argument("--work", choices=SIDES, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work:
        return work(args.work, args.batch, args.size)
    times, apart, left_out = compare(args)
    first = next(iter(times.values()), [])
    result = {
        name: {
            "ms": round(1e3 * statistics.median(values), 2),
            "speedup": round(statistics.median(a / b for a, b in zip(first, values, strict=True)), 2),
            "difference": apart[name],
        }
        for name, values in times.items()
    }
    if args.json:
        print(json.dumps({"sides": result, "left_out": left_out}, indent=2))
        return
    for name, row in result.items():
        difference = "other weights" if row["difference"] is None else f"differs by {row['difference']:.1e}"
        print(f"{name:40s} {row['ms']:8.2f} ms a pass, {row['speedup']:5.2f} times as fast, {difference}")
    for name, reason in left_out.items():
        print(f"{name:40s} left out: {reason}")


if __name__ == "__main__":
    main()
