"""Masked autoregressive flow on two moons: each coordinate is shifted and scaled as the other one says.

Small enough to watch; the likelihood is exact and stands beside that of the true density, which is known.
"""

import kerasgen as kg

BATCH, EPOCHS = 500, 200


def build(width=64, depth=2, layers=8, seed=0):
    """Masked networks, the order of the coordinates reversed between them."""
    b, parts = kg.bijectors, []
    for _ in range(layers):
        network = kg.networks.flows.made(2, 2, width, depth, "tanh")
        parts += [b.ActNorm(), b.MaskedAutoregressive(b.Affine(), network), b.Permutation()]
    model = kg.Flow(b.Chain(parts), (2,), ema=0.999, seed=seed)
    model.compile(kg.training.decaying_adam(2e-3, EPOCHS * (50_000 // BATCH)), jit_compile=True)
    return model


recipe = kg.Recipe(
    build=build,
    data="moons",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 4, "depth": 1, "layers": 2},
    family="flow",
    likelihood="exact",
    value_range=None,
    reference=kg.Reference("Papamakarios et al. (2017)", "1705.07057"),
)
