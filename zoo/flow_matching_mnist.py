"""Flow matching on MNIST: digits carried from noise along nearly straight lines, by their labels.

The training of `ddpm_mnist`, on a network with two thirds of its channels, with another question: the
velocity along the line from a digit to noise. Heun's rule follows it in five steps, nine evaluations with the
label and nine without.
"""

import dataclasses
import functools

import kerasgen as kg
from kerasgen.zoo import ddpm_mnist

recipe = dataclasses.replace(
    ddpm_mnist.recipe,
    build=functools.partial(
        ddpm_mnist.build,
        "FlowMatching",
        size={"widths": (32, 64)},
        sampler="heun",
        num_steps=5,
        **ddpm_mnist.THROUGHOUT,
    ),
    likelihood="estimate",
    curve=kg.Curve(
        "evaluations of the network",
        "fid",
        {"Euler": ddpm_mnist.EVALUATIONS["DDIM"], "Heun": ddpm_mnist.EVALUATIONS["Heun"]},
    ),
    reference=kg.Reference("Lipman et al. (2023)", "2210.02747"),
)
