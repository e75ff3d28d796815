"""A mixture of distributions and its fit by expectation and maximization (Dempster, Laird & Rubin, 1977)."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kerasgen.distributions.emissions import EMISSIONS
from kerasgen.ops import checks, chunks, rng, seeding

EMPTY = 1e-6  # examples: a component that has fewer keeps its distribution


class Parameters(keras.layers.Layer):
    """Named float64 numbers that no gradient moves: saved, shipped and counted as networks are.

    Weight files hold float32 in half precision; float64 they leave as it is, so that a density
    is the same before and after.

    Args:
        **initial: Array of each name.
    """

    def __init__(self, **initial):
        super().__init__(name="parameters", dtype="float64", trainable=False)
        self.named = {name: self._variable(name, np.asarray(value)) for name, value in initial.items()}
        self.built = True

    def _variable(self, name, value):
        start = lambda shape, dtype=None: ops.convert_to_tensor(value, dtype)
        return self.add_weight(value.shape, start, "float64", trainable=False, name=name)

    def tensors(self):
        """{name: float64 tensor}."""
        return {name: tf.convert_to_tensor(variable) for name, variable in self.named.items()}

    def assign(self, **values):
        for name, value in values.items():
            self.named[name].assign(value)


class Mixture:
    """p(x) = sum_k w_k p_k(x) of x (rows, size), and one iteration of EM at a time:

        r_ik = w_k p_k(x_i) / p(x_i)                               the E-step, equation 9.13 of Bishop (2006)
        w_k = sum_i r_ik / n,  p_k = argmax sum_i r_ik log p_k(x_i)      the M-step

    An example of weight a_i counts as a_i examples. A component with less than a millionth of an example
    keeps its distribution, with the weight that it has, 0 in the end; it gives no NaN.

    Doi of the paper: 10.1111/j.2517-6161.1977.tb01600.x.

    Args:
        components: Their number >= 1.
        size: Numbers of an example.
        emission: A name in `distributions.emissions.EMISSIONS`.
        floor: What bounds the M-step: see there.

    Attributes:
        parameters: `Parameters` with the weights and those of the components.
    """

    def __init__(self, components, size, emission, floor):
        self.components = checks.integer("components", components, 1, 2**20)
        self.size, self.floor, self.emission = size, floor, EMISSIONS[emission]
        initial = vars(self.emission.initial(components, size))
        self.parameters = Parameters(weights=np.full(components, 1 / components), **initial)

    def arrays(self):
        """{name: float64 array} of the weights and of the parameters of the components."""
        return {name: np.array(value) for name, value in self.parameters.tensors().items()}

    def emissions(self, **changed):
        """The components at the present parameters, but for those that are `changed`."""
        return self.emission.of(self.parameters.tensors() | changed)

    @property
    def rows_at_once(self):
        """Rows whose float64 temporaries, of one component and of all, take some 64 MB."""
        return max(1, 2**22 // (self.size + self.components))

    def posterior(self, x):
        """(log p(x_i) (rows,), r_ik (rows, components)), float64, of x float64 (rows, size)."""
        weights = self.parameters.tensors()["weights"]
        joint = ops.log(weights) + self.emissions().log_prob(x)
        log_p = ops.logsumexp(joint, axis=-1)
        return log_p, ops.exp(joint - log_p[:, None])

    def iterate(self, x, weight=None):
        """One iteration on x float64 (rows, size); minus the mean log-likelihood before it, nats."""
        components = self.emissions()
        expectations = lambda x, weight=None: self._expectations(components, x, weight)
        log_likelihood, counts, *statistics = self._totals(expectations, x, weight)
        self.maximize(components, counts, statistics)
        return -log_likelihood / ops.sum(counts)

    def _expectations(self, components, x, weight):
        """(sum_i a_i log p(x_i), sum_i a_i r_ik, what the M-step asks for)."""
        log_p, shares = self.posterior(x)
        if weight is not None:
            log_p, shares = weight * log_p, weight[:, None] * shares
        return ops.sum(log_p), ops.sum(shares, axis=0), *components.statistics(x, shares)

    def _totals(self, function, x, weight):
        """Sums of `function` over chunks of rows."""
        if weight is None:
            return chunks.totals(function, x, self.rows_at_once)
        both = ops.concatenate([x, ops.cast(weight, x.dtype)[:, None]], axis=1)
        return chunks.totals(lambda rows: function(rows[:, :-1], rows[:, -1]), both, self.rows_at_once)

    def maximize(self, components, counts, statistics):
        """The M-step, from the statistics of `components`; `counts` (components,) are of examples."""
        fitted = components.fit(ops.maximum(counts, EMPTY), statistics, self.floor)
        old = self.parameters.tensors()
        for name, value in vars(fitted).items():
            empty = ops.reshape(counts < EMPTY, (-1,) + (1,) * (len(value.shape) - 1))
            self.parameters.assign(**{name: ops.where(empty, old[name], value)})
        self.parameters.assign(weights=counts / ops.sum(counts))

    def start(self, x, key, weight=None):
        """k-means++ (`ops.seeding`) and a first M-step; 0, since a branch of a graph must give something."""
        num = ops.shape(x)[0]
        enough = tf.debugging.Assert(num >= self.components, ["`x` must hold an example for each component."])
        with tf.control_dependencies([enough]):
            rows = ops.cast(x, "float32")
        centers = ops.cast(seeding.plus_plus(key, rows, self.components, weight), "float64")

        components = self.emissions(means=centers)

        def assigned(x, weight=None):
            nearest = ops.argmin(seeding.squared_distances(x, centers), axis=-1)
            shares = ops.one_hot(nearest, self.components, dtype="float64")
            shares = shares if weight is None else weight[:, None] * shares
            return ops.sum(shares, axis=0), *components.statistics(x, shares)

        counts, *statistics = self._totals(assigned, x, weight)
        self.maximize(components, counts, statistics)
        return 0

    def alike(self):
        """Whether all components are the same: EM could never tell them apart."""
        same = [tf.reduce_all(p == p[:1]) for p in self.parameters.tensors().values()]
        return tf.reduce_all(same)

    def draw(self, keys):
        """One example a key, float32 (num, size): a component by its weight, then a draw from it."""
        weights, components = self.parameters.tensors()["weights"], self.emissions()

        def one(key):
            index = rng.choice(rng.stream(key, "component"), weights)
            return components.component(index).sample(rng.stream(key, "value"))

        return rng.by_row(one, keys)
