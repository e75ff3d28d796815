"""DCGAN on Fashion-MNIST: 28x28 gray clothes from a 64-d Gaussian.

The networks and numbers of dcgan_mnist; only the data differs.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import dcgan_mnist

recipe = dataclasses.replace(
    dcgan_mnist.recipe,
    data="fashion_mnist",
    evaluator="lenet_fashion_mnist",
    reference=kg.Reference("Radford et al. (2016)", "1511.06434"),
)
