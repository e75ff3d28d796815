"""log p(x) of models that turn noise into examples, along an ODE or in random steps."""

import functools

import numpy as np
import tensorflow as tf
from keras import ops

from kerasgen.models.importance import by_chunks
from kerasgen.ops import checks
from kerasgen.samplers import likelihood

FIRST = 1e-3  # the time at which the likelihood of x is taken


class ProbabilityFlow:
    """`log_prob` and `elbo` of a `DenoisingModel`."""

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
        checks.integer("probes", probes, 1, 1000)
        times, rows = self._likelihood(x, label, steps, seed)

        @functools.partial(tf.function, autograph=False)
        def logs(x, keys, labels=None):
            denoise = lambda x_t, t: self.seen(x_t, ops.broadcast_to(t, ops.shape(x_t)[:1]), labels)
            return likelihood.log_prob(denoise, self.process, x, times, keys, probes)

        return by_chunks(logs, rows, self.chunk, progress)

    def elbo(self, x, label=None, steps=1000, num_samples=16, seed=0, progress=False):
        """The variational bound of log p(x) in nats, float32 (num,), of ancestral sampling in `steps`.

        Where the model has a range, of the probability of the 256 levels of a pixel, else of
        the density. See `samplers.likelihood.bound`.

        Args:
            x, label, seed, progress: As in `log_prob`, but grey levels as they are.
            steps: 1 to 10,000, uniform in t.
            num_samples: 1 to `steps`, of which one term each is drawn; each costs an evaluation.
        """
        checks.integer("num_samples", num_samples, 1, checks.integer("steps", steps, 1, 10_000))
        times, rows = self._likelihood(x, label, steps, seed)
        levels = None if self.value_range is None else tf.linspace(*map(float, self.value_range), 256)

        @functools.partial(tf.function, autograph=False)
        def bounds(x, keys, labels=None):
            denoise = lambda x_t, t: self.clipped(self.seen(x_t, t, labels))
            return likelihood.bound(denoise, self.process, x, times, keys, num_samples, levels)

        return by_chunks(bounds, rows, self.chunk, progress)

    def _likelihood(self, x, label, steps, seed):
        """Rising times, and (x, keys, perhaps labels) after their checks; no label means without."""
        checks.examples(x, self.event_shape, self.value_range)
        times = tf.linspace(FIRST, 1.0, checks.integer("steps", steps, 1, 10_000) + 1)
        keys = self.row_keys(len(x), seed)
        none = () if self.condition is None else (self.condition.none(len(x)),)
        rows = (keys, *none) if label is None else self.conditioned(keys, label)
        return times, (tf.constant(np.asarray(x, "float32")), *rows)
