"""PCA on MNIST: 28x28 gray digits to 20 numbers and back, by one eigenvalue decomposition.

The linear model beside which autoencoders with as many numbers are to be seen. Probabilistic, so
that it has a density and samples: a digit is the mean, 20 directions with normal weights, and one
variance for what is left. Samples leave the last out.
"""

import kerasgen as kg

IMAGE = (28, 28, 1)


def build(latent_dim=20, image_shape=IMAGE, seed=0):
    """One step on the whole training split is the solution."""
    model = kg.PCA(image_shape, latent_dim, seed=seed)
    model.compile()
    return model


recipe = kg.Recipe(
    build=build,
    data="mnist",
    batch_size=60_000,
    epochs=1,
    tiny={"latent_dim": 4},
    family="linear",
    likelihood="exact",
    evaluator="lenet_mnist",
    value_range=(0.0, 1.0),
    reference=kg.Reference("Tipping & Bishop (1999)", "doi:10.1111/1467-9868.00196"),
)
