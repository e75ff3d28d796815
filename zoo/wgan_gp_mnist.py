"""WGAN-GP on MNIST: a critic kept near slope 1 by a penalty on its gradient.

The DCGAN networks of dcgan_mnist with 24 filters, and no normalization in the critic, since
the penalty is on each example's own gradient. A batch of 192 holds three minibatches of 64.
"""

import kerasgen as kg

IMAGE = (28, 28, 1)


def build(width=24, depth=3, latent_dim=64, critic_steps=3, image_shape=IMAGE, seed=0):
    """Algorithm 1 with lambda 10, but 3 critic steps and Adam(2e-4, 0.5, 0.9), for a short run."""
    model = kg.GAN(
        generator=kg.networks.dcgan.generator(image_shape, latent_dim, width, depth),
        discriminator=kg.networks.dcgan.discriminator(image_shape, width, depth, norm=None, kernel="he"),
        game="wasserstein",
        penalty="gradient_penalty",
        penalty_weight=10.0,
        critic_steps=critic_steps,
        ema=0.999,
        seed=seed,
    )
    optimizer = lambda: kg.training.FusedAdam(2e-4, beta_1=0.5, beta_2=0.9)
    model.compile(g_optimizer=optimizer(), d_optimizer=optimizer(), jit_compile=True)
    return model


recipe = kg.Recipe(
    build=build,
    data="mnist",
    batch_size=192,
    epochs=30,
    tiny={"width": 4, "latent_dim": 8, "critic_steps": 2},
    family="gan",
    evaluator="lenet_mnist",
    reference=kg.Reference(
        "Gulrajani et al. (2017)", "1704.00028",
        metric="FID on MNIST, ImageNet Inception (Lucic et al., 2018)", value="20.3 +- 5",
    ),
)  # fmt: skip
