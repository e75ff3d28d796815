"""log p(x) of models that turn noise into examples along an ODE."""

import functools

import numpy as np
import tensorflow as tf
from keras import ops

from kerasgen.models.importance import by_chunks
from kerasgen.ops import checks
from kerasgen.samplers import likelihood

FIRST = 1e-3  # the time at which the likelihood of x is taken


class ProbabilityFlow:
    """`log_prob` of a `DenoisingModel`."""

    support = "reals"

    def log_prob(self, x, label=None, steps=100, probes=1, seed=0, progress=False):
        """log p(x) in nats by the probability-flow ODE: float32 (num,); an estimate.

        Of p as the ODE makes it at t = 1e-3, where x has hardly any noise; Heun's rule in `steps`
        uniform in t, Hutchinson's estimate of the divergence from `probes` random signs.
        Nothing is cut at the ends of the range. See `samplers.likelihood`.

        Args:
            x: Examples (num, *event_shape), as for `fit`. Grey levels are to be dequantised first
                (`metrics.likelihood.bits_per_dim`).
            label: For a conditional model: an int, or one per row; None gives log p(x) without.
            steps: 1 to 10,000; each costs two evaluations and two gradients.
            probes: >= 1.
            seed: Int in [0, 2**32), of the signs.
            progress: Whether to show a bar.
        """
        checks.examples(x, self.event_shape, self.value_range)
        checks.integer("probes", probes, 1, 1000)
        times = tf.linspace(FIRST, 1.0, checks.integer("steps", steps, 1, 10_000) + 1)
        keys = self.row_keys(len(x), seed)
        none = () if self.condition is None else (self.condition.none(len(x)),)
        rows = (keys, *none) if label is None else self.conditioned(keys, label)

        @functools.partial(tf.function, autograph=False)
        def logs(x, keys, labels=None):
            denoise = lambda x_t, t: self.seen(x_t, ops.broadcast_to(t, ops.shape(x_t)[:1]), labels)
            return likelihood.log_prob(denoise, self.process, x, times, keys, probes)

        return by_chunks(logs, (tf.constant(np.asarray(x, "float32")), *rows), self.chunk, progress)
