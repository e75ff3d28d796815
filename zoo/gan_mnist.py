"""The first GAN on MNIST: two multi-layer perceptrons, rectifiers against maxout.

Layers, dropout and batch size of the authors' published configuration at half its width,
for a small file. Three later things make a short run enough: Adam instead of hundreds of
epochs of gradient descent with momentum, batch normalization in the generator, and a light
R1 penalty. Without the last two it collapsed, and drew little else than ones, sevens and nines.
"""

import kerasgen as kg

IMAGE = (28, 28, 1)


def build(width=600, latent_dim=100, pieces=5, image_shape=IMAGE, seed=0):
    """Generator 100-width-width-784, discriminator with two layers of width/pieces maxout units."""
    model = kg.GAN(
        generator=kg.networks.mlp.generator(image_shape, latent_dim, width, norm=True),
        discriminator=kg.networks.mlp.discriminator(image_shape, width // pieces, pieces),
        penalty="r1",
        penalty_weight=0.05,
        value_range=(0.0, 1.0),
        ema=0.999,
        seed=seed,
    )
    optimizer = lambda: kg.training.FusedAdam(2e-4, beta_1=0.5)
    model.compile(g_optimizer=optimizer(), d_optimizer=optimizer(), jit_compile=True)
    return model


recipe = kg.Recipe(
    build=build,
    data="mnist",
    batch_size=100,
    epochs=28,
    tiny={"width": 10, "latent_dim": 8},
    family="gan",
    evaluator="lenet_mnist",
    value_range=(0.0, 1.0),
    reference=kg.Reference(
        "Goodfellow et al. (2014)", "1406.2661",
        metric="Parzen-window log-likelihood on MNIST test", value="225 +- 2 nats",
    ),
)  # fmt: skip
