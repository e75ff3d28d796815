"""MNIST, of TensorFlow Datasets."""

from kerasgen.data.registry import register


@register(
    "mnist", None, size="23 MB", license="CC BY-SA 3.0", origin="LeCun & Cortes, yann.lecun.com/exdb/mnist"
)
def mnist(split, data_dir):
    """70,000 gray images of handwritten digits, 28x28, and the digits."""
    from kerasgen.data import prepared

    return prepared.read("mnist", split, data_dir)
