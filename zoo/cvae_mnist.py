"""Conditional VAE on MNIST: the label beside the image and beside the code.

`vae_mnist` with a one-hot label at the dense layers of both networks: `sample(16, condition=7)` draws sevens,
and 20 numbers are left for what makes one seven differ from another.
"""

import dataclasses
import functools

import kerasgen as kg
from kerasgen.zoo import vae_mnist

recipe = dataclasses.replace(
    vae_mnist.recipe,
    build=functools.partial(vae_mnist.build, num_classes=10),
    condition="label",
    reference=kg.Reference("Kingma et al. (2014), model M2", "1406.5298"),
)
