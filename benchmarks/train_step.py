"""One train step of dcgan_mnist here and in PyTorch: the same networks, batch and algorithm.

    pip install -e '.[bench]' && python benchmarks/train_step.py

Prints the median time of a step, the ratio to the better of PyTorch's two memory layouts, and the
share of the machine's own matrix-product peak (measured in the same run) that a step reaches.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow as tf
import torch
import torch.nn.functional as F
import turns
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

    return step, model


def step_flops(model):
    """Floating-point operations of the matrix products and convolutions of a step."""

    g, d = turns.costs(model.generator), turns.costs(model.discriminator)
    weights_and_inputs = lambda costs: 2 * sum(costs) - costs[0]  # no gradient for the data
    critic = sum(g) + 2 * (sum(d) + weights_and_inputs(d))
    generator = sum(g) + 2 * sum(d) + weights_and_inputs(g)
    return BATCH * (critic + generator)


def main():
    args = turns.options(__doc__).parse_args()
    compiled, model = keras_step(jit_compile=True)
    plain, _ = keras_step(jit_compile=False)
    eager, torch_count = torch_step(channels_last=False)
    last, _ = torch_step(channels_last=True)
    count = turns.count(model)
    assert count == torch_count, (count, torch_count)
    ours = {"kerasgen": compiled, "kerasgen without XLA": plain}
    theirs = {"torch": eager, "torch channels_last": last}
    turns.compare(args, ours, theirs, BATCH, step_flops(model), parameters=count)


if __name__ == "__main__":
    main()
