"""Fashion-MNIST, of TensorFlow Datasets."""

from kerasgen.data.registry import register


@register("fashion_mnist", None, size="38 MB", license="MIT", origin="Xiao et al. (2017), arXiv:1708.07747")
def fashion_mnist(split, data_dir):
    """70,000 gray images of clothes, 28x28, and their kind, one of ten."""
    from kerasgen.data import prepared

    return prepared.read("fashion_mnist", split, data_dir)
