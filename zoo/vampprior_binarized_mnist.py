"""Two stochastic layers under a VampPrior on the fixed binarization of MNIST, by convolutions.

The prior of the upper layer is a mixture of the encoder's own distributions at 500 learned pseudo-inputs.
The published figure beside it is of gated perceptrons. Samples are bits, as the data are.
"""

import dataclasses
import functools

import kerasgen as kg
from kerasgen.zoo import hvae_binarized_mnist as hvae

recipe = dataclasses.replace(
    hvae.recipe,
    build=functools.partial(hvae.build, pseudo_inputs=500),
    tiny=hvae.recipe.tiny | {"pseudo_inputs": 3},
    reference=kg.Reference(
        "Tomczak & Welling (2018)", "1705.07120",
        metric="negative log-likelihood on the test set, two layers of perceptrons", value="83.19 nats",
    ),
)  # fmt: skip
