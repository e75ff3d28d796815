"""Probabilistic principal components (Tipping & Bishop, 1999, doi:10.1111/1467-9868.00196)."""

import math

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kerasgen.models.closed_form import ClosedForm, Parameters
from kerasgen.models.latent import LatentModel
from kerasgen.ops import checks, rng


@keras.saving.register_keras_serializable("kerasgen")
class PCA(ClosedForm, LatentModel):
    """x = mean + W z + sigma eps, z and eps standard normal. One train step is the exact solution.

    With the eigenvalues l_1 >= l_2 >= ... of the covariance of the batch and its eigenvectors U, the
    likelihood of the batch is greatest for (equations 7 and 8 of the paper, R = I)

        sigma^2 = mean of l_j over j > latent_dim,    W = U (L - sigma^2 I)^(1/2).

    `fit(x)` reads the whole array in a step; a step on a smaller batch forgets the examples before
    it. Codes are least squares, z = inverse(W'W) W' (x - mean), so that `reconstruct` is the orthogonal
    projection on the principal components, which no linear code of that width beats. `decode` gives
    mean + W z, both without a cut at the ends of the range. At birth the mean is 0, W
    the first columns of I, and sigma 1.

    Args:
        event_shape: Shape of one example; its d numbers are one vector.
        latent_dim: Principal components, 1 to d - 1.
        pixels: What `sample` gives: "mean", mean + W z, or "sample", with the noise sigma eps.
        floor: Least sigma^2 > 0, in squared units of x; for data without noise.
        value_range, seed: See `ZooModel`. Samples are cut at the ends of the range.

    Logs `loss`, minus the mean log-likelihood of the batch after the step, in nats.
    """

    def __init__(self, event_shape, latent_dim, pixels="mean", floor=1e-6, value_range=(0.0, 1.0), **kwargs):
        self.size = math.prod(checks.integer("event_shape", side, 1, 2**31 - 1) for side in event_shape)
        checks.integer("latent_dim", latent_dim, 1, self.size - 1)
        checks.choice("pixels", pixels, ("mean", "sample"))
        checks.positive("floor", floor)
        super().__init__(latent_dim=latent_dim, event_shape=event_shape, value_range=value_range, **kwargs)
        self.pixels, self.floor = pixels, floor
        self.parameters = Parameters(
            mean=np.zeros(self.size),
            components=np.eye(self.size, latent_dim),  # U, orthonormal columns
            variances=np.full(latent_dim, 2.0),  # L
            noise=1.0,  # sigma^2
        )

    def train_step(self, data):
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        num = ops.cast(ops.shape(x)[0], "float64")
        mean, squares = (total / num for total in self.totals(self.moments, x))
        values, vectors = tf.linalg.eigh(squares - ops.outer(mean, mean))  # from the least up
        left_out = self.size - self.latent_dim
        noise = ops.maximum(ops.mean(values[:left_out]), self.floor)
        self.parameters.assign(
            mean=mean,
            components=ops.flip(vectors[:, left_out:], axis=1),
            variances=ops.maximum(ops.flip(values[left_out:]), noise),
            noise=noise,
        )
        (log_likelihood,) = self.totals(lambda rows: (ops.sum(self.log_density(rows)),), x)
        return self.end_step(loss=-log_likelihood / num)

    def moments(self, x):
        """Sums of x and of x x' over rows (rows, d): (d,) and (d, d)."""
        return ops.sum(x, axis=0), tf.matmul(x, x, transpose_a=True)

    def log_density(self, x):
        """log N(x; mean, W W' + sigma^2 I), whose inverse and determinant follow from L and sigma.

        The eigenvalues of that covariance are L along the components and sigma^2 across them.
        """
        p = self.parameters.tensors()
        x = x - p["mean"]
        along = ops.square(ops.matmul(x, p["components"]))
        across = ops.maximum(ops.sum(ops.square(x), axis=1) - ops.sum(along, axis=1), 0)
        squares = ops.sum(along / p["variances"], axis=1) + across / p["noise"]
        log_det = ops.sum(ops.log(p["variances"]))
        log_det += (self.size - self.latent_dim) * ops.log(p["noise"])
        return -0.5 * (squares + log_det + self.size * math.log(2 * math.pi))

    # Codes and samples.

    def call(self, x, training=False):
        """Reconstructions (batch, *event_shape)."""
        return self.reconstructed(x)

    def encoded(self, x, labels=None):
        p = self.parameters.tensors()
        z = ops.matmul(self.flat(x) - p["mean"], p["components"]) / self.lengths()
        return {"z": ops.cast(z, "float32")}

    def decoded(self, z, labels=None):
        p = self.parameters.tensors()
        x = p["mean"] + ops.matmul(ops.cast(z, "float64") * self.lengths(), ops.transpose(p["components"]))
        return ops.cast(ops.reshape(x, (-1, *self.event_shape)), "float32")

    def lengths(self):
        """Of the columns of W: (L - sigma^2)^(1/2), not quite 0 where L has reached sigma^2."""
        p = self.parameters.tensors()
        return ops.sqrt(ops.maximum(p["variances"] - p["noise"], 1e-12))

    def draw_prior(self, keys, labels=None):
        return rng.by_row(lambda key: rng.normal(key, (self.latent_dim,)), keys)

    def emitted(self, z, keys, labels=None):
        x = self.decoded(z)
        if self.pixels == "sample":
            noise = rng.by_row(lambda key: rng.normal(rng.fold_in(key, 2), self.event_shape), keys)
            x += ops.cast(ops.sqrt(self.parameters.tensors()["noise"]), "float32") * noise
        return x if self.value_range is None else ops.clip(x, *self.value_range)

    def get_config(self):
        plain = ("latent_dim", "pixels", "floor")
        return super().get_config() | {name: getattr(self, name) for name in plain}
