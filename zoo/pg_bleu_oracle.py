"""REINFORCE on the sequences of SeqGAN's oracle: BLEU-2 as a reward, which no gradient passes.

The network begins with the weights of `mle_oracle`. The 10,000 sequences of the training set are one batch,
the references of BLEU; a step is of 256 sequences, each token credited with the whole of its sequence, the
mean of the others as a baseline. What BLEU rewards are common pairs of tokens: it makes samples more
probable, and less varied.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import mle_oracle as mle

EPOCHS = 600  # a train step each


def build(samples=256, decay_steps=EPOCHS, seed=0, **size):
    """Adam's rate falls to zero along half a cosine; ten times this one ends in a few common pairs."""
    network, event = mle.trained(**size)
    bleu = kg.objectives.rewards.Bleu(2)
    model = kg.PolicyGradient(network, event, reward=bleu, samples=samples, ema=0.99, seed=seed)
    model.compile(kg.training.decaying_adam(1e-4, decay_steps, global_clipnorm=5.0), jit_compile=False)
    return model


recipe = dataclasses.replace(
    mle.recipe,
    build=build,
    batch_size=mle.SEQUENCES,
    epochs=EPOCHS,
    tiny=mle.recipe.tiny | {"samples": 3},
    variants={},
    reference=kg.Reference(
        "Yu et al. (2017)", "1609.05473", metric=f"{mle.PUBLISHED}, PG-BLEU", value="8.946",
    ),
)  # fmt: skip
