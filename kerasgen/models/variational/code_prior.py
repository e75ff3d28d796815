"""The autoregressive prior of a vector-quantized autoencoder (arXiv:1711.00937, section 3.3)."""

from kerasgen.models.core.pixel_likelihoods import pixels
from kerasgen.models.core.pixelwise import stages_of


def check(network, latent):
    """The `Pixels` of a network over grids of codes; refuses one that reads or gives something else."""
    cells = pixels("categorical", network, max(latent.vocabulary, 2), None, name="prior")
    if cells.shape != latent.shape or len(network.inputs) != 1:
        raise ValueError(
            f"`prior` must take codes of shape {latent.shape} alone. Received: {network.input_shape}."
        )
    stages_of(network, cells)
    return cells
