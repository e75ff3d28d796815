"""Two sides of a comparison in one process, by turns: a machine whose speed drifts is fair to both.

Nothing else should be running.
"""

import argparse
import json
import os
import statistics
import time

import numpy as np
import tensorflow as tf
import torch


def options(doc):
    """A parser of what every comparison can be told."""
    parser = argparse.ArgumentParser(description=doc.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9, help="turns of each side (9)")
    parser.add_argument("--steps", type=int, default=5, help="steps a turn (5)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    torch.set_num_threads(os.cpu_count())
    return parser


def compare(args, ours, theirs, batch, flops, **facts):
    """Times every side by turns and prints medians, ratios and shares of the machine's peak.

    Args:
        args: Of `options`.
        ours, theirs: {name: function that takes one step}; the better of each is compared.
        batch: Examples a step.
        flops: Floating-point operations of a step's matrix products and convolutions.
        **facts: What else to print as JSON.
    """
    sides, products = {**ours, **theirs}, peaks()
    for function in [*sides.values(), *products.values()]:
        timed(function, 3)
    times = {name: [] for name in [*sides, *products]}
    for _ in range(args.rounds):
        for name, step in sides.items():
            times[name].append(timed(step, args.steps))
        for name, product in products.items():
            times[name].append(timed(product, 2))
    median = {name: statistics.median(values) for name, values in times.items()}
    peak = max(2 * 2048**3 / median[name] for name in products)
    mine, other = (min(group, key=median.get) for group in (ours, theirs))
    ratios = [b / a for a, b in zip(times[mine], times[other], strict=True)]
    result = {
        "ms": {name: round(median[name] * 1e3, 1) for name in sides},
        "images_per_second": {name: round(batch / median[name]) for name in sides},
        "best": [mine, other],
        "speedup": round(statistics.median(ratios), 2),
        "speedup_range": [round(min(ratios), 2), round(max(ratios), 2)],
        "gflop_per_step": round(flops / 1e9, 2),
        "peak_gflops": round(peak / 1e9),
        "share_of_peak": {name: round(flops / median[name] / peak, 2) for name in sides},
        "versions": {"tensorflow": tf.__version__, "torch": torch.__version__},
    }
    if args.json:
        print(json.dumps(result | facts, indent=2))
        return
    for name in sides:
        spread = f"{min(times[name]) * 1e3:.1f} to {max(times[name]) * 1e3:.1f}"
        share = f"{result['share_of_peak'][name]:.0%} of the matrix-product peak"
        print(f"{name:24s} {median[name] * 1e3:7.1f} ms a step ({spread}), {share}")
    low, high = result["speedup_range"]
    print(f"{mine} is {result['speedup']} times as fast as {other} ({low} to {high}, round by round)")
    print(f"{result['gflop_per_step']} GFLOP a step; peak {result['peak_gflops']} GFLOP/s")


def timed(step, number):
    """Seconds a step."""
    start = time.perf_counter()
    for _ in range(number):
        step()
    return (time.perf_counter() - start) / number


def peaks():
    """{name: function} that multiplies two 2048x2048 float32 matrices."""
    a = np.random.default_rng(0).normal(size=(2048, 2048)).astype("float32")
    left, right = tf.constant(a), torch.tensor(a)
    xla = tf.function(lambda m: m @ m, jit_compile=True)
    return {
        "numpy product": lambda: a @ a,
        "tensorflow product": lambda: (left @ left).numpy(),
        "XLA product": lambda: xla(left).numpy(),
        "torch product": lambda: right @ right,
    }


def costs(network):
    """Multiplications and additions of each layer for one example, first to last, forward."""
    found = []
    for layer in network.layers:
        kernel = getattr(layer, "kernel", None)
        if kernel is not None:
            transposed = type(layer).__name__ == "Conv2DTranspose"
            shape = (layer.input if transposed else layer.output).shape
            positions = int(np.prod(shape[1:-1])) if len(kernel.shape) == 4 else 1
            found.append(2 * positions * int(np.prod(kernel.shape)))
    return found


def count(model):
    """Trainable numbers of a Keras model."""
    return sum(int(np.prod(w.shape)) for w in model.trainable_variables)
