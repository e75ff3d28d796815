"""VAE with one stochastic layer on the fixed binarisation of MNIST, by convolutions.

The published figure beside it is of perceptrons of 200 units trained for 3,280 epochs; two
levels of convolutions on either side overfit the 50,000 fixed images less, and reach it in 40.
The weights are averaged. Samples are bits, as the data are.
"""

import kerasgen as kg

IMAGE = (28, 28, 1)
BATCH, EPOCHS = 100, 40
LOG_ODDS = -1.9  # of a pixel, over the training images: where the decoder's bias begins


def build(width=32, latent_dim=50, hidden=256, seed=0):
    """Adam with a learning rate that falls to zero along half a cosine."""
    from keras import optimizers

    networks = kg.networks.variational
    size = {"latent_dim": latent_dim, "width": width, "hidden": hidden}
    model = kg.VAE(
        encoder=networks.conv_encoder(IMAGE, **size),
        decoder=networks.conv_decoder(IMAGE, bias=LOG_ODDS, **size),
        pixels="sample",
        ema=0.999,
        seed=seed,
    )
    rate = optimizers.schedules.CosineDecay(1e-3, EPOCHS * (50_000 // BATCH))
    model.compile(optimizers.Adam(rate), jit_compile=False)  # XLA takes a tenth longer here
    return model


recipe = kg.Recipe(
    build=build,
    data="binarized_mnist",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 2, "latent_dim": 4, "hidden": 8},
    family="vae",
    likelihood="bound",
    evaluator="lenet_mnist",
    value_range=(0.0, 1.0),
    reference=kg.Reference(
        "Burda et al. (2016)", "1509.00519",
        metric="negative log-likelihood on the test set, k = 5,000", value="88.71 nats",
    ),
)  # fmt: skip
