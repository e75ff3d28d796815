"""AC-GAN on Fashion-MNIST: the discriminator is not told the class, it names it.

`dcgan_fashion_mnist` whose discriminator has a second output, the class, for which both players are rewarded.
What cannot be told apart is then drawn less: classes come out purer, and narrower, than in the data.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import dcgan_fashion_mnist, dcgan_mnist

IMAGE, CLASSES, EPOCHS = dcgan_mnist.IMAGE, 10, 30


def build(
    width=32,
    depth=3,
    latent_dim=64,
    rate=4e-3,
    weight=0.5,
    image_shape=IMAGE,
    num_classes=CLASSES,
    decay_steps=EPOCHS * dcgan_mnist.STEPS,
    seed=0,
    **options,
):
    """`weight` is that of the cross-entropy of classes, 1 in the paper; `options` are those of `GAN`."""
    dcgan = kg.networks.dcgan
    model = kg.GAN(
        generator=dcgan.generator(image_shape, latent_dim, width, depth, num_classes=num_classes),
        discriminator=dcgan.discriminator(
            image_shape, width, depth, num_classes=num_classes, condition="classes"
        ),
        condition=num_classes,
        auxiliary_weight=weight,
        seed=seed,
        **dcgan_mnist.HELD | options,
    )
    return dcgan_mnist.compiled(model, rate, decay_steps)


recipe = dataclasses.replace(
    dcgan_fashion_mnist.recipe,
    build=build,
    epochs=EPOCHS,
    condition="label",
    reference=kg.Reference("Odena et al. (2017)", "1610.09585"),
)
