"""Faces of 64x64 pixels out of 100 numbers: DCGAN as the lectures have it, on drawn faces.

Four levels as in the paper, 100 numbers from a Gaussian. Real and generated faces are mirrored, moved and
recolored before the discriminator sees them, since there are only 10,293 of them. They were crawled from the
web and their artists not asked: these weights are for research only.
"""

import kerasgen as kg

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
    model = kg.GAN(
        generator=kg.networks.dcgan.generator(image_shape, latent_dim, width, depth),
        discriminator=kg.networks.dcgan.discriminator(image_shape, width, depth),
        seed=seed,
        **{"ema": 0.999, "augmentation": kg.layers.augmentation.Augmentation(KINDS)} | options,
    )
    optimizer = lambda: kg.training.decaying_adam(rate, decay_steps, beta_1=0.5)
    model.compile(
        g_optimizer=optimizer(), d_optimizer=optimizer(), jit_compile=kg.ops.processor.xla_is_faster()
    )
    return model


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
