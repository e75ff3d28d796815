"""Restricted Boltzmann machine on the fixed binarization of MNIST: 784 pixels, 500 hidden bits.

Persistent contrastive divergence with 25 Gibbs steps in each train step. Samples are chains of a thousand
steps from independent pixels; the partition function behind the likelihood is estimated by annealed
importance sampling.
"""

import kerasgen as kg

BATCH, EPOCHS = 100, 100
STEPS = EPOCHS * (50_000 // BATCH)
LOG_ODDS = -1.9  # of a pixel, over the training images


def build(hidden=500, gibbs_steps=25, sampling_steps=1000, decay_steps=STEPS, seed=0):
    """Gradient descent with momentum 0.9, its rate falling from 0.05 to 0."""
    import keras

    model = kg.RBM(
        (28, 28, 1),
        hidden,
        gibbs_steps,
        persistent_chains=BATCH,
        sampling_steps=sampling_steps,
        bias=LOG_ODDS,
        seed=seed,
    )
    rate = keras.optimizers.schedules.PolynomialDecay(0.05, decay_steps, 0.0)
    model.compile(keras.optimizers.SGD(rate, momentum=0.9), jit_compile=False)
    return model


recipe = kg.Recipe(
    build=build,
    data="binarized_mnist",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"hidden": 4, "gibbs_steps": 2, "sampling_steps": 3},
    family="energy",
    likelihood="ais",
    evaluator="lenet_mnist",
    value_range=(0.0, 1.0),
    reference=kg.Reference(
        "Salakhutdinov & Murray (2008)", "doi:10.1145/1390156.1390266",
        metric="negative log-likelihood of the test set, 500 hidden units, CD-25", value="86.34 nats",
    ),
)  # fmt: skip
