"""One train step of dcgan_mnist here and in PyTorch: the same networks, batch and algorithm.

    pip install -e '.[bench]' && python benchmarks/train_step.py

Both sides run in one process and take turns, a few steps each, so that a machine whose
speed drifts is fair to both; nothing else should be running. Prints the median time of a
step, the ratio to the better of PyTorch's two memory layouts, and the share of the
machine's own matrix-product peak (measured in the same run) that a step reaches.
"""

import argparse
import json
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
import torch
import torch.nn.functional as F
from torch import nn

from kerasgen import registry
from kerasgen.models import GAN

BATCH, WIDTH, DEPTH, LATENT, SIDE = 128, 32, 3, 64, 28
SIZES = [-(-SIDE // 2**level) for level in range(DEPTH + 1)]  # 28, 14, 7, 4


class Crop(nn.Module):
    """To the side of a level, as the generator here does."""

    def __init__(self, side):
        super().__init__()
        self.side = side

    def forward(self, x):
        return x[:, :, : self.side, : self.side]


class SamePad(nn.Module):
    """TensorFlow's "same" padding of a 4x4 convolution with stride 2."""

    def __init__(self, side):
        super().__init__()
        total = max((-(-side // 2) - 1) * 2 + 4 - side, 0)
        self.pad = (total // 2, total - total // 2) * 2

    def forward(self, x):
        return F.pad(x, self.pad)


def torch_networks():
    """The generator and discriminator of dcgan_mnist in PyTorch."""
    filters = WIDTH * 2 ** (DEPTH - 1)
    g = [nn.Linear(LATENT, SIZES[DEPTH] ** 2 * filters, bias=False)]
    g += [nn.Unflatten(1, (filters, SIZES[DEPTH], SIZES[DEPTH]))]
    for level in reversed(range(DEPTH)):
        out = WIDTH * 2 ** (level - 1) if level else 1
        g += [nn.BatchNorm2d(filters), nn.ReLU()]
        g += [nn.ConvTranspose2d(filters, out, 4, 2, 1, bias=not level)]
        g += [Crop(SIZES[level])] * (SIZES[level] % 2)
        filters = out
    d, filters = [], 1
    for level in range(DEPTH):
        out = WIDTH * 2**level
        # A convolution pads symmetrically by itself; only odd sides need a layer for it.
        odd = SIZES[level] % 2
        d += [SamePad(SIZES[level])] * odd + [nn.Conv2d(filters, out, 4, 2, 0 if odd else 1)]
        d += [nn.BatchNorm2d(out)] * bool(level) + [nn.LeakyReLU(0.2)]
        filters = out
    d += [nn.Flatten(), nn.Linear(SIZES[DEPTH] ** 2 * filters, 1)]
    return nn.Sequential(*g, nn.Tanh()), nn.Sequential(*d)


def torch_step(channels_last):
    """A function that takes one step of Algorithm 1, and the number of trainable numbers."""
    g, d = torch_networks()
    x = torch.rand(BATCH, 1, SIDE, SIDE) * 2 - 1
    if channels_last:
        g, d, x = (part.to(memory_format=torch.channels_last) for part in (g, d, x))
    g_opt, d_opt = (torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999)) for net in (g, d))
    average = [p.detach().clone() for p in [*g.parameters(), *g.buffers()] if p.is_floating_point()]

    def step():
        with torch.no_grad():
            fake = g(torch.randn(BATCH, LATENT))
        d_opt.zero_grad()
        (F.softplus(-d(x)).mean() + F.softplus(d(fake)).mean()).backward()
        d_opt.step()
        d.requires_grad_(False)
        g_opt.zero_grad()
        F.softplus(-d(g(torch.randn(BATCH, LATENT)))).mean().backward()
        g_opt.step()
        d.requires_grad_(True)
        now = [p.detach() for p in [*g.parameters(), *g.buffers()] if p.is_floating_point()]
        torch._foreach_lerp_(average, now, 0.001)

    return step, sum(p.numel() for net in (g, d) for p in net.parameters())


def keras_step(jit_compile):
    """The same with `GAN.train_step`, as `fit` compiles it; the entry's own recipe asks for XLA."""
    model: GAN = registry.build("dcgan_mnist", width=WIDTH, depth=DEPTH, latent_dim=LATENT)
    x = tf.random.uniform((BATCH, SIDE, SIDE, 1), -1, 1)
    function = tf.function(model.train_step, jit_compile=jit_compile, reduce_retracing=True)

    def step():
        function(x)["d_loss"].numpy()  # waits for the step

    count = sum(int(np.prod(w.shape)) for w in model.trainable_variables)
    return step, count, model


def step_flops(model):
    """Floating-point operations of the matrix products and convolutions of a step."""

    def forward(network):
        """Of each layer for one example, first to last."""
        costs = []
        for layer in network.layers:
            kernel = getattr(layer, "kernel", None)
            if kernel is not None:
                transposed = type(layer).__name__ == "Conv2DTranspose"
                shape = (layer.input if transposed else layer.output).shape
                positions = int(np.prod(shape[1:-1])) if len(kernel.shape) == 4 else 1
                costs.append(2 * positions * int(np.prod(kernel.shape)))
        return costs

    g, d = forward(model.generator), forward(model.discriminator)
    weights_and_inputs = lambda costs: 2 * sum(costs) - costs[0]  # no gradient for the data
    critic = sum(g) + 2 * (sum(d) + weights_and_inputs(d))
    generator = sum(g) + 2 * sum(d) + weights_and_inputs(g)
    return BATCH * (critic + generator)


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


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9, help="turns of each side (9)")
    parser.add_argument("--steps", type=int, default=5, help="steps a turn (5)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args()

    torch.set_num_threads(os.cpu_count())
    ours, count, model = keras_step(jit_compile=True)
    plain, _, _ = keras_step(jit_compile=False)
    eager, torch_count = torch_step(channels_last=False)
    last, _ = torch_step(channels_last=True)
    assert count == torch_count, (count, torch_count)
    theirs = {"torch": eager, "torch channels_last": last}
    sides = {"kerasgen": ours, "kerasgen without XLA": plain, **theirs}
    products = peaks()
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
    best = min(theirs, key=median.get)
    ratios = [other / mine for mine, other in zip(times["kerasgen"], times[best], strict=True)]
    flops = step_flops(model)
    result = {
        "ms": {name: round(median[name] * 1e3, 1) for name in sides},
        "images_per_second": {name: round(BATCH / median[name]) for name in sides},
        "best_torch": best,
        "speedup": round(statistics.median(ratios), 2),
        "speedup_range": [round(min(ratios), 2), round(max(ratios), 2)],
        "parameters": count,
        "gflop_per_step": round(flops / 1e9, 2),
        "peak_gflops": round(peak / 1e9),
        "share_of_peak": {name: round(flops / median[name] / peak, 2) for name in sides},
        "versions": {"tensorflow": tf.__version__, "torch": torch.__version__},
    }
    if args.json:
        print(json.dumps(result, indent=2))
        return
    for name in sides:
        spread = f"{min(times[name]) * 1e3:.1f} to {max(times[name]) * 1e3:.1f}"
        share = f"{result['share_of_peak'][name]:.0%} of the matrix-product peak"
        print(f"{name:20s} {median[name] * 1e3:7.1f} ms a step ({spread}), {share}")
    low, high = result["speedup_range"]
    print(f"kerasgen is {result['speedup']} times as fast as {best} ({low} to {high}, round by round)")
    print(f"{result['gflop_per_step']} GFLOP a step; peak {result['peak_gflops']} GFLOP/s")


if __name__ == "__main__":
    main()
