"""Consistency distillation of `ddpm_mnist`: its digits in two evaluations, or one, or four.

The student begins at the teacher's weights. `sample(16, steps=1)` is one evaluation; more steps put fresh
noise on what was seen and look again.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import ddpm_mnist

BATCH, EPOCHS = 128, 8


def build(num_times=50, decay_steps=EPOCHS * (60_000 // BATCH), seed=0, size=None, **law):
    """The teacher has the weights of `ddpm_mnist`, unless a `size` of its own is given: then it has none."""
    student, teacher = ddpm_mnist.unet(**size or {}), ddpm_mnist.unet(**size or {})
    if size is None:
        teacher = kg.load("ddpm_mnist").average
        student.set_weights(teacher.get_weights())
    arguments = {"num_classes": 10, "num_times": num_times, "ema": 0.999, "seed": seed}
    model = kg.Consistency(student, teacher, **arguments | law)
    model.compile(kg.training.decaying_adam(2e-4, decay_steps), jit_compile=False)
    return model


recipe = dataclasses.replace(
    ddpm_mnist.recipe,
    build=build,
    epochs=EPOCHS,
    tiny={"size": ddpm_mnist.recipe.tiny["size"], "steps": 1},
    likelihood="none",
    variants={"one": {"steps": 1}, "four": {"steps": 4}},
    curve=kg.Curve("evaluations of the network", "fid", {"student": {n: {"steps": n} for n in (1, 2, 4, 8)}}),
    reference=kg.Reference("Song et al. (2023)", "2303.01469"),
)
