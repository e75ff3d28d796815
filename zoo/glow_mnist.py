"""Glow on MNIST: learned 1x1 convolutions between affine couplings, a learned prior of what is factored out.

The networks of `realnvp_mnist` without the checkerboards. The noise that makes gray levels continuous is
learned, too (variational dequantization, Flow++), which the paper does not have.
"""

import dataclasses
import functools

import kerasgen as kg
from kerasgen.zoo import realnvp_mnist

glow = {"mixing": "InvertibleLinear", "couplings": (0, 6, 6), "prior_width": 32, "noise_width": 16}

recipe = dataclasses.replace(
    realnvp_mnist.recipe,
    build=functools.partial(realnvp_mnist.build, **glow),
    tiny={"widths": (2, 2, 2), "couplings": (0, 1, 1), "prior_width": 2, "noise_width": 2},
    reference=kg.Reference(
        "Kingma & Dhariwal (2018)", "1807.03039",
        metric="MNIST, 8 bits (Grathwohl et al., 2019)", value="1.05 bits a pixel",
    ),
)  # fmt: skip
