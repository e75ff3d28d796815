"""The fixed binarization of MNIST, of TensorFlow Datasets."""

from kerasgen.data.registry import register


@register(
    "binarized_mnist", None, license="not stated", size="13 MB",
    origin="Larochelle, after Salakhutdinov & Murray (2008)",
)  # fmt: skip
def binarized_mnist(split, data_dir):
    """70,000 images of digits in black and white, 28x28; splits train, validation and test, no labels.

    The bits are pixels 0 and 255 (TFDS stores 0 and 1): `value_range` (0, 1) makes them exactly 0.0 and 1.0.
    """
    import numpy as np

    from kerasgen.data import prepared

    images, labels = prepared.read("binarized_mnist", split, data_dir)
    return images * np.uint8(255), labels
