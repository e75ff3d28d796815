"""DCGAN on Fashion-MNIST: 28x28 gray clothes from a 64-d Gaussian.

The networks of dcgan_mnist with the paper's learning rate.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import dcgan_mnist


def build(image_shape=dcgan_mnist.IMAGE, seed=0, **options):
    """The learning rate and momentum of section 4; `options` are those of `dcgan_mnist`."""
    model = dcgan_mnist.build(
        image_shape=image_shape, seed=seed, **{"penalty": None, "truncation": 1.0} | options
    )
    optimizer = lambda: kg.training.FusedAdam(2e-4, beta_1=0.5)
    model.compile(
        g_optimizer=optimizer(), d_optimizer=optimizer(), jit_compile=kg.ops.processor.xla_is_faster()
    )
    return model


recipe = dataclasses.replace(
    dcgan_mnist.recipe,
    build=build,
    data="fashion_mnist",
    epochs=20,
    evaluator="lenet_fashion_mnist",
    reference=kg.Reference("Radford et al. (2016)", "1511.06434"),
)
