"""Diagonal BiLSTM on the fixed binarization of MNIST: memory that crosses the image from both corners.

Seven layers of 16 units, as that of the published figure, with residual connections. Dropout, averaged
weights and what each feature is told of its row and column are later than the paper.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import gated_pixelcnn_binarized_mnist as gated

BATCH, EPOCHS = 64, 25
STEPS = gated.steps(BATCH, EPOCHS)


def build(units=(16,) * 7, width=32, hidden=64, dropout=0.1, decay_steps=STEPS, seed=0):
    """A logit for each pixel."""
    size = {"units": units, "width": width, "hidden": hidden, "dropout": dropout}
    return gated.compiled(kg.networks.pixelrnn.diagonal_bilstm(gated.IMAGE, **size), decay_steps, seed)


recipe = dataclasses.replace(
    gated.recipe,
    build=build,
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"units": (2,), "width": 2, "hidden": 2},
    reference=kg.Reference(
        "van den Oord et al. (2016)", "1601.06759",
        metric=f"{gated.NLL}, seven layers of 16 units", value="79.20 nats",
    ),
)  # fmt: skip
