"""R3GAN on Fashion-MNIST: pairs of a real and a generated image, and two penalties on the slope.

Residual networks without normalization. The discriminator says which of two is the real one, so that it
cannot rest where one generated image convinces it; its gradient is drawn to 0 at both, in every fourth
step.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import dcgan_fashion_mnist

IMAGE = (28, 28, 1)
BATCH, EPOCHS = 64, 30
STEPS = 60_000 // BATCH


def build(
    widths=(96, 48, 24),
    latent_dim=64,
    rate=1e-3,
    gamma=0.05,
    image_shape=IMAGE,
    decay_steps=EPOCHS * STEPS,
    seed=0,
    **options,
):
    """The weight of the penalties, gamma / 2 in the paper, falls to a tenth; `options` are those of `GAN`."""
    import keras

    weight = keras.optimizers.schedules.CosineDecay(gamma, decay_steps, alpha=0.1)
    model = kg.GAN(
        kg.networks.resnet.generator(image_shape, latent_dim, widths),
        kg.networks.resnet.discriminator(image_shape, widths[::-1]),
        game="relativistic",
        penalty="r1_r2",
        seed=seed,
        **{"penalty_weight": weight, "penalty_every": 4, "ema": 0.999} | options,
    )
    adam = lambda: kg.training.decaying_adam(rate, decay_steps, beta_1=0.5, beta_2=0.99)
    model.compile(adam(), adam(), jit_compile=kg.ops.processor.xla_is_faster())
    return model


recipe = dataclasses.replace(
    dcgan_fashion_mnist.recipe,
    build=build,
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"widths": (4, 4), "latent_dim": 8},
    reference=kg.Reference("Huang et al. (2024)", "2501.05441"),
)
