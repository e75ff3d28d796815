"""Importance-weighted autoencoder on the fixed binarization of MNIST: the bound of 50 draws.

The published figure beside it is of perceptrons of 200 units and one stochastic layer, trained for
3,280 epochs. Here the networks are those of `vae_binarized_mnist`, and of the 50 draws of an image one,
taken by its weight, goes back through them. Samples are bits, as the data are.
"""

import dataclasses
import functools

import kerasgen as kg
from kerasgen.zoo import vae_binarized_mnist, vae_mnist

BATCH, EPOCHS = 100, 20

recipe = dataclasses.replace(
    vae_binarized_mnist.recipe,
    build=functools.partial(
        vae_mnist.build,
        latent_dim=50,
        decay_steps=EPOCHS * (50_000 // BATCH),
        binarize=None,
        sample_mode="sample",
        bound="importance",
        num_samples=50,
        resample=True,
    ),
    epochs=EPOCHS,
    tiny=vae_mnist.recipe.tiny | {"num_samples": 3},
    reference=kg.Reference(
        "Burda et al. (2016)", "1509.00519",
        metric="negative log-likelihood on the test set, k = 5,000", value="87.10 nats",
    ),
)  # fmt: skip
