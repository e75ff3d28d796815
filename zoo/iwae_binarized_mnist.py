"""Importance-weighted autoencoder on the fixed binarisation of MNIST: the bound of 50 draws.

Networks (784-200-200-50, tanh), batch and Adam's constants are those of Burda et al. (2016),
section 5, one stochastic layer. There the learning rate falls in eight stages over 3,280
epochs; here it falls along half a cosine over fewer, and the weights are averaged. Samples
are bits, as the data are.
"""

import kerasgen as kg

IMAGE = (28, 28, 1)
BATCH, EPOCHS = 100, 250
LOG_ODDS = -1.9  # of a pixel, over the training images: where the decoder's bias begins


def build(width=200, latent_dim=50, num_samples=50, seed=0):
    """The two networks."""
    from keras import optimizers

    networks = kg.networks.variational
    model = kg.VAE(
        encoder=networks.mlp_encoder(IMAGE, latent_dim, width),
        decoder=networks.mlp_decoder(IMAGE, latent_dim, width, bias=LOG_ODDS),
        num_samples=num_samples,
        bound="importance",
        pixels="sample",
        ema=0.999,
        seed=seed,
    )
    rate = optimizers.schedules.CosineDecay(1e-3, EPOCHS * (50_000 // BATCH))
    model.compile(optimizers.Adam(rate, epsilon=1e-4), jit_compile=True)
    return model


recipe = kg.Recipe(
    build=build,
    data="binarized_mnist",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 8, "latent_dim": 4, "num_samples": 3},
    family="vae",
    likelihood="bound",
    evaluator="lenet_mnist",
    value_range=(0.0, 1.0),
    reference=kg.Reference(
        "Burda et al. (2016)", "1509.00519",
        metric="negative log-likelihood on the test set, k = 5,000", value="87.10 nats",
    ),
)  # fmt: skip
