"""Conditional GAN on MNIST: both players are told the digit.

`dcgan_mnist` with a vector of the label beside the code and, in the discriminator, projected on the features:
`sample(16, condition=7)` draws sevens.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import dcgan_mnist

IMAGE, CLASSES, EPOCHS = dcgan_mnist.IMAGE, 10, 30


def build(
    width=32,
    depth=3,
    latent_dim=64,
    rate=4e-3,
    image_shape=IMAGE,
    num_classes=CLASSES,
    decay_steps=EPOCHS * dcgan_mnist.STEPS,
    seed=0,
    **options,
):
    """Projection as in equation 4 of Miyato & Koyama (2018); `options` are those of `GAN`."""
    model = kg.GAN(
        generator=kg.networks.dcgan.generator(image_shape, latent_dim, width, depth, num_classes=num_classes),
        discriminator=kg.networks.dcgan.discriminator(image_shape, width, depth, num_classes=num_classes),
        condition=num_classes,
        seed=seed,
        **dcgan_mnist.HELD | options,
    )
    return dcgan_mnist.compiled(model, rate, decay_steps)


recipe = dataclasses.replace(
    dcgan_mnist.recipe,
    build=build,
    epochs=EPOCHS,
    condition="label",
    reference=kg.Reference(
        "Mirza & Osindero (2014)", "1411.1784",
        metric="Parzen-window log-likelihood on MNIST test", value="132 +- 1.8 nats",
    ),
)  # fmt: skip
