"""InfoGAN on MNIST: ten classes and two factors, found without a label.

`sample(16, category=3)` draws one of the classes, which numbers are whose is chance; `factors=(x, y)`
between -1 and 1 turn and thicken it. `encode` reads them in digits.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import dcgan_mnist

IMAGE, EPOCHS = dcgan_mnist.IMAGE, 30


def build(
    width=32,
    depth=3,
    noise=62,
    categories=10,
    factors=2,
    rate=2e-3,
    image_shape=IMAGE,
    decay_steps=EPOCHS * dcgan_mnist.STEPS,
    seed=0,
    **options,
):
    """The codes of appendix C.1, the networks of `dcgan_mnist`; `options` are those of `InfoGAN`."""
    dcgan = kg.networks.dcgan
    reader = {"num_classes": categories, "condition": "classes", "factors": factors}
    model = kg.InfoGAN(
        dcgan.generator(image_shape, noise + categories + factors, width, depth),
        dcgan.discriminator(image_shape, width, depth, **reader),
        categories=categories,
        factors=factors,
        seed=seed,
        **dcgan_mnist.HELD | options,
    )
    return dcgan_mnist.compiled(model, rate, decay_steps)


recipe = dataclasses.replace(
    dcgan_mnist.recipe,
    build=build,
    epochs=EPOCHS,
    tiny={"width": 4, "noise": 2, "categories": 3},
    reference=kg.Reference(
        "Chen et al. (2016)", "1606.03657", metric="error of the category as a class, MNIST", value="5 %"
    ),
)
