"""Diffusion on MNIST: gray digits out of noise in 19 evaluations of a U-Net, each asked for by its label.

Pairs of pixels become channels before the first level (patches of 2x2), so that the network works on 14x14
positions. It predicts v under the cosine schedule and hides a tenth of the labels from itself. Seven of
twelve steps ask it twice, with the label and without: guidance where digits take shape, neither near pure
noise nor near the digit. More of it sharpens them and makes them more alike; `guidance=1` takes one
evaluation a step.
"""

import kerasgen as kg

IMAGE = (28, 28, 1)
BATCH, EPOCHS = 128, 20
STEPS = EPOCHS * (60_000 // BATCH)
# By `benchmarks/guidance.py`, on training images: with twice the evaluations at these times.
INSIDE = {"guidance": 1.4, "guidance_interval": (0.2, 0.8)}
THROUGHOUT = {"guidance": 1.1, "guidance_interval": (0.0, 1.0)}


def unet(image_shape=IMAGE, num_classes=10, widths=(48, 96), blocks=2, attention=(), groups=8):
    """The network, with labels."""
    arguments = {"patch": 2, "attention": attention, "groups": groups, "num_classes": num_classes}
    return kg.networks.unet.unet(image_shape, widths, blocks, **arguments)


def build(
    family="Diffusion", decay_steps=STEPS, image_shape=IMAGE, num_classes=10, seed=0, size=None, **options
):
    """Adam with a rate that falls to zero along half a cosine; `size` is that of the network."""
    options = INSIDE | {"num_steps": 12} | options
    network = unet(image_shape, num_classes, **size or {})
    model = getattr(kg, family)(network, condition=num_classes, ema=0.999, seed=seed, **options)
    model.compile(kg.training.decaying_adam(1e-3, decay_steps), jit_compile=False)
    return model


def ways(sampler, *evaluations, each=1, **options):
    """{evaluations: how to sample with so many}, of a sampler that takes `each` a step."""
    way = lambda n: {"sampler": sampler, "num_steps": -(-n // each), "guidance": 1.0} | options
    return {n: way(n) for n in evaluations}


EVALUATIONS = {
    "DPM-Solver++(2M)": ways("dpm_solver_2m", 5, 10, 20, 50),
    f"the same, guidance {THROUGHOUT['guidance']}": ways("dpm_solver_2m", 10, 20, 40, each=2, **THROUGHOUT),
    "the same, {} at times {} to {}".format(INSIDE["guidance"], *INSIDE["guidance_interval"]): {
        n: INSIDE | {"num_steps": steps}
        for n, steps in ((9, 6), (19, 12))  # 3 and 7 of them guided
    },
    "DDIM": ways("euler", 5, 10, 20, 50),
    "Heun": ways("heun", 5, 9, 19, 49, each=2),  # the last step takes one
    "ancestral": ways("ancestral", 20, 50, 100, 250, 1000),
}

recipe = kg.Recipe(
    build=build,
    data="mnist",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"size": {"widths": (4,), "blocks": 1, "attention": (), "groups": 2}, "num_steps": 2},
    family="diffusion",
    likelihood="bound",
    condition="label",
    evaluator="lenet_mnist",
    curve=kg.Curve("evaluations of the network", "fid", EVALUATIONS),
    reference=kg.Reference("Ho et al. (2020)", "2006.11239"),
)
