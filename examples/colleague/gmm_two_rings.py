"""Mixture of 24 Gaussians on two circles: an entry in one file, `zoo/gmm_two_rings.py`.

Each covers a piece of an arc; where arcs are bent, the mixture is thicker than the data.
"""

import kerasgen as kg


def build(components=24, seed=0):
    """Means on the plane, each with a full covariance, fitted by EM."""
    model = kg.GaussianMixture((2,), components, covariance="full", seed=seed)
    model.compile()
    return model


recipe = kg.Recipe(
    build=build,
    data="two_rings",
    batch_size=20_000,
    epochs=30,
    tiny={"components": 3},
    family="mixture",
    likelihood="exact",
    value_range=None,
    reference=kg.Reference("Dempster et al. (1977)", "doi:10.1111/j.2517-6161.1977.tb01600.x"),
)
