"""MADE on the fixed binarization of MNIST: a perceptron whose weights are masked to the raster order.

Two layers of 780 units and weights from every pixel straight to all later ones, in one order: 4.9 MB in half
precision. The published figure beside it is of one layer of 8,000 units, whose weights would be 25 MB.
Dropout, since the 50,000 fixed images are soon known by heart.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import gated_pixelcnn_binarized_mnist as gated

BATCH, EPOCHS = 128, 100
STEPS = gated.steps(BATCH, EPOCHS)


def build(hidden=(780, 780), dropout=0.3, decay_steps=STEPS, seed=0):
    """A logit for each pixel."""
    network = kg.networks.made.made(gated.IMAGE, hidden=hidden, dropout=dropout)
    return gated.compiled(network, decay_steps, seed)


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
