"""Gated PixelCNN on gray MNIST: the 256 levels of a pixel by a mixture of five logistic distributions.

The network of `gated_pixelcnn_binarized_mnist`; black and white take the tails of the mixture. `log_prob`
is of the levels themselves, in nats an image.
"""

import kerasgen as kg
from kerasgen.zoo import gated_pixelcnn_binarized_mnist as gated

BATCH, EPOCHS = 128, 20


def build(
    width=32,
    blocks=8,
    attention=(3, 7),
    hidden=64,
    components=5,
    dropout=0.2,
    decay_steps=EPOCHS * (60_000 // BATCH),
    seed=0,
):
    """`components` of the mixture, three numbers each."""
    network = kg.networks.pixelcnn.gated_pixelcnn(
        gated.IMAGE,
        3 * components,
        width,
        blocks,
        hidden,
        attention,
        dropout,
        joint=True,
        value_range=(-1.0, 1.0),
    )
    options = {"likelihood": "logistic_mixture", "value_range": (-1.0, 1.0)}
    return gated.compiled(network, decay_steps, seed, **options)


recipe = kg.Recipe(
    build=build,
    data="mnist",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 2, "blocks": 1, "attention": (), "hidden": 2, "components": 2},
    family="autoregressive",
    likelihood="exact",
    evaluator="lenet_mnist",
    reference=kg.Reference("Salimans et al. (2017)", "1701.05517"),
)
