"""RealNVP on MNIST: affine couplings at three scales, 28x28, 14x14 and 7x7 pixels.

Checkerboards while there is one channel, halves of the channels after each squeeze; half of the numbers are
factored out at 14x14. Small residual networks, ActNorm in place of batch normalization, which cannot be
undone in training. Neither RealNVP's paper nor Glow's has MNIST: the figure beside it is one that later
papers quote. One histogram for each pixel needs 1.690 bits.
"""

import kerasgen as kg

IMAGE = (28, 28, 1)
BATCH, EPOCHS = 128, 50
STEPS = EPOCHS * (60_000 // BATCH)


def build(
    widths=(32, 48, 64),
    couplings=(2, 4, 6),
    mixing="Permutation",
    prior_width=None,
    noise_width=None,
    decay_steps=STEPS,
    seed=0,
):
    """A width and a number of couplings for each scale.

    `mixing` is the bijector between two couplings of channels; `prior_width` the width of a learned prior of
    what is factored out, `noise_width` that of learned dequantization, None for none.
    """
    b = kg.bijectors
    coarse = b.Chain([b.Squeeze(), *steps((7, 7, 8), widths[2], couplings[2], "halves", mixing)])
    parts = [b.Logit(0.05), *steps(IMAGE, widths[0], couplings[0], "checkerboard"), b.Squeeze()]
    parts += steps((14, 14, 4), widths[1], couplings[1], "halves", mixing)
    if prior_width is not None:
        parts.append(coupling((14, 14, 4), prior_width, "halves"))
    noise = None
    if noise_width is not None:
        flips = (False, True, False, True)
        noise = b.Chain(
            [coupling(IMAGE, noise_width, "checkerboard", flip, context_channels=1) for flip in flips]
        )
    chain = b.Chain([*parts, b.FactorOut(coarse)])
    options = {"levels": 256, "dequantizer": noise, "value_range": (0.0, 1.0), "ema": 0.999}
    model = kg.Flow(chain, IMAGE, **options, seed=seed)
    adam = kg.training.decaying_adam(1e-3, decay_steps, global_clipnorm=500.0)
    model.compile(adam, jit_compile=False)
    return model


def steps(shape, width, num, mask, mixing=None):
    """Normalization, another order of the channels by `mixing` if there is any, a coupling; `num` times."""
    parts = []
    for i in range(num):
        parts.append(kg.bijectors.ActNorm())
        if mixing is not None:
            parts.append(getattr(kg.bijectors, mixing)())
        parts.append(coupling(shape, width, mask, flip=mask == "checkerboard" and i % 2 == 1))
    return parts


def coupling(shape, width, mask, flip=False, context_channels=None):
    """An affine coupling by convolutions."""
    network = kg.networks.flows.convolutions(shape, 2, width, context_channels=context_channels)
    return kg.bijectors.Coupling(kg.bijectors.Affine(2.0), network, mask, flip)


recipe = kg.Recipe(
    build=build,
    data="mnist",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"widths": (2, 2, 2), "couplings": (2, 1, 1)},
    family="flow",
    likelihood="bound",
    evaluator="lenet_mnist",
    value_range=(0.0, 1.0),
    variants={"temperature 0.8": {"temperature": 0.8}},
    reference=kg.Reference(
        "Dinh et al. (2017)", "1605.08803",
        metric="MNIST, 8 bits (Grathwohl et al., 2019)", value="1.06 bits a pixel",
    ),
)  # fmt: skip
