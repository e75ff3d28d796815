"""MADE on the fixed binarization of MNIST: a perceptron whose weights are masked to the raster order.

Two layers of 1,024 units and weights from every pixel straight to all later ones, in one order. The
published figure beside it is of one layer of 8,000 units, whose weights would be 25 MB in half precision.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import gated_pixelcnn_binarized_mnist as gated

BATCH, EPOCHS = 128, 100
STEPS = gated.steps(BATCH, EPOCHS)


def build(hidden=(1024, 1024), decay_steps=STEPS, seed=0):
    """A logit for each pixel."""
    return gated.compiled(kg.networks.made.made(gated.IMAGE, hidden=hidden), decay_steps, seed)


recipe = dataclasses.replace(
    gated.recipe,
    build=build,
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"hidden": (4, 4)},
    reference=kg.Reference(
        "Germain et al. (2015)", "1502.03509",
        metric=f"{gated.NLL}, one layer of 8,000 units, one mask", value="88.40 nats",
    ),
)  # fmt: skip
