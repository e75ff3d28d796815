"""A three-dimensional grid of LSTMs on the fixed binarization of MNIST: rows, columns and depth.

Two blocks of 16 units, from both upper corners. No density of MNIST was published for such a grid; that of
the Diagonal BiLSTM, its nearest relative, is 80.75 nats with one layer of 32 units, and 79.20 with seven of
16.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import gated_pixelcnn_binarized_mnist as gated

BATCH, EPOCHS = 64, 15
STEPS = gated.steps(BATCH, EPOCHS)


def build(units=(16, 16), width=32, hidden=64, dropout=0.1, decay_steps=STEPS, seed=0):
    """A logit for each pixel."""
    size = {"units": units, "width": width, "hidden": hidden, "dropout": dropout}
    return gated.compiled(kg.networks.pixelrnn.grid_lstm(gated.IMAGE, **size), decay_steps, seed)


recipe = dataclasses.replace(
    gated.recipe,
    build=build,
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"units": (2,), "width": 2, "hidden": 2},
    reference=kg.Reference("Kalchbrenner et al. (2016)", "1507.01526"),
)
