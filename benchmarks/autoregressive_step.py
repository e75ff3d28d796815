"""One train step of an autoregressive entry here and in PyTorch: the same network, batch and optimizer.

    pip install -e '.[bench]' && python benchmarks/autoregressive_step.py --network gated

Adam with clipped gradients and an average of the weights on either side. Prints the median time of a step,
the ratio to the best of PyTorch's ways (memory layouts, and `torch.compile` where a C++ compiler is there: of
the whole network, or of the cell of the recurrent one), and the share of the machine's own matrix-product
peak that a step reaches.
"""

import os
import shutil

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import autoregressive_peers as peers
import numpy as np
import tensorflow as tf
import torch
import torch.nn.functional as F
import turns

from kerasgen import registry

ENTRIES = {"gated": "gated_pixelcnn_binarized_mnist", "diagonal": "pixelrnn_diagonal_binarized_mnist"}


def torch_step(network, batch, last=False, compiled=False):
    """A function that takes one step, and the number of trainable numbers."""
    x = torch.bernoulli(torch.full((batch, 1, peers.SIDE, peers.SIDE), 0.13))
    if last:
        network, x = (part.to(memory_format=torch.channels_last) for part in (network, x))
    weights = list(network.parameters())
    optimizer = torch.optim.Adam(weights, 1e-3)
    average = [p.detach().clone() for p in weights]
    forward = torch.compile(network) if compiled else network

    def step():
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(forward(x), x, reduction="sum") / batch
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        torch._foreach_lerp_(average, [p.detach() for p in weights], 0.001)

    return step, sum(p.numel() for p in weights)


def torch_steps(name, batch):
    """{way: step}, and the number of trainable numbers."""
    compilers = [False, True] if shutil.which("g++") else [False]
    if name == "gated":
        ways = [(last, compiled) for last in (False, True) for compiled in compilers]
        made = {way: torch_step(peers.GatedPixelCNN(), batch, *way) for way in ways}
        names = {way: "torch" + ", channels_last" * way[0] + ", compiled" * way[1] for way in ways}
    else:
        made = {way: torch_step(peers.DiagonalPixelRNN(compiled=way), batch) for way in compilers}
        names = {way: "torch" + ", compiled cell" * way for way in compilers}
    return {names[way]: step for way, (step, _) in made.items()}, next(iter(made.values()))[1]


def keras_step(name, batch, jit_compile=False):
    """The same with `train_step`, as `fit` compiles it."""
    model = registry.build(ENTRIES[name])
    x = tf.cast(tf.random.uniform((batch, peers.SIDE, peers.SIDE, 1)) < 0.13, "float32")
    function = tf.function(model.train_step, jit_compile=jit_compile, autograph=False)

    def step():
        function(x)["loss"].numpy()  # waits for the step

    return step, model


def step_flops(model, batch):
    """Floating-point operations of a step's matrix products: every weight at every pixel, thrice."""
    weights = sum(int(np.prod(w.shape)) for w in model.network.trainable_weights if len(w.shape) > 1)
    return 6 * batch * peers.SIDE**2 * weights


def main():
    parser = turns.options(__doc__)
    parser.add_argument("--network", choices=ENTRIES, default="gated")
    parser.add_argument("--batch", type=int, default=64)
    args = parser.parse_args()
    plain, model = keras_step(args.network, args.batch)
    theirs, torch_count = torch_steps(args.network, args.batch)
    count = turns.count(model)
    assert count == torch_count, (count, torch_count)
    turns.compare(
        args, {"kerasgen": plain}, theirs, args.batch, step_flops(model, args.batch), parameters=count
    )


if __name__ == "__main__":
    main()
