"""Consistency distillation of `ddpm_mnist`: its digits, a little guidance in them, in four evaluations.

The student begins at the teacher's weights and learns to see, from any point of a quarter of the teacher's
path, where that quarter ends. Each of four steps of DDIM goes through one; a guided teacher needs two
evaluations a step, the student one.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import ddpm_mnist

BATCH, EPOCHS = 128, 8


def build(num_times=64, segments=4, decay_steps=EPOCHS * (60_000 // BATCH), seed=0, size=None, **law):
    """The teacher has the weights of `ddpm_mnist`, unless a `size` of its own is given: then it has none."""
    student, teacher = ddpm_mnist.unet(**size or {}), ddpm_mnist.unet(**size or {})
    if size is None:
        teacher = kg.load("ddpm_mnist").average
        student.set_weights(teacher.get_weights())
    path = {"num_times": num_times, "segments": segments, "teacher_guidance": ddpm_mnist.GUIDANCE}
    model = kg.Consistency(student, teacher, num_classes=10, ema=0.999, seed=seed, **path | law)
    model.compile(kg.training.decaying_adam(2e-4, decay_steps), jit_compile=False)
    return model


recipe = dataclasses.replace(
    ddpm_mnist.recipe,
    build=build,
    epochs=EPOCHS,
    tiny={"size": ddpm_mnist.recipe.tiny["size"], "steps": 1},
    likelihood="none",
    curve=kg.Curve("evaluations of the network", "fid", {"student": {n: {"steps": n} for n in (4, 8, 12)}}),
    reference=kg.Reference("Heek et al. (2024)", "2403.06807"),
)
