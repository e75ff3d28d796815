"""One train step of vae_mnist here and in PyTorch: the same networks, batch, draws and optimizer.

    pip install -e '.[bench]' && python benchmarks/vae_step.py

Bits are drawn anew from grey pixels in every step, z from q(z | x), and both networks are averaged, on
either side. Prints the median time of a step, the ratio to the best of PyTorch's ways (two memory
layouts, with and without `torch.compile` where a C++ compiler is there), and the share of the
machine's own matrix-product peak that a step reaches.
"""

import os
import shutil

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow as tf
import torch
import torch.nn.functional as F
import turns
from torch import nn

from kerasgen import registry
from kerasgen.models import VAE

BATCH, WIDTH, LATENT, HIDDEN = 128, 32, 20, 256


def torch_networks():
    """The encoder and decoder of vae_mnist in PyTorch; sides are even, so that padding 1 is "same"."""
    encoder = nn.Sequential(
        nn.Conv2d(1, WIDTH, 4, 2, 1), nn.ReLU(),
        nn.Conv2d(WIDTH, 2 * WIDTH, 4, 2, 1), nn.ReLU(),
        nn.Flatten(), nn.Linear(49 * 2 * WIDTH, HIDDEN), nn.ReLU(),
        nn.Linear(HIDDEN, 2 * LATENT),
    )  # fmt: skip
    decoder = nn.Sequential(
        nn.Linear(LATENT, HIDDEN), nn.ReLU(),
        nn.Linear(HIDDEN, 49 * 2 * WIDTH), nn.ReLU(),
        nn.Unflatten(1, (2 * WIDTH, 7, 7)),
        nn.ConvTranspose2d(2 * WIDTH, WIDTH, 4, 2, 1), nn.ReLU(),
        nn.ConvTranspose2d(WIDTH, 1, 4, 2, 1),
    )  # fmt: skip
    return encoder, decoder


def torch_step(channels_last, compiled=False):
    """A function that takes one step of Algorithm 1, and the number of trainable numbers."""
    networks = torch_networks()
    grey = torch.rand(BATCH, 1, 28, 28)
    if channels_last:
        *networks, grey = (part.to(memory_format=torch.channels_last) for part in (*networks, grey))
    weights = [p for network in networks for p in network.parameters()]
    optimizer = torch.optim.Adam(weights, 1e-3)
    average = [p.detach().clone() for p in weights]

    def loss_of(x):
        encoder, decoder = networks
        mean, log_std = encoder(x).chunk(2, dim=1)
        logits = decoder(mean + log_std.exp() * torch.randn_like(mean))
        distortion = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        rate = 0.5 * (mean**2 + torch.expm1(2 * log_std)) - log_std
        return (distortion + rate.sum()) / BATCH

    loss_of = torch.compile(loss_of) if compiled else loss_of

    def step():
        optimizer.zero_grad()
        loss_of(torch.bernoulli(grey)).backward()
        optimizer.step()
        torch._foreach_lerp_(average, [p.detach() for p in weights], 0.001)

    return step, sum(p.numel() for p in weights)


def keras_step(jit_compile):
    """The same with `VAE.train_step`, as `fit` compiles it; the entry's own recipe asks for no XLA."""
    model: VAE = registry.build("vae_mnist", width=WIDTH, latent_dim=LATENT, hidden=HIDDEN)
    x = tf.random.uniform((BATCH, 28, 28, 1))
    function = tf.function(model.train_step, jit_compile=jit_compile, reduce_retracing=True)

    def step():
        function(x)["loss"].numpy()  # waits for the step

    return step, model


def main():
    args = turns.options(__doc__).parse_args()
    plain, model = keras_step(jit_compile=False)
    jit, _ = keras_step(jit_compile=True)
    theirs = {"torch": torch_step(False)[0], "torch channels_last": torch_step(True)[0]}
    if shutil.which("g++"):
        theirs["torch compiled"] = torch_step(False, compiled=True)[0]
        theirs["torch compiled, channels_last"] = torch_step(True, compiled=True)[0]
    count, torch_count = turns.count(model), torch_step(False)[1]
    assert count == torch_count, (count, torch_count)
    encoder, decoder = turns.costs(model.encoder), turns.costs(model.decoder)
    flops = BATCH * (3 * (sum(encoder) + sum(decoder)) - encoder[0])  # no gradient for the data
    ours = {"kerasgen": plain, "kerasgen with XLA": jit}
    turns.compare(args, ours, theirs, BATCH, flops, parameters=count)


if __name__ == "__main__":
    main()
