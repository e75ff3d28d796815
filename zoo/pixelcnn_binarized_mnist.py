"""PixelCNN on the fixed binarization of MNIST: masked convolutions in fifteen residual blocks.

The layers and sizes of the paper. Pixels to the right of the one above are in its blind spot;
`gated_pixelcnn_binarized_mnist` has none. Dropout, averaged weights and what each feature is told of its
row and column are later than the paper.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import gated_pixelcnn_binarized_mnist as gated

BATCH, EPOCHS = 128, 60
STEPS = gated.steps(BATCH, EPOCHS)


def build(width=16, blocks=15, hidden=32, dropout=0.1, decay_steps=STEPS, seed=0):
    """A logit for each pixel."""
    size = {"width": width, "blocks": blocks, "hidden": hidden, "dropout": dropout}
    return gated.compiled(kg.networks.pixelcnn.pixelcnn(gated.IMAGE, **size), decay_steps, seed)


recipe = dataclasses.replace(
    gated.recipe,
    build=build,
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 2, "blocks": 1, "hidden": 2},
    reference=kg.Reference("van den Oord et al. (2016)", "1601.06759", metric=gated.NLL, value="81.30 nats"),
)
