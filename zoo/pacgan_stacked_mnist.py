"""PacGAN4 on stacked MNIST: a discriminator that looks at four stacks at once, and a thousand modes.

DCGAN networks, a uniform code of 100 numbers, batches of 64 packs, and 26,000 samples as in the program of
the paper. For a short run half its width, an average of the generator, and a higher rate that falls to zero.
"""

import kerasgen as kg
from kerasgen.zoo import dcgan_mnist

IMAGE = (28, 28, 3)
BATCH, EPOCHS = 256, 120


def build(
    width=32,
    depth=3,
    latent_dim=100,
    packing=4,
    rate=2e-3,
    image_shape=IMAGE,
    decay_steps=EPOCHS * (60_000 // BATCH),
    seed=0,
):
    """The networks of `dcgan_mnist`, and a discriminator that reads the channels of `packing` stacks."""
    networks, (*sides, channels) = kg.networks.dcgan, image_shape
    model = kg.GAN(
        networks.generator(image_shape, latent_dim, width, depth),
        networks.discriminator((*sides, packing * channels), width, depth),
        packing=packing,
        prior="uniform",
        ema=0.999,
        seed=seed,
    )
    return dcgan_mnist.compiled(model, rate, decay_steps)


recipe = kg.Recipe(
    build=build,
    data="stacked_mnist",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 4, "latent_dim": 8, "packing": 2},
    family="gan",
    evaluator="lenet_mnist",
    reference=kg.Reference(
        "Lin et al. (2018)", "1712.04086",
        metric="modes of 1,000 and reverse KL on stacked MNIST, as quoted with R3GAN, Table 3",
        value="992 modes, KL 0.28", checked=True,
    ),
)  # fmt: skip
