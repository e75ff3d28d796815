"""Diffusion on Fashion-MNIST: gray clothes out of noise, each kind asked for by its label.

The training of `ddpm_mnist`, and its network with two thirds of the channels.
"""

import dataclasses
import functools

from kerasgen.zoo import ddpm_mnist

recipe = dataclasses.replace(
    ddpm_mnist.recipe,
    build=functools.partial(
        ddpm_mnist.build, size={"widths": (32, 64)}, num_steps=10, **ddpm_mnist.THROUGHOUT
    ),
    data="fashion_mnist",
    evaluator="lenet_fashion_mnist",
    curve=None,
)
