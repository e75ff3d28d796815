"""A plain GAN on a ring of eight Gaussians: the case in which mode collapse was first drawn.

Perceptrons after those of PacGAN's laboratory, smaller: rectifiers against maxout. Nothing holds the game
together here but a rate that falls to zero; docs/collapse.md has what else does.
"""

import kerasgen as kg

BATCH, EPOCHS = 100, 72
STEPS = EPOCHS * (50_000 // BATCH)


def build(
    latent_dim=2,
    width=128,
    depth=3,
    units=64,
    pieces=3,
    packing=1,
    rate=2e-3,
    gamma=0.02,
    dim=2,
    decay_steps=STEPS,
    seed=0,
    **options,
):
    """Two perceptrons, and a rate that falls to zero along half a cosine; `options` are those of `GAN`.

    The weight of a penalty falls from `gamma` to a tenth: firm at first, then out of the way of sharp modes.
    """
    import keras

    networks = kg.networks.mlp
    generator = networks.generator((dim,), latent_dim, width, depth, activation="linear", kernel="glorot")
    judged = (dim * packing,)
    discriminator = networks.discriminator(judged, units, pieces, depth - 1, (0.0, 0.0), kernel="glorot")
    weight = keras.optimizers.schedules.CosineDecay(gamma, decay_steps, alpha=0.1)
    told = {"packing": packing, "penalty_weight": weight, "ema": 0.999, "seed": seed} | options
    model = kg.GAN(generator, discriminator, value_range=None, **told)
    adam = lambda: kg.training.decaying_adam(rate, decay_steps, beta_1=0.5)
    model.compile(adam(), adam(), jit_compile=True, steps_per_execution=25)
    return model


recipe = kg.Recipe(
    build=build,
    data="ring",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 8, "units": 4, "pieces": 2},
    family="gan",
    value_range=None,
    reference=kg.Reference(
        "Goodfellow et al. (2014)", "1406.2661",
        metric="modes of 8 in Table 1 of PacGAN (Lin et al., 2018)", value="6.3 +- 0.5", checked=True,
    ),
)  # fmt: skip
