"""VAE/GAN on MNIST: a VAE that is judged by the features of a discriminator.

The encoder of `vae_mnist` with 16 filters, generator and discriminator of `dcgan_mnist` with 16: a
digit to 32 numbers and back. Adam with the momentum of DCGAN in the place of RMSprop, and the
non-saturating game. The discriminator learns at a tenth of the others' rate: at the same rate it
tells digits from fakes within a hundred steps, and its features then say little else.
"""

import kerasgen as kg

IMAGE = (28, 28, 1)


def build(
    width=16,
    depth=3,
    latent_dim=32,
    hidden=256,
    reconstruction_weight=0.1,
    image_shape=IMAGE,
    seed=0,
):
    """Algorithm 1, with a gamma at which both terms of the decoder's loss are a few nats."""
    networks = kg.networks
    model = kg.VAEGAN(
        encoder=networks.vae.conv_encoder(image_shape, latent_dim, width, hidden=hidden),
        decoder=networks.dcgan.generator(image_shape, latent_dim, width, depth),
        discriminator=networks.dcgan.discriminator(image_shape, width, depth),
        reconstruction_weight=reconstruction_weight,
        ema=0.999,
        seed=seed,
    )
    rates = {"e_optimizer": 1e-3, "g_optimizer": 1e-3, "d_optimizer": 1e-4}
    optimizers = {name: kg.training.FusedAdam(rate, beta_1=0.5) for name, rate in rates.items()}
    model.compile(**optimizers, jit_compile=False)  # XLA takes twice as long here
    return model


recipe = kg.Recipe(
    build=build,
    data="mnist",
    batch_size=128,
    epochs=20,
    tiny={"width": 4, "latent_dim": 8, "hidden": 8},
    family="vae",
    evaluator="lenet_mnist",
    reference=kg.Reference("Larsen et al. (2016)", "1512.09300"),
)
