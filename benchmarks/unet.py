"""The U-Net here and diffusers' UNet2DModel of the same size: a forward pass and a training step.

    pip install -e '.[bench]' && python benchmarks/unet.py [--dtype bfloat16] [--what forward]

28x28x1 images, widths 32, 64, 64, two blocks a level, no attention, batch 64; a training step is the
error of the predicted noise, its gradient, Adam and the average of the weights. The peer is
channels_last, as it is and through `torch.compile` (which needs a C++ compiler); in bfloat16
its training runs under autocast, its forward pass on bfloat16 weights. Prints medians, the ratio
of the best sides, and the share of the machine's float32 matrix-product peak.
"""

import os
import shutil

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import tensorflow as tf
import torch
import turns
from diffusers import UNet2DModel

import kerasgen as kg

BATCH, SIDE, WIDTHS, GROUPS = 64, 28, (32, 64, 64), 8


def ours(dtype, what):
    """A function that takes one step or makes one pass, and the network."""
    keras.config.set_dtype_policy("mixed_bfloat16" if dtype == "bfloat16" else "float32")
    model = kg.Diffusion(
        kg.networks.unet.unet((SIDE, SIDE, 1), WIDTHS, groups=GROUPS),
        parametrization="eps",
        ema=0.999,
        seed=0,
    )
    model.compile(kg.training.FusedAdam(1e-3), jit_compile=False)
    x, t = tf.random.normal((BATCH, SIDE, SIDE, 1)), tf.fill([BATCH], 0.5)
    train = tf.function(model.train_step, autograph=False)
    forward = tf.function(lambda: model.average([x, t]), autograph=False)
    step = (lambda: train(x)["loss"].numpy()) if what == "training" else (lambda: forward().numpy())
    return step, model.network


def theirs(dtype, what, compiled):
    """The same of the peer, and its number of trainable numbers."""
    network = UNet2DModel(
        sample_size=SIDE, in_channels=1, out_channels=1, layers_per_block=2, block_out_channels=WIDTHS,
        down_block_types=("DownBlock2D",) * 3, up_block_types=("UpBlock2D",) * 3,
        norm_num_groups=GROUPS, add_attention=False,
    ).to(memory_format=torch.channels_last)  # fmt: skip
    weights = list(network.parameters())
    half = dtype == "bfloat16"
    if half and what == "forward":
        network = network.to(torch.bfloat16)
    x = torch.randn(BATCH, 1, SIDE, SIDE).to(memory_format=torch.channels_last)
    t = torch.full((BATCH,), 500)
    run = torch.compile(network) if compiled else network
    optimizer = torch.optim.Adam(weights, 1e-3)
    average = [p.detach().clone() for p in weights]

    def forward():
        with torch.no_grad():
            return run(x.to(torch.bfloat16) if half else x, t).sample

    def training():
        eps = torch.randn_like(x)
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            loss = (run(x + eps, t).sample - eps).square().mean()
        loss.backward()
        optimizer.step()
        torch._foreach_lerp_(average, [p.detach() for p in weights], 0.001)

    return (training if what == "training" else forward), sum(p.numel() for p in weights)


def flops(network):
    """Multiplications and additions of a forward pass of one example."""
    total = 0
    for layer in network.layers:
        kernel = getattr(layer, "kernel", None)
        if kernel is not None:
            positions = layer.output.shape[1:-1] if len(kernel.shape) == 4 else ()
            total += 2 * int(tf.reduce_prod(kernel.shape)) * int(tf.reduce_prod(list(positions) or [1]))
    return total


def main():
    parser = turns.options(__doc__)
    parser.add_argument(
        "--dtype", nargs="+", default=["float32", "bfloat16"], help="of both (one after the other)"
    )
    parser.add_argument("--what", nargs="+", default=["forward", "training"], help="of both")
    args = parser.parse_args()
    for dtype in args.dtype:
        for what in args.what:
            print(f"\n{what}, {dtype}")
            step, network = ours(dtype, what)
            peers = {"diffusers": theirs(dtype, what, False)[0]}
            if shutil.which("g++"):
                peers["diffusers compiled"] = theirs(dtype, what, True)[0]
            mine, count = turns.count(network), theirs(dtype, what, False)[1]
            assert abs(mine - count) < 0.01 * count, (mine, count)  # one bias a block is spared here
            work = BATCH * flops(network) * (3 if what == "training" else 1)
            turns.compare(args, {"kerasgen": step}, peers, BATCH, work)


if __name__ == "__main__":
    main()
