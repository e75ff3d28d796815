"""LeNet on drawn faces: the color of the hair, one of twelve, as the tags of the crawled set have it.

It judges what a text asked for in the samples of other entries. Tags come from a program and are wrong at
times. The faces were crawled from the web and their artists not asked: for research only.
"""

import dataclasses
import functools

import kerasgen as kg
from kerasgen.zoo import lenet_mnist

BATCH, EPOCHS = 64, 30

recipe = dataclasses.replace(
    lenet_mnist.recipe,
    build=functools.partial(
        lenet_mnist.build,
        image_shape=(64, 64, 3),
        num_classes=12,
        decay_steps=EPOCHS * (10_293 // BATCH),
        width=16,
        levels=3,
    ),
    data="anime_hair",
    batch_size=BATCH,
    epochs=EPOCHS,
    reference=kg.Reference("LeCun et al. (1998)", "doi:10.1109/5.726791"),
)
