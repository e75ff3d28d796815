"""Faces of 64x64 pixels out of 100 numbers: DCGAN as the lectures have it, on drawn faces.

Four levels as in the paper, 100 numbers from a Gaussian. Real and generated faces are mirrored, moved and
recolored before the discriminator sees them, since there are only 10,293 of them. They were crawled from the
web and their artists not asked: these weights are for research only.
"""

import kerasgen as kg
from kerasgen.zoo import dcgan_mnist

IMAGE = (64, 64, 3)
BATCH, EPOCHS = 64, 80
KINDS = ("flip", "brightness", "saturation", "contrast", "translation")


def build(
    width=32,
    depth=4,
    latent_dim=100,
    rate=2e-3,
    image_shape=IMAGE,
    decay_steps=EPOCHS * (10_293 // BATCH),
    seed=0,
    **options,
):
    """The networks of section 3 at a quarter of their width; `options` are those of `GAN`."""
    options = {"augmentation": kg.layers.augmentation.Augmentation(KINDS)} | options
    return dcgan_mnist.build(width, depth, latent_dim, rate, image_shape, decay_steps, seed, **options)


recipe = kg.Recipe(
    build=build,
    data="anime_faces",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 4, "latent_dim": 8},
    family="gan",
    evaluator="lenet_anime_hair",
    reference=kg.Reference("Radford et al. (2016)", "1511.06434"),
)
