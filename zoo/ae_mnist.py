"""Autoencoder on MNIST: 28x28 gray digits to 20 numbers and back, by least squares.

The decoder is a generator as soon as it is given codes. Those of a standard normal distribution are not the
ones that it knows; those of a mixture of ten Gaussians, fitted to the codes of the training
images, are.
"""

import kerasgen as kg

IMAGE = (28, 28, 1)
BATCH, EPOCHS = 128, 40


def build(
    width=32,
    latent_dim=20,
    hidden=256,
    components=10,
    memory=10_000,
    fit_every=500,
    image_shape=IMAGE,
    decay_steps=EPOCHS * (60_000 // BATCH),
    seed=0,
):
    """Adam with a rate that falls to zero along half a cosine."""
    import keras

    networks = kg.networks.vae
    encoder = networks.conv_encoder(image_shape, latent_dim, width, hidden=hidden)
    model = kg.Autoencoder(
        encoder=keras.Model(encoder.input, encoder.outputs[0], name="encoder"),
        decoder=networks.conv_decoder(image_shape, latent_dim, width, hidden=hidden),
        components=components,
        memory=memory,
        fit_every=fit_every,
        ema=0.999,
        seed=seed,
    )
    model.compile(kg.training.decaying_adam(1e-3, decay_steps), jit_compile=False)
    return model


recipe = kg.Recipe(
    build=build,
    data="mnist",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 2, "latent_dim": 4, "hidden": 8, "components": 2, "memory": 60, "fit_every": 2},
    family="vae",
    evaluator="lenet_mnist",
    value_range=(0.0, 1.0),
    variants={"normal_codes": {"codes": "normal"}},
    reference=kg.Reference(
        "Ghosh et al. (2020)", "1903.12436",
        metric="FID of an autoencoder on MNIST, ImageNet Inception, codes of one Gaussian and of a mixture",
        value="58.73 and 10.66",
    ),
)  # fmt: skip
