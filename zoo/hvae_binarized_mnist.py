"""VAE with two stochastic layers on the fixed binarization of MNIST, by convolutions.

Both layers have 50 numbers; the upper one also goes straight to the image. The published figure
beside it is of perceptrons with 100 and 50 numbers and the bound of 50 draws. Samples are bits,
as the data are.
"""

import kerasgen as kg

IMAGE = (28, 28, 1)
BATCH, EPOCHS = 100, 60
LOG_ODDS = -1.9  # of a pixel, over the training images: where the decoder's bias begins


def build(
    width=32,
    latent_dims=(50, 50),
    hidden=256,
    pseudo_inputs=None,
    decay_steps=EPOCHS * (50_000 // BATCH),
    warmup_steps=5000,
    image_shape=IMAGE,
    seed=0,
    **options,
):
    """`latent_dims` are those of the upper and the lower layer; `options` go to `kg.HierarchicalVAE`."""
    networks = kg.networks.vae
    upper, lower = latent_dims
    model = kg.HierarchicalVAE(
        encoder=networks.conv_encoder(image_shape, upper, width, hidden=hidden, features=True),
        posterior=networks.mlp_code([hidden, upper], lower, hidden, name="posterior"),
        prior=networks.mlp_code([upper], lower, hidden, name="prior"),
        decoder=networks.conv_decoder(image_shape, upper + lower, width, hidden=hidden, bias=LOG_ODDS),
        pseudo_inputs=pseudo_inputs and networks.pseudo_inputs(image_shape, pseudo_inputs, LOG_ODDS),
        warmup_steps=warmup_steps,
        sample_mode="sample",
        ema=0.999,
        seed=seed,
        **options,
    )
    model.compile(kg.training.decaying_adam(1e-3, decay_steps), jit_compile=False)
    return model


recipe = kg.Recipe(
    build=build,
    data="binarized_mnist",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 2, "latent_dims": (3, 4), "hidden": 8},
    family="vae",
    likelihood="bound",
    draws=5000,
    evaluator="lenet_mnist",
    value_range=(0.0, 1.0),
    reference=kg.Reference(
        "Burda et al. (2016)", "1509.00519",
        metric="negative log-likelihood on the test set, two layers, k = 5,000", value="85.32 nats",
    ),
)  # fmt: skip
