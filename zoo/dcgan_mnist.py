"""DCGAN on MNIST: 28x28 grey digits from a 64-d Gaussian.

Two resolution levels instead of the paper's four, because the images are 28 pixels
wide rather than 64, and 32 filters next to the image instead of 128.
"""

import kerasgen as kg

IMAGE = (28, 28, 1)


def build(width=32, latent_dim=64, seed=0):
    """The networks of section 3 with the learning rate and momentum of section 4."""
    from keras.optimizers import Adam

    model = kg.GAN(
        generator=kg.networks.dcgan.generator(IMAGE, latent_dim, width),
        discriminator=kg.networks.dcgan.discriminator(IMAGE, width),
        ema=0.999,
        seed=seed,
    )
    model.compile(g_optimizer=Adam(2e-4, beta_1=0.5), d_optimizer=Adam(2e-4, beta_1=0.5))
    return model


recipe = kg.Recipe(
    build=build,
    data="mnist",
    batch_size=128,
    epochs=30,
    tiny={"width": 4, "latent_dim": 8},
    family="gan",
    reference=kg.Reference(
        "Radford et al. (2016)", "1511.06434",
        metric="1-NN error on MNIST test, 50,000 samples as training set", value="2.98 %",
    ),
)  # fmt: skip
