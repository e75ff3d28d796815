"""SN-GAN on Fashion-MNIST: a discriminator each of whose layers stretches by at most one.

`dcgan_fashion_mnist` with every kernel of the discriminator divided by its largest singular value in place of
batch normalization, and the hinge game.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import dcgan_fashion_mnist, dcgan_mnist

IMAGE, EPOCHS = dcgan_mnist.IMAGE, 60


def build(
    width=32,
    depth=3,
    latent_dim=64,
    rate=1e-3,
    image_shape=IMAGE,
    decay_steps=EPOCHS * dcgan_mnist.STEPS,
    seed=0,
    **options,
):
    """`options` are those of `GAN`."""
    model = kg.GAN(
        generator=kg.networks.dcgan.generator(image_shape, latent_dim, width, depth),
        discriminator=kg.networks.dcgan.discriminator(
            image_shape, width, depth, norm=None, spectral=True, kernel="he"
        ),
        game="hinge",
        seed=seed,
        **{"ema": 0.999} | options,
    )
    return dcgan_mnist.compiled(model, rate, decay_steps)


recipe = dataclasses.replace(
    dcgan_fashion_mnist.recipe,
    build=build,
    epochs=EPOCHS,
    reference=kg.Reference("Miyato et al. (2018)", "1802.05957"),
)
