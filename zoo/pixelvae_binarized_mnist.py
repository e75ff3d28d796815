"""PixelVAE on the fixed binarization of MNIST: a code for the digit, and a gated PixelCNN for its strokes.

The decoder reads the image as it is drawn, in blocks of 2x2 pixels where the paper has single ones, and the
code of 16 numbers in the gates of all its blocks, as the paper's model without upsampling does. The weight
of the KL rises over the first 10,000 steps. Convolutions alone: with attention the code says less.
"""

import kerasgen as kg
from kerasgen.zoo import gated_pixelcnn_binarized_mnist as gated

BATCH, EPOCHS = 100, 100
STEPS = gated.steps(BATCH, EPOCHS)
IMAGE, BLOCK, LATENT = gated.IMAGE, 2, 16
GRID = (14, 14, BLOCK**2)


def build(
    width=40,
    blocks=8,
    hidden=64,
    encoder_width=32,
    dropout=0.1,
    warmup_steps=10_000,
    decay_steps=STEPS,
    seed=0,
):
    """16 logits for each block of 2x2 pixels, given those before it and the code."""
    import keras

    code = keras.Sequential([keras.Input((LATENT,)), keras.layers.Dense(2 * width, "elu")], name="code")
    size = {"width": width, "blocks": blocks, "hidden": hidden, "dropout": dropout}
    decoder = kg.networks.pixelcnn.gated_pixelcnn(GRID, 2**BLOCK**2, joint=True, encoder=code, **size)
    encoder = kg.networks.vae.conv_encoder(IMAGE, LATENT, encoder_width)
    options = {"block": BLOCK, "sample_mode": "sample", "warmup_steps": warmup_steps}
    model = kg.VAE(encoder, decoder, ema=0.999, seed=seed, **options)
    model.compile(kg.training.decaying_adam(1e-3, decay_steps, global_clipnorm=1.0), jit_compile=False)
    return model


recipe = kg.Recipe(
    build=build,
    data="binarized_mnist",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 2, "blocks": 1, "hidden": 2, "encoder_width": 2},
    family="vae",
    likelihood="bound",
    draws=50,
    evaluator="lenet_mnist",
    value_range=(0.0, 1.0),
    reference=kg.Reference(
        "Gulrajani et al. (2017)", "1611.05013",
        metric="bound of the negative log-likelihood on the test set, gated, without upsampling",
        value="79.66 nats", checked=True,
    ),
)  # fmt: skip
