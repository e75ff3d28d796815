"""A sample of MNIST that the package itself holds."""

from kerasgen.data.registry import register


@register("mnist_small", size="0.4 MB, in the package", license="CC BY-SA 3.0", origin="LeCun & Cortes")
def mnist_small(split, data_dir):
    """2,000 training and 500 test images of MNIST, 28x28, and their digits."""
    import importlib.resources

    import numpy as np

    with (importlib.resources.files("kerasgen.data") / "mnist_small.npz").open("rb") as file:
        data = np.load(file, allow_pickle=False)
        return data[f"{split}_images"][..., None], data[f"{split}_labels"].astype("int64")
