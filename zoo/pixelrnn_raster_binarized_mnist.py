"""An LSTM that reads binarized digits like a text of 784 words, on the fixed binarization of MNIST.

It reads the last 28 pixels and the position that comes next, and knows nothing else of the plane: what
geometry is worth is the distance to the other recurrent entries. The published figure beside it is of an
LSTM trained by professor forcing.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import gated_pixelcnn_binarized_mnist as gated

BATCH, EPOCHS = 256, 12
STEPS = gated.steps(BATCH, EPOCHS)


def build(units=192, context=28, width=4, hidden=64, dropout=0.1, decay_steps=STEPS, seed=0):
    """A logit for each pixel; `context` 1 reads the last pixel alone."""
    size = {"units": units, "context": context, "width": width, "hidden": hidden, "dropout": dropout}
    return gated.compiled(kg.networks.pixelrnn.raster_lstm(gated.IMAGE, **size), decay_steps, seed)


recipe = dataclasses.replace(
    gated.recipe,
    build=build,
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"units": 2, "context": 2, "width": 2, "hidden": 2},
    reference=kg.Reference(
        "Goyal et al. (2016)", "1610.09038", metric=gated.NLL, value="79.58 nats"
    ),
)  # fmt: skip
