"""Sharpness of images: what blur takes from them, and distances of features do not miss."""

import numpy as np

from kerasgen.errors import InvalidDataError
from kerasgen.metrics import arrays

CHUNK = 1000  # images at once


def laplacian_energy(images):
    """Mean square of the discrete Laplacian over pixels, channels and images, in squared units of pixels.

        L(i, j) = x(i-1, j) + x(i+1, j) + x(i, j-1) + x(i, j+1) - 4 x(i, j)

    In Fourier space it weighs the power at frequency w by about |w|^4, so that blur takes most of it
    away. It is the focus measure of Pech-Pacheco et al. (2000, doi:10.1109/ICPR.2000.903548), without
    subtracting the mean, which is nearly 0. Pixels at the border have no four neighbors and do not count.

    Args:
        images: Real numbers (num, height, width, channels), sides of 3 or more.

    Raises:
        InvalidDataError: If they are no such images, or not finite.
    """
    images = _images("images", images)
    total = 0.0
    for at in range(0, len(images), CHUNK):
        x = images[at : at + CHUNK].astype("float64")
        inner = x[:, 1:-1, 1:-1]
        around = x[:, :-2, 1:-1] + x[:, 2:, 1:-1] + x[:, 1:-1, :-2] + x[:, 1:-1, 2:]
        total += np.sum((around - 4 * inner) ** 2)
    count = (images.shape[1] - 2) * (images.shape[2] - 2) * images.shape[3]
    return float(total / (len(images) * count))


def relative_sharpness(samples, real):
    """`laplacian_energy` of samples over that of real images: 1 is right, below is blurred, above noisy.

    Args:
        samples, real: Images in the same unit, as in `laplacian_energy`.

    Returns:
        Float >= 0; inf where the real images are all flat and the samples are not.

    Raises:
        InvalidDataError: As `laplacian_energy`, and if the two have images of other sizes.
    """
    samples, real = _images("samples", samples), _images("real", real)
    if samples.shape[1:] != real.shape[1:]:
        raise InvalidDataError(
            f"`samples` must be images of shape {real.shape[1:]}. Received: {samples.shape[1:]}."
        )
    energy, usual = laplacian_energy(samples), laplacian_energy(real)
    return energy / usual if usual else (float("inf") if energy else 1.0)


def _images(name, x):
    arrays.rows(name, x, least=1, dtype=None)
    x = np.asarray(x)
    if x.ndim != 4 or min(x.shape[1:3]) < 3:
        raise InvalidDataError(
            f"`{name}` must be images (num, height, width, channels) with sides of 3 or more. "
            f"Received: shape {x.shape}."
        )
    return x
