"""Generative stochastic network on the fixed binarization of MNIST: a chain that spoils and mends digits.

Two bits of five become coins in every step, and a perceptron draws an image that they may have come from.
The published figure beside it is of a chain with noise in its hidden layers as well, of three layers, on
gray digits; here the noise is that of the pixels alone. There is no density to report: samples are measured.
"""

import kerasgen as kg

BATCH, EPOCHS = 100, 60
STEPS = EPOCHS * (50_000 // BATCH)


def build(width=600, depth=2, walkback_steps=5, sampling_steps=100, decay_steps=STEPS, seed=0):
    """Adam with a rate that falls to zero along half a cosine, and averaged weights."""
    network = kg.networks.flows.perceptron((28, 28, 1), 1, width, depth)
    steps = {"walkback_steps": walkback_steps, "sampling_steps": sampling_steps}
    model = kg.GSN(network, corruption=0.4, ema=0.999, seed=seed, **steps)
    model.compile(kg.training.decaying_adam(1e-3, decay_steps, global_clipnorm=1.0), jit_compile=False)
    return model


recipe = kg.Recipe(
    build=build,
    data="binarized_mnist",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 4, "depth": 1, "walkback_steps": 2, "sampling_steps": 3},
    family="energy",
    evaluator="lenet_mnist",
    value_range=(0.0, 1.0),
    reference=kg.Reference(
        "Bengio et al. (2014)", "1306.1091",
        metric="Parzen window estimate, deep GSN, gray digits", value="214 nats",
    ),
)  # fmt: skip
