"""PixelSNAIL on the fixed binarization of MNIST, drawn in blocks of 2x2 pixels: convolutions and attention.

The network is that of Chen et al. (2018), arXiv:1712.09763, with layer normalization before convolutions.
A block is one of 16 patterns, so that the network has 196 positions where others have 784, and attention a
sixteenth of their pairs; the product over blocks is as exact as that over pixels. Training moves some
digits by up to one pixel and tells the network by how many; scored and drawn is the network told none. With
that, dropout and averaged weights the 50,000 fixed images are not soon known by heart. Train it with
`--dtype mixed_bfloat16` where the processor has that type.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import gated_pixelcnn_binarized_mnist as gated

BATCH, EPOCHS = 128, 90
STEPS = gated.steps(BATCH, EPOCHS)
BLOCK, SHIFTS = 2, 1
GRID = (14, 14, BLOCK**2)


def build(width=80, blocks=4, convolutions=2, heads=1, hidden=128, dropout=0.15, decay_steps=STEPS, seed=0):
    """16 logits for each block."""
    size = {"width": width, "blocks": blocks, "convolutions": convolutions, "heads": heads, "hidden": hidden}
    told = {"dropout": dropout, "num_classes": (2 * SHIFTS + 1) ** 2}
    network = kg.networks.pixelsnail.pixelsnail(GRID, 2**BLOCK**2, **size, **told)
    options = {"likelihood": "bit_patterns", "block": BLOCK, "shifts": SHIFTS}
    return gated.compiled(network, decay_steps, seed, rate=2e-3, **options)


recipe = dataclasses.replace(
    gated.recipe,
    build=build,
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 2, "blocks": 1, "convolutions": 1, "hidden": 2},
    reference=kg.Reference(
        "Gulrajani et al. (2017)", "1611.05013",
        metric=f"{gated.NLL}, the lowest published, of a gated PixelVAE", value="79.02 nats", checked=True,
    ),
)  # fmt: skip
