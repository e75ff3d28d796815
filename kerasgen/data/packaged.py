"""Images that the package itself holds."""

import importlib.resources

import numpy as np

from kerasgen.data.registry import register


@register("mnist_small")
def mnist_small(split, data_dir):
    """2,000 training and 500 test images of MNIST, uint8 (num, 28, 28, 1), and their digits, int64."""
    with (importlib.resources.files("kerasgen.data") / "mnist_small.npz").open("rb") as file:
        data = np.load(file, allow_pickle=False)
        return data[f"{split}_images"][..., None], data[f"{split}_labels"].astype("int64")
