"""What images cost that are drawn pixel by pixel: with caches, and by a whole pass for each pixel.

    python benchmarks/cached_sampling.py [--network
    gated|attention|pixelcnn|row|diagonal|grid|raster|made|nade]

The same untrained network, images and random numbers on either side, in one process. Of the whole passes only
`--passes` are taken, and their time is multiplied by how many there are: the output says so.
"""

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf

import kerasgen as kg
from kerasgen.ops import rng
from kerasgen.samplers import raster

NETWORKS = {
    "gated": lambda shape: kg.networks.pixelcnn.gated_pixelcnn(shape, width=32, blocks=8),
    "attention": lambda shape: kg.networks.pixelcnn.gated_pixelcnn(shape, blocks=8, attention=(3, 7)),
    "pixelcnn": lambda shape: kg.networks.pixelcnn.pixelcnn(shape),
    "row": lambda shape: kg.networks.pixelrnn.row_lstm(shape),
    "diagonal": lambda shape: kg.networks.pixelrnn.diagonal_bilstm(shape, units=(16,) * 7),
    "grid": lambda shape: kg.networks.pixelrnn.grid_lstm(shape),
    "raster": lambda shape: kg.networks.pixelrnn.raster_lstm(shape),
    "made": lambda shape: kg.networks.made.made(shape),
    "nade": lambda shape: kg.networks.made.nade(shape),
}


def seconds(function, rounds):
    """The median time of a call, after one that traces."""
    times = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        np.asarray(function())
        times.append(time.perf_counter() - start)
    return float(np.median(times[1:]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", choices=NETWORKS, default="gated")
    parser.add_argument("--side", type=int, default=28, help="of an image")
    parser.add_argument("--num", type=int, default=64, help="images")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--passes", type=int, default=5, help="whole passes that are timed")
    args = parser.parse_args()
    shape = (args.side, args.side, 1)
    model = kg.Autoregressive(NETWORKS[args.network](shape), seed=0)
    keys = model.row_keys(args.num, seed=0)
    uniform = rng.by_row(model.factors.uniform, keys)
    x = tf.zeros((args.num, *shape))
    whole = tf.function(lambda x: model.pixels(model.average(x), uniform), autograph=False)
    drawing = tf.function(
        lambda u: raster.cached(model.factors.stages, model.pixels, u), autograph=False, reduce_retracing=True
    )
    cached, one = seconds(lambda: drawing(uniform), args.rounds), seconds(lambda: whole(x), args.passes)
    count = args.side**2
    print(f"{args.network}: {model.network.count_params():,} parameters, {args.num} images of {shape}")
    print(f"cached: {cached:.3f} s, {1e3 * cached / count:.3f} ms a pixel")
    print(f"naive:  {one * count:.1f} s, from {args.passes} passes of {one:.4f} s times {count} pixels")
    print(f"ratio:  {one * count / cached:.0f}")


if __name__ == "__main__":
    main()
