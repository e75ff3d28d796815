"""LeNet on drawn faces: the color of the eyes, one of eleven, as the tags of the crawled set have it.

It judges the second half of what a caption asked for; `lenet_anime_hair` judges the first. Tags come from a
program and are wrong at times. The faces were crawled from the web and their artists not asked: for research
only.
"""

import dataclasses
import functools

from kerasgen.zoo import lenet_anime_hair

recipe = dataclasses.replace(
    lenet_anime_hair.recipe,
    build=functools.partial(lenet_anime_hair.recipe.build, num_classes=11),
    data="anime_eyes",
)
