"""LSGAN on MNIST: the square of a logit's distance to 1 or 0 in place of a logarithm.

`dcgan_mnist` with another game. That the discriminator's answer shall be near 1 for real images and near 0
for others is what many lecture notes say of every GAN; here it is meant literally.
"""

import dataclasses
import functools

import kerasgen as kg
from kerasgen.zoo import dcgan_mnist

EPOCHS = 30

recipe = dataclasses.replace(
    dcgan_mnist.recipe,
    build=functools.partial(dcgan_mnist.build, game="least_squares", decay_steps=EPOCHS * dcgan_mnist.STEPS),
    epochs=EPOCHS,
    reference=kg.Reference(
        "Mao et al. (2017)", "1611.04076",
        metric="FID on MNIST, ImageNet Inception (Lucic et al., 2018)", value="7.8 +- 0.6",
    ),
)  # fmt: skip
