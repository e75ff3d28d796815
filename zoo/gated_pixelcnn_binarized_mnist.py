"""Gated PixelCNN with attention on the fixed binarization of MNIST: every pixel from all pixels before it.

Eight gated blocks of 32 features in a vertical and a horizontal stack, and attention to all earlier pixels
behind the fourth and the last. The published figure beside it is of gated convolutions that the authors of
PixelVAE trained without a latent. Dropout and averaged weights, since the 50,000 fixed images are soon
known by heart.
"""

import kerasgen as kg

IMAGE = (28, 28, 1)
BATCH, EPOCHS = 128, 20
NLL = "negative log-likelihood on the test set"


def steps(batch, epochs):
    """Train steps on the 50,000 images."""
    return epochs * (50_000 // batch)


STEPS = steps(BATCH, EPOCHS)


def compiled(network, decay_steps, seed, rate=1e-3, **options):
    """A model with averaged weights, and Adam with a rate that falls to zero along half a cosine."""
    model = kg.Autoregressive(network, ema=0.999, seed=seed, **options)
    adam = kg.training.decaying_adam(rate, decay_steps, global_clipnorm=1.0)
    model.compile(adam, jit_compile=False)
    return model


def build(
    width=32,
    blocks=8,
    attention=(3, 7),
    hidden=64,
    dropout=0.2,
    decay_steps=STEPS,
    seed=0,
):
    """A logit for each pixel."""
    size = {"width": width, "blocks": blocks, "hidden": hidden, "dropout": dropout}
    network = kg.networks.pixelcnn.gated_pixelcnn(IMAGE, attention=attention, **size)
    return compiled(network, decay_steps, seed)


recipe = kg.Recipe(
    build=build,
    data="binarized_mnist",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 2, "blocks": 1, "attention": (), "hidden": 2},
    family="autoregressive",
    likelihood="exact",
    evaluator="lenet_mnist",
    value_range=(0.0, 1.0),
    reference=kg.Reference(
        "Gulrajani et al. (2017)", "1611.05013",
        metric=f"{NLL}, gated PixelCNN", value="80.10 nats", checked=True,
    ),
)  # fmt: skip
