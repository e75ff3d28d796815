"""What images cost that are drawn pixel by pixel: with caches, and by a whole pass for each pixel.

    python benchmarks/cached_sampling.py [ENTRY ...]

Every autoregressive entry, or those named, untrained: the same network, images and random numbers on either
side, in one process. Of the whole passes only `--passes` are taken, and their time is multiplied by how many
there are: the output says so.
"""

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf

import kerasgen as kg
from kerasgen import registry
from kerasgen.ops import rng


def seconds(function, rounds):
    """The median time of a call, after one that traces."""
    times = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        np.asarray(function())
        times.append(time.perf_counter() - start)
    return float(np.median(times[1:]))


def compare(name, args):
    """Times both ways of an entry, and prints a line."""
    model = registry.build(name)
    factors, pixels = model.factors, model.pixels
    uniform = rng.by_row(factors.uniform, model.row_keys(args.num, seed=0))
    rows = tf.zeros((args.num, *pixels.sides), pixels.dtype)
    given = model._given(None, args.num)
    graph = lambda function: tf.function(function, autograph=False, reduce_retracing=True)
    whole = graph(lambda rows: pixels(factors.output(rows, given), uniform))
    drawing = graph(lambda uniform: factors.drawn(uniform, given))
    cached, one = seconds(lambda: drawing(uniform), args.rounds), seconds(lambda: whole(rows), args.passes)
    height, width, channels = pixels.sides
    count = height * width * (1 if pixels.joint else channels)
    size = f"{model.network.count_params():,} parameters"
    naive = f"{one * count:.1f} s naive ({count} passes of {one:.4f} s)"
    print(f"{name}: {size}, {cached:.3f} s cached, {naive}, {one * count / cached:.0f} times")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("entries", nargs="*", metavar="ENTRY")
    parser.add_argument("--num", type=int, default=64, help="images")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--passes", type=int, default=5, help="whole passes that are timed")
    args = parser.parse_args()
    for name in args.entries or kg.list_models(family="autoregressive"):
        compare(name, args)


if __name__ == "__main__":
    main()
