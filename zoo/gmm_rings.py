"""Mixture of eight Gaussians on the ring of eight Gaussians: the points that GANs lose modes of.

The distribution has the form of the data, so that EM can reach it: what is left between the two likelihoods
is the price of 50,000 examples.
"""

import kerasgen as kg


def build(components=8, dim=2, seed=0):
    """Eight means on the plane, each with a full covariance; `dim` numbers a point."""
    model = kg.GaussianMixture((dim,), components, covariance="full", seed=seed)
    model.compile()
    return model


recipe = kg.Recipe(
    build=build,
    data="ring",
    batch_size=50_000,
    epochs=5,
    tiny={"components": 3},
    family="mixture",
    likelihood="exact",
    value_range=None,
    reference=kg.Reference("Dempster et al. (1977)", "doi:10.1111/j.2517-6161.1977.tb01600.x"),
)
