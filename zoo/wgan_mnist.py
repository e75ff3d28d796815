"""WGAN on MNIST: a critic whose weights are clipped, and a loss that is a distance.

The networks of `wgan_gp_mnist`, with batch normalization in the critic as in the paper, and RMSprop in
place of a penalty. Clipping makes a critic that is nearly linear, which is why samples are worse than those
of a penalty.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import wgan_gp_mnist

IMAGE, EPOCHS = wgan_gp_mnist.IMAGE, 40


def build(width=24, depth=3, latent_dim=64, critic_steps=3, rate=5e-4, image_shape=IMAGE, seed=0, **options):
    """Algorithm 1 with c = 0.01, and 3 critic steps for a short run; `options` are those of `GAN`."""
    import keras

    model = kg.GAN(
        generator=kg.networks.dcgan.generator(image_shape, latent_dim, width, depth),
        discriminator=kg.networks.dcgan.discriminator(image_shape, width, depth),
        game="wasserstein",
        critic_steps=critic_steps,
        seed=seed,
        **{"weight_clip": 0.01, "ema": 0.999} | options,
    )
    optimizer = lambda: keras.optimizers.RMSprop(rate)
    model.compile(
        g_optimizer=optimizer(), d_optimizer=optimizer(), jit_compile=kg.ops.processor.xla_is_faster()
    )
    return model


recipe = dataclasses.replace(
    wgan_gp_mnist.recipe,
    build=build,
    epochs=EPOCHS,
    reference=kg.Reference(
        "Arjovsky et al. (2017)", "1701.07875",
        metric="FID on MNIST, ImageNet Inception (Lucic et al., 2018)", value="6.7 +- 0.4",
    ),
)  # fmt: skip
