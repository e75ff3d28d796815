"""Probabilistic principal components (Tipping & Bishop, 1999, doi:10.1111/1467-9868.00196)."""

import math

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kerasgen import spaces
from kerasgen.models.closed_form import fitting
from kerasgen.models.core.latent import LatentModel
from kerasgen.models.core.mixture import Parameters
from kerasgen.ops import checks, chunks, linalg, rng


@keras.saving.register_keras_serializable("kerasgen")
class PCA(LatentModel):
    """x = mean + W z + sigma eps, z and eps standard normal. One train step is the exact solution.

    With the eigenvalues l_1 >= l_2 >= ... of the covariance of the batch and its eigenvectors U, the
    likelihood of the batch is greatest for (equations 7 and 8 of the paper, R = I)

        sigma^2 = mean of l_j over j > latent_dim,    W = U (L - sigma^2 I)^(1/2).

    `fit(x)` reads the whole array in a step; a step on a smaller batch forgets the examples before
    it. Codes are least squares, z = inverse(W'W) W' (x - mean), so that `reconstruct` is the orthogonal
    projection on the principal components, which no linear code of that width beats. `decode` gives
    mean + W z, both without a cut at the ends of the range. At first the mean is 0, W
    the first columns of I, and sigma 1.

    Args:
        event_shape: Shape of one example; its d numbers are one vector.
        latent_dim: Principal components, 1 to d - 1.
        sample_mode: What `sample` gives: "mean", mean + W z, or "sample", with the noise sigma eps.
        floor: Least sigma^2 > 0, in squared units of x; for data without noise.
        value_range: (low, high) of x, at whose ends samples are cut, or None for any finite numbers.
        seed, name: See `ZooModel`.

    Logs `loss`, minus the mean log-likelihood of the batch after the step, in nats.
    """

    single_device_reason = fitting.REASON
    weighted = True

    def __init__(
        self,
        event_shape,
        latent_dim,
        sample_mode="mean",
        floor=1e-6,
        value_range=(0.0, 1.0),
        seed=None,
        name=None,
    ):
        event_shape = checks.shape("event_shape", event_shape, 1)
        self.size = math.prod(event_shape)
        self.latent_dim = checks.integer("latent_dim", latent_dim, 1, self.size - 1)
        self.sample_mode = checks.choice("sample_mode", sample_mode, ("mean", "sample"))
        self.floor = checks.positive("floor", floor)
        event = spaces.box(event_shape, value_range)
        latent = spaces.Box((self.latent_dim,))
        super().__init__(event, latent, {"z": latent}, seed=seed, name=name)
        self.parameters = Parameters(
            mean=np.zeros(self.size),
            components=np.eye(self.size, self.latent_dim),  # U, orthonormal columns
            variances=np.full(self.latent_dim, 2.0),  # L
            noise=1.0,  # sigma^2
        )
        self._log_density = fitting.graph_of(self.log_density)

    # Training.

    def compile(self, jit_compile=False, steps_per_execution=1, run_eagerly=False):
        """No optimizer and no XLA: see `fitting.compile_without_optimizer`."""
        fitting.compile_without_optimizer(self, jit_compile, steps_per_execution, run_eagerly)

    def fit(self, x=None, y=None, batch_size=None, **kwargs):
        """As `ZooModel.fit`; but `batch_size` of an array is, unless given, the whole array."""
        return super().fit(x, y, fitting.whole_array(x, batch_size), **kwargs)

    def train_step(self, data):
        """The mean, then the eigenvectors of the covariance about it: equations 7 and 8."""
        x, _, weight = self.unpack(fitting.counted(data))
        x = fitting.flat(x)
        weight = ops.ones_like(x[:, :1]) if weight is None else ops.cast(weight, x.dtype)[:, None]
        rows = ops.concatenate([x, weight], axis=1)
        totals = lambda function: chunks.totals(
            lambda rows: function(rows[:, :-1], rows[:, -1:]), rows, self.rows_at_once
        )
        num, sums = totals(lambda x, a: (ops.sum(a), ops.sum(a * x, axis=0)))
        mean = sums / num
        (scatter,) = totals(lambda x, a: (tf.matmul(a * (x - mean), x - mean, transpose_a=True),))
        with tf.control_dependencies([num]):  # after the check of the weights
            self.assign(mean, *linalg.principal_axes(scatter / num))
            (log_likelihood,) = totals(lambda x, a: (ops.sum(a[:, 0] * self.log_density(x)),))
            return self.finish_step(loss=-log_likelihood / num)

    def assign(self, mean, values, vectors):
        """The parameters of greatest likelihood, by all eigenvalues in falling order and their vectors."""
        noise = ops.maximum(ops.mean(values[self.latent_dim :]), self.floor)
        self.parameters.assign(
            mean=mean,
            components=vectors[:, : self.latent_dim],
            variances=ops.maximum(values[: self.latent_dim], noise),
            noise=noise,
        )

    def test_step(self, data):
        """Minus the mean log-likelihood, in nats; nothing updated."""
        x, _, weight = self.unpack(data)
        return self.track(weight, loss=-self._log_density(x))

    @property
    def rows_at_once(self):
        """Rows whose float64 temporaries take some 64 MB."""
        return max(1, 2**22 // self.size)

    # Likelihood.

    def log_density(self, x):
        """log N(x; mean, W W' + sigma^2 I) of x float64 (rows, d): float64 (rows,), nats.

        The eigenvalues of that covariance are L along the components and sigma^2 across them. The part
        of x across them is subtracted number by number, since squares of large numbers would cancel.
        """
        p = self.parameters.tensors()
        x = x - p["mean"]
        along = ops.matmul(x, p["components"])
        across = x - ops.matmul(along, ops.transpose(p["components"]))
        squares = ops.sum(ops.square(along) / p["variances"], axis=1)
        squares += ops.sum(ops.square(across), axis=1) / p["noise"]
        log_det = ops.sum(ops.log(p["variances"]))
        log_det += (self.size - self.latent_dim) * ops.log(p["noise"])
        return -0.5 * (squares + log_det + self.size * math.log(2 * math.pi))

    def log_prob(self, x, condition=None, progress=False):
        """log p(x) in nats, exactly: float32 (num,). Arguments and errors as of a `GaussianMixture`."""
        fitting.refuse_condition(self, condition)
        return fitting.over_rows(self, self._log_density, x, progress)

    # Codes and samples.

    def call(self, x, training=False):
        """Reconstructions (batch, *event.shape)."""
        return self.reconstructed(x)

    def encoded(self, x, condition=None):
        p = self.parameters.tensors()
        z = ops.matmul(fitting.flat(x) - p["mean"], p["components"]) / self.lengths()
        return {"z": ops.cast(z, "float32")}

    def decoded(self, z, condition=None):
        p = self.parameters.tensors()
        x = p["mean"] + ops.matmul(ops.cast(z, "float64") * self.lengths(), ops.transpose(p["components"]))
        return ops.cast(ops.reshape(x, (-1, *self.event.shape)), "float32")

    def lengths(self):
        """Of the columns of W: (L - sigma^2)^(1/2), not quite 0 where L has reached sigma^2."""
        p = self.parameters.tensors()
        return ops.sqrt(ops.maximum(p["variances"] - p["noise"], 1e-12))

    def draw_prior(self, keys, condition=None):
        return rng.by_row(lambda key: rng.normal(key, (self.latent_dim,)), keys)

    def emitted(self, z, keys, condition=None):
        x = self.decoded(z)
        if self.sample_mode == "sample":
            draw = lambda key: rng.normal(rng.stream(key, "pixels"), self.event.shape)
            x += ops.cast(ops.sqrt(self.parameters.tensors()["noise"]), "float32") * rng.by_row(draw, keys)
        return self.event.clip(x)

    # Saving and serving.

    def components(self):
        return {"parameters": [self.parameters]}

    def endpoints(self):
        """Adds `log_prob`: x to nats."""
        density = lambda x: {"log_prob": self._log_density(x)}
        endpoint = spaces.Endpoint(density, {"x": self.event}, {"log_prob": spaces.Nats()})
        return super().endpoints() | {"log_prob": endpoint}

    def get_config(self):
        config = self.config_of("latent_dim", "sample_mode", "floor", "seed", "name")
        return config | {"event_shape": self.event.shape, "value_range": self.event.range}
