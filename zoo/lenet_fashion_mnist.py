"""LeNet on Fashion-MNIST: the classifier whose features and labels judge the clothes of other entries.

The recipe of `lenet_mnist`; its feature space is that of `fid_lenet_fashion_mnist_v1`.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import lenet_mnist

recipe = dataclasses.replace(
    lenet_mnist.recipe,
    data="fashion_mnist",
    reference=kg.Reference("LeCun et al. (1998)", "doi:10.1109/5.726791"),
)
