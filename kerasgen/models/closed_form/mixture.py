"""Mixtures fitted by expectation and maximization (Dempster, Laird & Rubin, 1977)."""

import math

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kerasgen import spaces
from kerasgen.errors import InvalidDataError
from kerasgen.models.closed_form import fitting
from kerasgen.models.core.generative import GenerativeModel
from kerasgen.models.core.mixture import Mixture
from kerasgen.ops import checks


class MixtureModel(GenerativeModel):
    """p(x) = sum_k w_k p_k(x). One train step is one iteration of EM on the batch it is given.

    `fit(x)` reads the whole array in a step, so that it is exact EM and the likelihood never falls:
    `floor` bounds the M-step, which stays the maximum under that bound. A step on a smaller batch
    forgets the examples before it. See `models.core.mixture.Mixture` for the equations.

    As long as all components are the same, as they are at first, a step starts from k-means++
    (`ops.seeding`): every example goes to the nearest of the rows chosen, and the M-step follows;
    then comes the iteration.

    Args:
        event: Space of one example; its numbers are one vector.
        components: Their number >= 1.
        emission: A name in `distributions.emissions.EMISSIONS`.
        floor: See there.
        seed, name: See `ZooModel`.
    """

    single_device_reason = fitting.REASON
    weighted = True

    def __init__(self, event, components, emission, floor, seed, name):
        super().__init__(event, seed=seed, name=name)
        self.mixture = Mixture(components, math.prod(event.shape), emission, floor)
        self.parameters = self.mixture.parameters
        self._log_density = fitting.graph_of(self.log_density)
        self._shares = fitting.graph_of(lambda x: self.mixture.posterior(x)[1])

    # Training.

    def compile(self, jit_compile=False, steps_per_execution=1, run_eagerly=False):
        """No optimizer and no XLA: see `fitting.compile_without_optimizer`."""
        fitting.compile_without_optimizer(self, jit_compile, steps_per_execution, run_eagerly)

    def fit(self, x=None, y=None, batch_size=None, **kwargs):
        """As `ZooModel.fit`; but `batch_size` of an array is, unless given, the whole array.

        Raises:
            InvalidDataError: Also if a step would have fewer examples than components.
        """
        batch_size = fitting.whole_array(x, batch_size)
        rows = fitting.rows_of_a_step(x, batch_size)
        if rows and rows < self.mixture.components:
            raise InvalidDataError(
                f"`x` must bring an example a step for each of components={self.mixture.components}. "
                f"Received: {rows} examples."
            )
        return super().fit(x, y, batch_size, **kwargs)

    def train_step(self, data):
        """One iteration of EM; logs the loss of the parameters before it, after a start."""
        x, _, weight = self.unpack(fitting.counted(data))
        x = fitting.flat(x)
        with tf.control_dependencies([x]):  # after the check of the weights
            tf.cond(self.mixture.alike(), lambda: self.mixture.start(x, self.key(), weight), lambda: 0)
            return self.finish_step(loss=self.mixture.iterate(x, weight))

    def test_step(self, data):
        """Minus the mean log-likelihood, in nats; nothing updated."""
        x, _, weight = self.unpack(data)
        return self.track(weight, loss=-self._log_density(x))

    @property
    def rows_at_once(self):
        return self.mixture.rows_at_once

    # What follows from the parameters.

    def log_density(self, x):
        """log p(x) of x float64 (rows, numbers of an example): float64 (rows,), nats."""
        return self.mixture.posterior(x)[0]

    def log_prob(self, x, condition=None, progress=False):
        """log p(x) in nats, exactly: float32 (num,).

        Args:
            x: Examples (num, *event.shape) as for `fit`.
            condition: None: there is no condition.
            progress: Whether to show a bar.

        Raises:
            InvalidDataError: If `x` is not of that kind.
            ValueError: If `condition` is given.
        """
        fitting.refuse_condition(self, condition)
        return fitting.over_rows(self, self._log_density, x, progress)

    def responsibilities(self, x, progress=False):
        """r_ik = p(component k | x_i): float32 (num, components). Otherwise as `log_prob`."""
        return fitting.over_rows(self, self._shares, x, progress)

    def draw(self, keys, condition=None):
        """A component by its weight, then a draw from it, cut at the ends of the range if there is one."""
        return self.event.clip(ops.reshape(self.mixture.draw(keys), (-1, *self.event.shape)))

    def components(self):
        return {"parameters": [self.parameters]}

    def endpoints(self):
        """Adds `log_prob` and `responsibilities`, both of x."""
        density = lambda x: {"log_prob": self._log_density(x)}
        shares = lambda x: {"responsibilities": self._shares(x)}
        x, shares_space = {"x": self.event}, spaces.Simplex((self.mixture.components,))
        return super().endpoints() | {
            "log_prob": spaces.Endpoint(density, x, {"log_prob": spaces.Nats()}),
            "responsibilities": spaces.Endpoint(
                shares, {"x": self.event}, {"responsibilities": shares_space}
            ),
        }

    # The parameters themselves.

    def get_parameters(self):
        """{"weights": (components,), "means": (components, *event.shape)}, float64 arrays."""
        arrays = self.mixture.arrays()
        means = arrays["means"].reshape(self.mixture.components, *self.event.shape)
        return {"weights": arrays["weights"], "means": means}

    def check_parameters(self, weights, means):
        """Both as the float64 arrays of `parameters`; ValueError if they cannot be that."""
        num = self.mixture.components
        weights = checks.array("weights", weights, (num,))
        if weights.min() < 0 or abs(weights.sum() - 1) > 1e-4:
            raise ValueError(f"`weights` must be >= 0 and add up to 1. Received: weights={weights}.")
        means = checks.array("means", means, (num, *self.event.shape))
        return {"weights": weights / weights.sum(), "means": means.reshape(num, self.mixture.size)}

    def get_config(self):
        config = {"event_shape": self.event.shape, "value_range": self.event.range, "seed": self.seed}
        return config | {
            "components": self.mixture.components,
            "floor": self.mixture.floor,
            "name": self.name,
        }


@keras.saving.register_keras_serializable("kerasgen")
class GaussianMixture(MixtureModel):
    """p(x) = sum_k w_k N(x; mean_k, covariance_k), fitted by EM; at first every component is N(0, I).

    Args:
        event_shape: Shape of one example; its numbers are one vector.
        components: Their number >= 1.
        covariance: "full", or "diagonal": the numbers of x are independent within a component.
        floor: Least variance > 0 (eigenvalue of a covariance), in squared units of x.
        value_range: (low, high) of x, at whose ends samples are cut, or None for any finite numbers.
        seed, name: See `ZooModel`.

    Logs `loss`, minus the mean log-likelihood in nats of the batch before the step. `train_step`
    says what a step is.
    """

    def __init__(
        self, event_shape, components, covariance="full", floor=1e-6, value_range=None, seed=None, name=None
    ):
        checks.choice("covariance", covariance, ("full", "diagonal"))
        floor = checks.positive("floor", floor)
        event_shape = checks.shape("event_shape", event_shape, 1)
        event = spaces.box(event_shape, value_range)
        super().__init__(event, components, covariance, floor, seed, name)
        self.covariance = covariance

    def get_parameters(self):
        """weights, means and covariances, as `set_parameters` takes them."""
        arrays = self.mixture.arrays()
        full = self.covariance == "full"
        covariances = arrays["factors"] @ arrays["factors"].mT if full else arrays["variances"]
        return super().get_parameters() | {"covariances": covariances}

    def set_parameters(self, weights, means, covariances):
        """Puts parameters in place of those fitted.

        Args:
            weights: (components,), >= 0, of sum 1.
            means: (components, *event.shape).
            covariances: (components, d, d), or variances (components, d) if they are diagonal;
                d is the numbers of an example. Eigenvalues are `floor` or more.

        Raises:
            ValueError: If one of them is of another shape, not finite or not of that kind.
        """
        checked = self.check_parameters(weights, means) | self._check_covariances(covariances)
        self.parameters.assign(**checked)

    def _check_covariances(self, covariances):
        full, size = self.covariance == "full", self.mixture.size
        shape = (self.mixture.components,) + (size,) * (2 if full else 1)
        value = checks.array("covariances", covariances, shape)
        least = np.linalg.eigvalsh(value).min() if full else value.min()
        symmetric = not full or np.allclose(value, value.mT, rtol=1e-4)
        if not symmetric or least < self.mixture.floor * (1 - 1e-4):
            raise ValueError(
                f"`covariances` must be symmetric with eigenvalues >= {self.mixture.floor}. "
                f"Received: least {least}."
            )
        return {"factors": np.linalg.cholesky(value)} if full else {"variances": value}

    def get_config(self):
        return super().get_config() | {"covariance": self.covariance}


@keras.saving.register_keras_serializable("kerasgen")
class BernoulliMixture(MixtureModel):
    """p(x) = sum_k w_k prod_i m_ki^x_i (1 - m_ki)^(1 - x_i) of bits x, fitted by EM; at first all m are 1/2.

    Args:
        event_shape: Shape of one example.
        components: Their number >= 1.
        floor: In (0, 1/2): the means m lie in [floor, 1 - floor], so that no bit is impossible.
        value_range: (0, 1), nothing else.
        seed, name: See `ZooModel`.

    Logs and raises what `GaussianMixture` does; gray values are refused too.
    """

    support = "bits"

    def __init__(self, event_shape, components, floor=1e-3, value_range=(0.0, 1.0), seed=None, name=None):
        if checks.value_range("value_range", value_range) != (0, 1):
            raise ValueError(f"`value_range` must be (0, 1) for bits. Received: {value_range}.")
        floor = checks.number("floor", floor, 0, 0.5, "()")
        event = spaces.Bits(checks.shape("event_shape", event_shape, 1))
        super().__init__(event, components, "bernoulli", floor, seed, name)

    def set_parameters(self, weights, means):
        """As `GaussianMixture.set_parameters`; `means` must lie in [floor, 1 - floor]."""
        values, floor = self.check_parameters(weights, means), self.mixture.floor
        if values["means"].min() < floor - 1e-9 or values["means"].max() > 1 - floor + 1e-9:
            raise ValueError(f"`means` must lie in [{floor}, {1 - floor}]. Received: values outside.")
        self.parameters.assign(**values)
