"""Row LSTM on the fixed binarization of MNIST: a row of memory cells that moves down the image.

Three layers of 32 units with residual connections; a pixel sees a triangle above it. Dropout, averaged
weights and what each feature is told of its row and column are later than the paper.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import gated_pixelcnn_binarized_mnist as gated

BATCH, EPOCHS = 64, 30
STEPS = gated.steps(BATCH, EPOCHS)


def build(units=(32, 32, 32), width=64, hidden=64, dropout=0.1, decay_steps=STEPS, seed=0):
    """A logit for each pixel."""
    size = {"units": units, "width": width, "hidden": hidden, "dropout": dropout}
    return gated.compiled(kg.networks.pixelrnn.row_lstm(gated.IMAGE, **size), decay_steps, seed)


recipe = dataclasses.replace(
    gated.recipe,
    build=build,
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"units": (2,), "width": 2, "hidden": 2},
    reference=kg.Reference("van den Oord et al. (2016)", "1601.06759", metric=gated.NLL, value="80.54 nats"),
)
