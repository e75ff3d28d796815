"""VAE on Fashion-MNIST: 28x28 grey clothes to 20 numbers and back, under normal laws of one width.

The networks of `vae_mnist`. Clothes are greyer than digits, and bits drawn from them would be
noise; here a pixel is normal about the decoder's output, and the standard deviation, one number
for all pixels, is learned with everything else: it balances distortion and rate without
a beta (Rybkin et al., 2021, arXiv:2006.13202).
"""

import kerasgen as kg

IMAGE = (28, 28, 1)
BATCH, EPOCHS = 128, 60
MEAN = 0.286  # of a pixel, over the training images: where the decoder's bias begins


def build(width=32, latent_dim=20, hidden=256, seed=0):
    """Adam with a learning rate that falls to zero along half a cosine; averaged weights."""
    from keras import optimizers

    networks = kg.networks.variational
    size = {"latent_dim": latent_dim, "width": width, "hidden": hidden}
    model = kg.VAE(
        encoder=networks.conv_encoder(IMAGE, **size),
        decoder=networks.conv_decoder(IMAGE, bias=MEAN, log_scale=-1.0, **size),
        likelihood="gaussian",
        ema=0.999,
        seed=seed,
    )
    rate = optimizers.schedules.CosineDecay(1e-3, EPOCHS * (60_000 // BATCH))
    model.compile(optimizers.Adam(rate), jit_compile=False)  # XLA takes a tenth longer here
    return model


recipe = kg.Recipe(
    build=build,
    data="fashion_mnist",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 2, "latent_dim": 4, "hidden": 8},
    family="vae",
    likelihood="bound",
    evaluator="lenet_fashion_mnist",
    value_range=(0.0, 1.0),
    reference=kg.Reference(
        "Kingma & Welling (2014)", "1312.6114",
        metric="FID of a VAE on Fashion-MNIST, ImageNet Inception (Lucic et al., 2018)", value="58.7 +- 1.2",
    ),
)  # fmt: skip
