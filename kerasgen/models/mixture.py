"""Mixtures fitted by expectation and maximisation (Dempster, Laird & Rubin, 1977)."""

import math

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kerasgen.distributions.emissions import EMISSIONS
from kerasgen.errors import InvalidDataError
from kerasgen.models.closed_form import ClosedForm, Parameters, rows_of_a_step
from kerasgen.models.generative import GenerativeModel
from kerasgen.ops import checks, rng, seeding

EMPTY = 1e-6  # examples: a component that has fewer keeps its law


class _Mixture(ClosedForm, GenerativeModel):
    """p(x) = sum_k w_k p_k(x). One train step is one iteration of EM on the batch it is given:

        r_ik = w_k p_k(x_i) / p(x_i)                               the E-step, equation 9.13 of Bishop (2006)
        w_k = sum_i r_ik / n,  p_k = argmax sum_i r_ik log p_k(x_i)      the M-step

    `fit(x)` reads the whole array in a step, so that it is exact EM and the likelihood never falls:
    `floor` bounds the M-step, which stays the maximum under that bound. A step on a smaller batch
    forgets the examples before it.

    As long as all components are the same, as they are at birth, a step starts from k-means++
    (`ops.seeding`): every example goes to the nearest of the rows chosen, and the M-step follows;
    then comes the iteration. A component with less than a millionth of an example keeps its law,
    with the weight that it has, 0 in the end; it gives no NaN.

    Doi of the paper: 10.1111/j.2517-6161.1977.tb01600.x.
    """

    def __init__(self, event_shape, components, emission, floor, **kwargs):
        checks.integer("components", components, 1, 2**20)
        for side in event_shape:
            checks.integer("event_shape", side, 1, 2**31 - 1)
        super().__init__(event_shape=event_shape, **kwargs)
        self.components, self.floor = components, floor
        self.emission, self.size = EMISSIONS[emission], math.prod(self.event_shape)
        law = self.emission.initial(components, self.size)
        self.parameters = Parameters(weights=np.full(components, 1 / components), **law)
        self._shares = self.graph_of(lambda x: self.posterior(x)[1])

    # Training.

    def fit(self, x=None, y=None, batch_size=None, **kwargs):
        rows = rows_of_a_step(x, batch_size)
        if rows and rows < self.components:
            raise InvalidDataError(
                f"`x` must bring an example a step for each of components={self.components}. "
                f"Received: {rows} examples."
            )
        return super().fit(x, y, batch_size, **kwargs)

    def train_step(self, data):
        """One iteration of EM; logs the loss of the parameters before it, after a start."""
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        tf.cond(self.alike(), lambda: self.start(x), lambda: 0)
        return self.end_step(loss=self.iterate(x))

    def iterate(self, x):
        """The iteration itself; minus the mean log-likelihood before it, nats."""
        log_likelihood, counts, *sums = self.totals(self.expectations, x)
        self.maximise(counts, sums)
        return -log_likelihood / ops.sum(counts)

    def expectations(self, x):
        """(sum_i log p(x_i), sum_i r_ik, what the M-step asks for)."""
        log_p, shares = self.posterior(x)
        return ops.sum(log_p), ops.sum(shares, axis=0), *self.emission.sums(x, shares)

    def maximise(self, counts, sums):
        """The M-step; `counts` (components,) are of examples."""
        fitted = self.emission.fit(ops.maximum(counts, EMPTY), sums, self.floor)
        old = self.parameters.tensors()
        for name, value in fitted.items():
            empty = ops.reshape(counts < EMPTY, (-1,) + (1,) * (len(value.shape) - 1))
            self.parameters.assign(**{name: ops.where(empty, old[name], value)})
        self.parameters.assign(weights=counts / ops.sum(counts))

    def start(self, x):
        """k-means++ and a first M-step; 0, since a branch must give something."""
        num = ops.shape(x)[0]
        wide = tf.debugging.Assert(num >= self.components, ["`x` must hold an example for each component."])
        with tf.control_dependencies([wide]):
            rows = ops.cast(ops.reshape(x, (-1, self.size)), "float32")
        centres = self.flat(seeding.plus_plus(self.key(), rows, self.components))

        def assigned(x):
            nearest = ops.argmin(seeding.squared_distances(x, centres), axis=-1)
            shares = ops.one_hot(nearest, self.components, dtype="float64")
            return ops.sum(shares, axis=0), *self.emission.sums(x, shares)

        counts, *sums = self.totals(assigned, x)
        self.maximise(counts, sums)
        return 0

    def alike(self):
        """Whether all components are the same: EM could never tell them apart."""
        same = [tf.reduce_all(p == p[:1]) for p in self.parameters.tensors().values()]
        return tf.reduce_all(same)

    # What follows from the parameters.

    def posterior(self, x):
        """(log p(x_i) (rows,), r_ik (rows, components)), float64, of x float64 (rows, size)."""
        parameters = self.parameters.tensors()
        joint = ops.log(parameters["weights"]) + self.emission.log_prob(x, parameters)
        log_p = ops.logsumexp(joint, axis=-1)
        return log_p, ops.exp(joint - log_p[:, None])

    def log_density(self, x):
        return self.posterior(x)[0]

    def responsibilities(self, x, progress=False):
        """r_ik = p(component k | x_i): float32 (num, components). Otherwise as `log_prob`."""
        return self.over_rows(self._shares, x, progress)

    def draw(self, keys):
        """A component by its weight, then its law, cut at the ends of `value_range` if there is one."""
        parameters = self.parameters.tensors()

        def one(key):
            index = rng.choice(rng.fold_in(key, 0), parameters["weights"])
            return self.emission.sample(rng.fold_in(key, 1), index, parameters)

        x = ops.reshape(rng.by_row(one, keys), (-1, *self.event_shape))
        return x if self.value_range is None else ops.clip(x, *self.value_range)

    def endpoints(self, max_rows=1024):
        """Adds `log_prob` and `responsibilities`, both of x."""
        shares = lambda x: {"responsibilities": self._shares(self.served(x, max_rows))}
        return super().endpoints(max_rows) | {"responsibilities": (shares, [self.spec()])}

    # The parameters themselves.

    def get_parameters(self):
        """{"weights": (components,), "means": (components, *event_shape)}, float64 arrays."""
        arrays = {name: np.array(value) for name, value in self.parameters.tensors().items()}
        means = arrays["means"].reshape(self.components, *self.event_shape)
        return {"weights": arrays["weights"], "means": means}

    def checked(self, weights, means):
        """Both as the float64 arrays of `parameters`; ValueError if they cannot be that."""
        weights = checks.array("weights", weights, (self.components,))
        if weights.min() < 0 or abs(weights.sum() - 1) > 1e-4:
            raise ValueError(f"`weights` must be >= 0 and add up to 1. Received: weights={weights}.")
        means = checks.array("means", means, (self.components, *self.event_shape))
        return {"weights": weights / weights.sum(), "means": means.reshape(self.components, self.size)}

    def get_config(self):
        return super().get_config() | {"components": self.components, "floor": self.floor}


@keras.saving.register_keras_serializable("kerasgen")
class GaussianMixture(_Mixture):
    """p(x) = sum_k w_k N(x; mean_k, covariance_k), fitted by EM; at birth every component is N(0, I).

    Args:
        event_shape: Shape of one example; its numbers are one vector.
        components: Their number >= 1.
        covariance: "full", or "diagonal": the numbers of x are independent within a component.
        floor: Least variance > 0 (eigenvalue of a covariance), in squared units of x.
        value_range, seed: See `ZooModel`. Samples are cut at the ends of the range.

    Logs `loss`, minus the mean log-likelihood in nats of the batch before the step. `train_step`
    says what a step is.

    Raises:
        InvalidDataError: By `fit`, if an array has fewer examples than components.
    """

    def __init__(self, event_shape, components, covariance="full", floor=1e-6, **kwargs):
        checks.choice("covariance", covariance, ("full", "diagonal"))
        checks.positive("floor", floor)
        super().__init__(event_shape, components, covariance, floor, **kwargs)
        self.covariance = covariance

    def get_parameters(self):
        """weights, means and covariances, as `set_parameters` takes them."""
        arrays = {name: np.array(value) for name, value in self.parameters.tensors().items()}
        full = self.covariance == "full"
        covariances = arrays["factors"] @ arrays["factors"].mT if full else arrays["variances"]
        return super().get_parameters() | {"covariances": covariances}

    def set_parameters(self, weights, means, covariances):
        """Puts parameters in place of those fitted.

        Args:
            weights: (components,), >= 0, of sum 1.
            means: (components, *event_shape).
            covariances: (components, d, d), or variances (components, d) if they are diagonal;
                d is the numbers of an example. Eigenvalues are `floor` or more.

        Raises:
            ValueError: If one of them is of another shape, not finite or not of that kind.
        """
        self.parameters.assign(**self.checked(weights, means), **self._law_of(covariances))

    def _law_of(self, covariances):
        full = self.covariance == "full"
        shape = (self.components,) + (self.size,) * (2 if full else 1)
        value = checks.array("covariances", covariances, shape)
        least = np.linalg.eigvalsh(value).min() if full else value.min()
        symmetric = not full or np.allclose(value, value.mT, rtol=1e-4)
        if not symmetric or least < self.floor * (1 - 1e-4):
            raise ValueError(
                f"`covariances` must be symmetric with eigenvalues >= {self.floor}. Received: least {least}."
            )
        return {"factors": np.linalg.cholesky(value)} if full else {"variances": value}

    def get_config(self):
        return super().get_config() | {"covariance": self.covariance}


@keras.saving.register_keras_serializable("kerasgen")
class BernoulliMixture(_Mixture):
    """p(x) = sum_k w_k prod_i m_ki^x_i (1 - m_ki)^(1 - x_i) of bits x, fitted by EM; at birth all m are 1/2.

    Args:
        event_shape: Shape of one example.
        components: Their number >= 1.
        floor: In (0, 1/2): the means m lie in [floor, 1 - floor], so that no bit is impossible.
        value_range: (0, 1), nothing else.
        seed: See `ZooModel`.

    Logs and raises what `GaussianMixture` does; grey values are refused too.
    """

    bits, support = True, "bits"

    def __init__(self, event_shape, components, floor=1e-3, value_range=(0.0, 1.0), **kwargs):
        checks.positive("floor", floor)
        checks.number("floor", floor, 0, 0.5)
        if tuple(value_range or ()) != (0, 1):
            raise ValueError(f"`value_range` must be (0, 1) for bits. Received: {value_range}.")
        super().__init__(event_shape, components, "bernoulli", floor, value_range=value_range, **kwargs)

    def set_parameters(self, weights, means):
        """As `GaussianMixture.set_parameters`; `means` must lie in [floor, 1 - floor]."""
        values = self.checked(weights, means)
        if values["means"].min() < self.floor - 1e-9 or values["means"].max() > 1 - self.floor + 1e-9:
            raise ValueError(
                f"`means` must lie in [{self.floor}, {1 - self.floor}]. Received: values outside."
            )
        self.parameters.assign(**values)
