"""SeqGAN on poems of the Tang dynasty: the LSTM of `poetry_lstm`, judged by a network that reads whole poems.

The network begins with the weights of `poetry_lstm`; the discriminator reads the poem and its form, by
windows of one to five characters, a line, and of two lines. The published figures are of another corpus.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import poetry_lstm as poetry

BATCH, EPOCHS = 64, 12
EVERY = 16  # steps of the discriminator for one of the policy
WARMUP = 508  # first steps, of the discriminator alone: two epochs
STEPS = poetry.steps(BATCH, EPOCHS)


def first(symbols, size):
    """The model of `poetry_lstm`, or of a `size` of its own an untrained one."""
    return poetry.build(symbols=symbols, **size) if size else kg.load("poetry_lstm")


def build(
    windows=(1, 2, 3, 4, 5, 10),
    filters=50,
    samples=32,
    rollouts=4,
    warmup_steps=WARMUP,
    symbols=None,
    decay_steps=STEPS,
    seed=0,
    **size,
):
    """The discriminator's convolutions are of several `windows`."""
    begun = first(symbols, size)
    network, event = begun.network, begun.event
    network.set_weights(begun.average.get_weights())
    judge = kg.networks.textcnn.discriminator(
        event.vocabulary, event.length, windows=windows, filters=filters, num_classes=poetry.FORMS
    )
    turns = {"generator_every": EVERY, "warmup_steps": warmup_steps, "rollouts": rollouts, "samples": samples}
    options = {"condition": poetry.FORMS, "likelihood_weight": 1e-2, "ema": 0.999, "seed": seed}
    model = kg.PolicyGradient(network, event, discriminator=judge, **turns, **options)
    adam, policy_steps = kg.training.decaying_adam, max(1, decay_steps // EVERY)
    policy = adam(5e-4, policy_steps, global_clipnorm=5.0)
    model.compile(policy, adam(1e-3, decay_steps, global_clipnorm=5.0), jit_compile=False)
    return model


recipe = dataclasses.replace(
    poetry.recipe,
    build=build,
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny=poetry.recipe.tiny | {"windows": (1, 2), "filters": 2, "samples": 2, "rollouts": 1},
    reference=kg.Reference(
        "Yu et al. (2017)", "1609.05473",
        metric="BLEU-2 of quatrains of another corpus, SeqGAN", value="0.739",
    ),
)  # fmt: skip
