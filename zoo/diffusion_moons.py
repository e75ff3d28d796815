"""Diffusion on two moons: points of the plane from noise, by a perceptron.

Small enough to watch: a minute of training, twenty evaluations a sample, and a likelihood by the
probability-flow ODE that can be compared with the picture.
"""

import kerasgen as kg

BATCH, EPOCHS = 500, 200


def build(width=128, depth=3, dim=2, decay_steps=EPOCHS * (50_000 // BATCH), seed=0):
    """Adam with a rate that falls to zero along half a cosine."""
    network = kg.networks.mlp.denoiser(dim, width, depth)
    model = kg.Diffusion(network, value_range=None, spacing=2.0, ema=0.999, seed=seed)
    model.compile(kg.training.decaying_adam(2e-3, decay_steps), jit_compile=True)
    return model


recipe = kg.Recipe(
    build=build,
    data="moons",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 8, "depth": 1},
    family="diffusion",
    likelihood="estimate",
    value_range=None,
    reference=kg.Reference("Ho et al. (2020)", "2006.11239"),
)
