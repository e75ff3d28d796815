"""VQ-VAE on MNIST with an autoregressive prior: the codes of `vqvae_mnist`, drawn one after the other.

Encoder, codebook and decoder are those of `vqvae_mnist` and stand still; a PixelSNAIL learns how the 49
codes of a digit follow one another. Its loss is -log p(codes) in nats, which over log 2 are the bits that a
digit's codes cost; `factorized` is what they cost cell by cell.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import vqvae_mnist

BATCH, EPOCHS = 128, 60
GRID = (7, 7)


def build(
    width=64,
    blocks=3,
    convolutions=2,
    hidden=128,
    dropout=0.2,
    decay_steps=EPOCHS * (60_000 // BATCH),
    seed=0,
    size=None,
):
    """The autoencoder has the weights of `vqvae_mnist`, unless a `size` of its own is given."""
    first = kg.load("vqvae_mnist") if size is None else vqvae_mnist.build(**size)
    codes = first.num_embeddings
    shape = {"width": width, "blocks": blocks, "convolutions": convolutions, "hidden": hidden, "heads": 2}
    prior = kg.networks.pixelsnail.pixelsnail(GRID, codes, **shape, dropout=dropout, vocabulary=codes)
    model = kg.VQVAE(first.encoder, first.decoder, codes, ema=0.999, seed=seed, prior=prior)
    for network in model.components()["codebook"]:
        network.set_weights(first.codebook.get_weights())
    model.compile(kg.training.decaying_adam(2e-3, decay_steps, global_clipnorm=1.0), jit_compile=False)
    return model


recipe = dataclasses.replace(
    vqvae_mnist.recipe,
    build=build,
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 2, "blocks": 1, "convolutions": 1, "hidden": 2, "size": vqvae_mnist.recipe.tiny},
)
