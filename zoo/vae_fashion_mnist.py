"""VAE on Fashion-MNIST: 28x28 gray clothes to 20 numbers and back, under normal distributions of one width.

The networks of `vae_mnist`. Clothes are grayer than digits, and bits drawn from them would be
noise; here a pixel is normal about the decoder's output, and the standard deviation, one number
for all pixels, is learned with everything else: it balances distortion and rate without
a beta (Rybkin et al., 2021, arXiv:2006.13202).
"""

import dataclasses
import functools

import kerasgen as kg
from kerasgen.zoo import vae_mnist

MEAN = 0.286  # of a pixel, over the training images: where the decoder's bias begins

recipe = dataclasses.replace(
    vae_mnist.recipe,
    build=functools.partial(
        vae_mnist.build, bias=MEAN, log_scale=-1.0, binarize=None, likelihood="gaussian"
    ),
    data="fashion_mnist",
    evaluator="lenet_fashion_mnist",
    reference=kg.Reference(
        "Kingma & Welling (2014)", "1312.6114",
        metric="FID of a VAE on Fashion-MNIST, ImageNet Inception (Lucic et al., 2018)", value="58.7 +- 1.2",
    ),
)  # fmt: skip
