"""Importance-weighted autoencoder on the fixed binarisation of MNIST: the bound of 50 draws.

The networks are those of `vae_binarized_mnist`; only the bound differs.
"""

import dataclasses
import functools

import kerasgen as kg
from kerasgen.zoo import vae_binarized_mnist

EPOCHS = 100
build = functools.partial(vae_binarized_mnist.build, num_samples=50, bound="importance", epochs=EPOCHS)

recipe = dataclasses.replace(
    vae_binarized_mnist.recipe,
    build=build,
    epochs=EPOCHS,
    tiny=vae_binarized_mnist.recipe.tiny | {"num_samples": 3},
    reference=kg.Reference(
        "Burda et al. (2016)", "1509.00519",
        metric="negative log-likelihood on the test set, k = 5,000", value="87.10 nats",
    ),
)  # fmt: skip
