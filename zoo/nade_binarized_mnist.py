"""NADE on the fixed binarization of MNIST: 500 sigmoid units that take in one pixel after the other.

The network of the published figure, trained by Adam; the sums of all 784 pixels are one cumulative sum.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import gated_pixelcnn_binarized_mnist as gated

BATCH, EPOCHS = 64, 50
STEPS = gated.steps(BATCH, EPOCHS)


def build(units=500, decay_steps=STEPS, seed=0):
    """A logit for each pixel."""
    return gated.compiled(kg.networks.made.nade(gated.IMAGE, units=units), decay_steps, seed)


recipe = dataclasses.replace(
    gated.recipe,
    build=build,
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"units": 4},
    reference=kg.Reference(
        "Larochelle & Murray (2011), Uria et al. (2016)", "1605.02226", metric=gated.NLL, value="88.33 nats"
    ),
)  # fmt: skip
