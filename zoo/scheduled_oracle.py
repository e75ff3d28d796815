"""Scheduled sampling on the sequences of SeqGAN's oracle: an LSTM that reads more and more tokens of its own.

The rate of true tokens falls along an inverse sigmoid, to one half at two thirds of the training. Its
objective is not proper: the fewer true tokens it reads, the less its optimum is that of the data.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import mle_oracle as mle


def build(decay_steps=mle.STEPS, seed=0, **size):
    """The network of `mle_oracle`; k / (k + exp(i / k)) is 1/2 at i = k ln k."""
    k = max(1.0, decay_steps / 10)
    schedule = kg.objectives.teacher_forcing.InverseSigmoid(k)
    return mle.build(decay_steps, seed, schedule, **size)


recipe = dataclasses.replace(
    mle.recipe,
    build=build,
    variants={},
    reference=kg.Reference(
        "Bengio et al. (2015)", "1506.03099", metric=f"{mle.PUBLISHED}, in Yu et al. (2017)", value="8.985",
    ),
)  # fmt: skip
