"""Linear algebra of covariances whose variables have units of their own."""

import tensorflow as tf


def principal_axes(covariance):
    """Eigenvalues >= 0 of covariances in falling order, and their eigenvectors as columns.

    The eigenvalues are squares of the singular values of S G, where S holds the standard deviations and
    G G' is the matrix of correlations. A variance as small as 1e-20 of the largest one is found to
    several digits in float64, where the covariance itself would lose it below 1e-16 of the
    largest (Demmel & Veselic, 1992, "Jacobi's method is more accurate than QR",
    doi:10.1137/0613074, section 2: correlations are well conditioned where covariances are not).

    Args:
        covariance: Symmetric, positive semidefinite up to rounding, (..., d, d), float64.

    Returns:
        Eigenvalues (..., d) and eigenvectors (..., d, d).
    """
    scale = tf.sqrt(tf.maximum(tf.linalg.diag_part(covariance), 0))
    unit = tf.where(scale > 0, scale, 1)
    correlation = covariance / unit[..., :, None] / unit[..., None, :]
    values, vectors = tf.linalg.eigh(correlation)
    root = vectors * tf.sqrt(tf.maximum(values, 0))[..., None, :]
    lengths, axes, _ = tf.linalg.svd(scale[..., :, None] * root)
    return tf.square(lengths), axes


def cholesky_of(values, axes):
    """The lower triangular L with L L' = U diag(values) U', its diagonal >= 0, by a QR decomposition.

    Args:
        values: Eigenvalues >= 0, (..., d).
        axes: U, orthonormal columns (..., d, d).
    """
    _, upper = tf.linalg.qr(tf.linalg.matrix_transpose(axes * tf.sqrt(values)[..., None, :]))
    sign = tf.where(tf.linalg.diag_part(upper) < 0, -1, 1)
    return tf.linalg.matrix_transpose(upper * tf.cast(sign, upper.dtype)[..., :, None])
