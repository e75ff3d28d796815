"""Three digits of MNIST as the channels of one image."""

from kerasgen.data.registry import register


@register(
    "stacked_mnist",
    size="that of mnist",
    license="CC BY-SA 3.0",
    origin="Metz et al. (2017), arXiv:1611.02163",
)
def stacked_mnist(split, data_dir):
    """70,000 stacks of three random digits as colors, 28x28, and which: 1,000 modes."""
    from kerasgen.data import prepared, stacked

    return stacked.stack(*prepared.read("mnist", split, data_dir), *stacked.DRAWS[split])
