"""FID of 10,000 samples from pixels to number: kerasgen against torchmetrics, taking turns.

    pip install -e '.[bench]' && python benchmarks/fid.py

Both sides read uint8 images with a LeNet of the same layers and sizes (random weights: speed does not
depend on them) and know the features of 10,000 real images beforehand. Each lives in a process of its
own, idle while the others work. Prints medians, the ratio to the better of torchmetrics' two memory
layouts round by round, and peak memory.
"""

import functools
import json
import multiprocessing
import os
import resource
import statistics
import time

from absl import app, flags

FLAGS = flags.FLAGS
flags.DEFINE_integer("rounds", 7, "Rounds; in each both sides take one turn.")
flags.DEFINE_integer("num", 10_000, "Images.")
flags.DEFINE_integer("batch", 250, "Images read at once.")
flags.DEFINE_string("out", None, "JSON file for the figures.")

WIDTH, FEATURES = 32, 128


def images(num, seed):
    import numpy as np

    return np.random.default_rng(seed).integers(0, 256, (num, 28, 28, 1), dtype="uint8")


def kerasgen_side(num, batch):
    import dataclasses

    from kerasgen import Classifier, networks
    from kerasgen.metrics import extractor, fidelity

    network = networks.lenet.classifier((28, 28, 1), 10, WIDTH, FEATURES)
    read = extractor.of_classifier("lenet", Classifier(network, seed=0))
    read = dataclasses.replace(read, batch=batch)
    real = read(images(num, 0)).features
    fake = images(num, 1)
    return lambda: fidelity.fid(read(fake).features, real)


def torchmetrics_side(num, batch, layout):
    import torch
    from torch import nn
    from torchmetrics.image.fid import FrechetInceptionDistance

    class LeNet(nn.Module):
        num_features = FEATURES

        def __init__(self):
            super().__init__()
            block = lambda i, o: (
                nn.Conv2d(i, o, 5, padding=2, bias=False),
                nn.BatchNorm2d(o),
                nn.ReLU(),
                nn.MaxPool2d(2),
            )
            hidden = nn.Linear(49 * 2 * WIDTH, FEATURES, bias=False)
            self.net = nn.Sequential(
                *block(1, WIDTH),
                *block(WIDTH, 2 * WIDTH),
                nn.Flatten(),
                hidden,
                nn.BatchNorm1d(FEATURES),
                nn.ReLU(),
            )

        def forward(self, x):
            return self.net(x.float() / 127.5 - 1)

    torch.manual_seed(0)
    network = LeNet().eval().to(memory_format=getattr(torch, layout))
    metric = FrechetInceptionDistance(
        feature=network, reset_real_features=False, input_img_size=(1, 28, 28), normalize=False
    )
    image = lambda array: torch.from_numpy(array).permute(0, 3, 1, 2)
    tensor = lambda array: image(array).contiguous(memory_format=getattr(torch, layout))
    feed = lambda array, real: [
        metric.update(tensor(array[at : at + batch]), real=real) for at in range(0, num, batch)
    ]
    with torch.inference_mode():
        feed(images(num, 0), True)
    fake = images(num, 1)

    def measure():
        metric.reset()
        with torch.inference_mode():
            feed(fake, False)
            return float(metric.compute())

    return measure


SIDES = {
    "kerasgen": kerasgen_side,
    "torchmetrics": functools.partial(torchmetrics_side, layout="contiguous_format"),
    "torchmetrics, channels_last": functools.partial(torchmetrics_side, layout="channels_last"),
}


def worker(side, num, batch, pipe):
    measure = SIDES[side](num, batch)
    pipe.send("ready")
    while pipe.recv():
        start = time.perf_counter()
        value = measure()
        seconds = time.perf_counter() - start
        pipe.send((seconds, value, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20))


def main(_):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    context = multiprocessing.get_context("spawn")
    pipes = {}
    for side in SIDES:
        pipes[side], theirs = context.Pipe()
        context.Process(target=worker, args=(side, FLAGS.num, FLAGS.batch, theirs), daemon=True).start()
        pipes[side].recv()
    turns = {side: [] for side in SIDES}
    for turn in range(FLAGS.rounds + 1):
        for side, pipe in pipes.items():
            pipe.send(True)
            turns[side].append(pipe.recv())
        print(f"round {turn}:", {side: f"{t[-1][0]:.2f} s" for side, t in turns.items()}, flush=True)
    for pipe in pipes.values():
        pipe.send(False)
    turns = {side: t[1:] for side, t in turns.items()}  # the first warms up
    seconds = {side: [t[0] for t in turn] for side, turn in turns.items()}
    ratios = [min(theirs) / ours for ours, *theirs in zip(*seconds.values(), strict=True)]
    figures = {
        "seconds": {side: statistics.median(s) for side, s in seconds.items()},
        "ratio": statistics.median(ratios),
        "ratios": [min(ratios), max(ratios)],
        "peak_gib": {side: turn[-1][2] for side, turn in turns.items()},
    }
    print(json.dumps(figures, indent=2))
    if FLAGS.out:
        with open(FLAGS.out, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=2)


if __name__ == "__main__":
    app.run(main)
