"""SeqGAN on the sequences of its oracle: a discriminator is the reward, of each token by 16 rollouts.

The network begins with the weights of `mle_oracle`, the discriminator is trained alone for some epochs, and
then both learn in turn. The authors take 2,300 steps of the discriminator for one of the policy; here it is
16, on sequences that are drawn anew for each, and half of the filters: a discriminator that has seen the real
ones too often knows them by heart, and rewards nothing. It is not kept.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import mle_oracle as mle

BATCH, EPOCHS = 64, 30
EVERY = 16  # steps of the discriminator for one of the policy
WARMUP = 780  # first steps, of the discriminator alone: five epochs
STEPS = mle.steps(BATCH, EPOCHS)
WINDOWS = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20)


def build(windows=WINDOWS, filters=50, rollouts=16, warmup_steps=WARMUP, decay_steps=STEPS, seed=0, **size):
    """The discriminator's convolutions are of several `windows`."""
    network, event = mle.trained(**size)
    judge = kg.networks.textcnn.discriminator(
        event.vocabulary, event.shape[0], windows=windows, filters=filters, dropout=0.5
    )
    turns = {"generator_every": EVERY, "warmup_steps": warmup_steps, "rollouts": rollouts}
    model = kg.PolicyGradient(network, event, discriminator=judge, ema=0.999, seed=seed, **turns)
    adam, policy_steps = kg.training.decaying_adam, max(1, decay_steps // EVERY)
    policy = adam(5e-3, policy_steps, global_clipnorm=5.0)
    model.compile(policy, adam(3e-4, decay_steps, global_clipnorm=5.0), jit_compile=False)
    return model


recipe = dataclasses.replace(
    mle.recipe,
    build=build,
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny=mle.recipe.tiny | {"windows": (1, 2), "filters": 2, "rollouts": 1, "warmup_steps": 0},
    variants={},
    reference=kg.Reference(
        "Yu et al. (2017)", "1609.05473", metric=f"{mle.PUBLISHED}, SeqGAN", value="8.736",
    ),
)  # fmt: skip
