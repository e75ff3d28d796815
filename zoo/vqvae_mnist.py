"""VQ-VAE on MNIST: 28x28 gray digits to 7x7 integers and back.

Two levels of strided convolutions and two residual blocks as in the paper, with 64 filters instead of
256 and a book of 128 codes instead of 512: a digit becomes 49 of them, at most 343 bits. The codes of
a sample are drawn for each cell by itself, from how often the cell had them: strokes without a plan.
What such an autoencoder is for, codes for a stronger prior, is `encode` and `decode`.
"""

import kerasgen as kg

IMAGE = (28, 28, 1)
BATCH, EPOCHS = 128, 20


def build(
    width=64,
    latent_dim=32,
    num_embeddings=128,
    image_shape=IMAGE,
    decay_steps=EPOCHS * (60_000 // BATCH),
    seed=0,
):
    """Adam with a rate that falls to zero along half a cosine."""
    networks = kg.networks.vqvae
    model = kg.VQVAE(
        encoder=networks.encoder(image_shape, latent_dim, width),
        decoder=networks.decoder(image_shape, latent_dim, width),
        num_embeddings=num_embeddings,
        seed=seed,
    )
    # XLA takes half as long again.
    model.compile(kg.training.decaying_adam(1e-3, decay_steps), jit_compile=False)
    return model


recipe = kg.Recipe(
    build=build,
    data="mnist",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 4, "latent_dim": 2, "num_embeddings": 8},
    family="vae",
    evaluator="lenet_mnist",
    reference=kg.Reference("van den Oord et al. (2017)", "1711.00937"),
)
