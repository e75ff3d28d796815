"""VAE on MNIST: 28x28 gray digits to 20 numbers and back, by convolutions.

A likelihood of bits: each time a digit is read, its gray values are the probabilities of new bits (dynamic
binarization), so that the bound is that of a distribution and the decoder's probabilities are gray
again. N(0, I) is the distribution p(z) of all codes, the prior; p(z | x), which the encoder approximates,
is a narrow one of its own for each image, although lecture notes at times give N(0, I) for it.
"""

import kerasgen as kg

IMAGE = (28, 28, 1)
BATCH, EPOCHS = 128, 30
STEPS = EPOCHS * (60_000 // BATCH)
LOG_ODDS = -1.9  # of a pixel, over the training images: where the decoder's bias begins


def build(
    width=32,
    latent_dim=20,
    hidden=256,
    num_classes=None,
    bias=LOG_ODDS,
    log_scale=None,
    decay_steps=STEPS,
    binarize="dynamic",
    image_shape=IMAGE,
    seed=0,
    **options,
):
    """Adam with a rate that falls to zero along half a cosine of `decay_steps`; `options` go to `kg.VAE`."""
    networks = kg.networks.vae
    size = {"latent_dim": latent_dim, "width": width, "hidden": hidden, "num_classes": num_classes}
    model = kg.VAE(
        encoder=networks.conv_encoder(image_shape, **size),
        decoder=networks.conv_decoder(image_shape, bias=bias, log_scale=log_scale, **size),
        binarize=binarize,
        condition=num_classes,
        ema=0.999,
        seed=seed,
        **options,
    )
    model.compile(
        kg.training.decaying_adam(1e-3, decay_steps), jit_compile=False
    )  # XLA takes a tenth longer here
    return model


recipe = kg.Recipe(
    build=build,
    data="mnist",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 2, "latent_dim": 4, "hidden": 8},
    family="vae",
    likelihood="bound",
    draws=500,
    evaluator="lenet_mnist",
    value_range=(0.0, 1.0),
    reference=kg.Reference(
        "Kingma & Welling (2014)", "1312.6114",
        metric="FID of a VAE on MNIST, ImageNet Inception (Lucic et al., 2018)", value="23.8 +- 0.6",
    ),
)  # fmt: skip
