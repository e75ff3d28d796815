"""DCGAN on MNIST: 28x28 gray digits from a 64-d Gaussian.

Three resolution levels (28, 14, 7, 4) instead of the paper's four, because the images are
28 pixels wide rather than 64, and 32 filters next to the image instead of 128. The generator is made of
transposed convolutions and the discriminator of convolutions; lecture notes at times exchange the two.
"""

import kerasgen as kg

IMAGE = (28, 28, 1)


def build(width=32, depth=3, latent_dim=64, image_shape=IMAGE, seed=0):
    """The networks of section 3 with the learning rate and momentum of section 4."""
    model = kg.GAN(
        generator=kg.networks.dcgan.generator(image_shape, latent_dim, width, depth),
        discriminator=kg.networks.dcgan.discriminator(image_shape, width, depth),
        ema=0.999,
        seed=seed,
    )
    optimizer = lambda: kg.training.FusedAdam(2e-4, beta_1=0.5)
    model.compile(
        g_optimizer=optimizer(), d_optimizer=optimizer(), jit_compile=kg.ops.processor.xla_is_faster()
    )
    return model


recipe = kg.Recipe(
    build=build,
    data="mnist",
    batch_size=128,
    epochs=20,
    tiny={"width": 4, "latent_dim": 8},
    family="gan",
    evaluator="lenet_mnist",
    reference=kg.Reference(
        "Radford et al. (2016)", "1511.06434",
        metric="1-NN error on MNIST test, 50,000 samples as training set", value="2.98 %",
    ),
)  # fmt: skip
