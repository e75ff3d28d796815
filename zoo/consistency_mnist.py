"""Adversarial distillation of `ddpm_mnist`: its digits, a little guidance in them, in four evaluations.

The student begins at the teacher's weights. The teacher's path is cut into quarters, and from the noisy end
of each the student learns to see where three steps of the teacher lead: half of the time from digits with
noise, else from where its own samples pass. A discriminator compares where it lands itself with digits that
have as much noise; it is not kept.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import ddpm_mnist

BATCH, EPOCHS = 128, 2
STEPS = EPOCHS * (60_000 // BATCH)


def build(decay_steps=STEPS, seed=0, size=None, width=64, **options):
    """The teacher has the weights of `ddpm_mnist`, unless a `size` of its own is given: then it has none.

    `width` is the discriminator's.
    """
    student, teacher = ddpm_mnist.unet(**size or {}), ddpm_mnist.unet(**size or {})
    if size is None:
        teacher = kg.load("ddpm_mnist").average
        student.set_weights(teacher.get_weights())
    guide = {f"teacher_{name}": value for name, value in ddpm_mnist.INSIDE.items()}
    guide |= {"teacher_steps": 3, "teacher_sampler": "dpm_solver_2m"}
    judge = kg.networks.dcgan.noisy_discriminator(ddpm_mnist.IMAGE, width, num_classes=10)
    options = {"num_times": 4, "segments": 4, "on_policy": 0.5} | guide | options
    model = kg.Consistency(student, teacher, judge, condition=10, ema=0.999, seed=seed, **options)
    adam = kg.training.decaying_adam
    model.compile(adam(3e-4, decay_steps), adam(5e-4, decay_steps, beta_1=0.0), jit_compile=False)
    return model


recipe = dataclasses.replace(
    ddpm_mnist.recipe,
    build=build,
    epochs=EPOCHS,
    tiny={"size": ddpm_mnist.recipe.tiny["size"], "width": 4, "num_steps": 1},
    likelihood="none",
    curve=kg.Curve(
        "evaluations of the network", "fid", {"student": {n: {"num_steps": n} for n in (1, 2, 4)}}
    ),
    reference=kg.Reference("Kim et al. (2024)", "2310.02279"),
)
