"""Diffusion on Fashion-MNIST: grey clothes out of noise, each kind asked for by its label.

The network and the training of `ddpm_mnist`.
"""

import dataclasses

from kerasgen.zoo import ddpm_mnist

recipe = dataclasses.replace(
    ddpm_mnist.recipe, data="fashion_mnist", evaluator="lenet_fashion_mnist", curve=None
)
