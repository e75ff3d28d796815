"""Neural spline flow on the pinwheel: five bent arms, by couplings whose functions are splines."""

import kerasgen as kg

BATCH, EPOCHS = 500, 200


def build(width=64, depth=2, couplings=4, bins=8, seed=0):
    """Rational-quadratic couplings of one coordinate, then of the other, on [-3, 3]."""
    b, parts = kg.bijectors, []
    spline = b.RationalQuadratic(bins, 3.0)
    for i in range(couplings):
        network = kg.networks.flows.perceptron((2,), spline.parameters, width, depth)
        parts.append(b.Coupling(spline, network, flip=bool(i % 2)))
    model = kg.Flow(b.Chain(parts), (2,), ema=0.999, seed=seed)
    model.compile(kg.training.decaying_adam(2e-3, EPOCHS * (50_000 // BATCH)), jit_compile=True)
    return model


recipe = kg.Recipe(
    build=build,
    data="pinwheel",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 4, "depth": 1, "couplings": 2, "bins": 3},
    family="flow",
    likelihood="exact",
    value_range=None,
    reference=kg.Reference("Durkan et al. (2019)", "1906.04032"),
)
