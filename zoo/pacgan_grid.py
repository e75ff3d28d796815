"""PacGAN4 on a grid of 25 Gaussians: a discriminator that looks at four points at once.

Four points that are alike are unlike any four of the data, so that a generator that leaves modes out is found
out. The networks of gan_ring; pairs, R1 and R2 beside the packs, since in a short run packs alone did not get
sharp: docs/collapse.md has both.
"""

import dataclasses
import functools

import kerasgen as kg
from kerasgen.zoo import gan_ring

PACKING = 4

recipe = dataclasses.replace(
    gan_ring.recipe,
    build=functools.partial(gan_ring.build, packing=PACKING, game="relativistic", penalty="r1_r2"),
    data="grid",
    batch_size=PACKING * gan_ring.BATCH,
    epochs=PACKING * gan_ring.EPOCHS,
    reference=kg.Reference(
        "Lin et al. (2018)", "1712.04086",
        metric="modes of 25, and share of high quality, in Table 1", value="24.8 +- 0.2, 93.6 +- 0.6 %",
    ),
)  # fmt: skip
