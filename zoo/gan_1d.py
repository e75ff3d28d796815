"""A GAN on a line: a normal distribution from another, by perceptrons of 32 units.

Small enough for everything to be drawn: both densities, and the discriminator beside p / (p + q), which it
would be if it were the best one. So that it stays near that, it takes two steps, ten times as long, for each
of the generator. See docs/gan_theory.md.
"""

import kerasgen as kg

BATCH, EPOCHS = 1000, 80


def build(width=32, g_rate=5e-4, d_rate=5e-3, dim=1, decay_steps=EPOCHS * (50_000 // BATCH), seed=0):
    """The first game, with an average of the generator and rates that fall to zero along half a cosine."""
    networks = kg.networks.mlp
    model = kg.GAN(
        networks.generator((dim,), dim, width, depth=2, activation="linear", kernel="glorot"),
        networks.discriminator((dim,), width, pieces=2, depth=2, dropout=(0.0, 0.0), kernel="glorot"),
        critic_steps=2,
        value_range=None,
        ema=0.999,
        seed=seed,
    )
    adam = lambda rate: kg.training.decaying_adam(rate, decay_steps, beta_1=0.5)
    model.compile(adam(g_rate), adam(d_rate), jit_compile=True, steps_per_execution=50)
    return model


recipe = kg.Recipe(
    build=build,
    data="gaussian_1d",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 4},
    family="gan",
    value_range=None,
    reference=kg.Reference("Goodfellow et al. (2014)", "1406.2661"),
)
