"""Sampling in steps: what a `DenoisingModel` does with noise."""

import functools

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from kerasgen.models.importance import by_chunks
from kerasgen.ops import checks, rng
from kerasgen.samplers import ode, stochastic

SAMPLERS = {
    "ancestral": stochastic.ancestral,
    "consistency": stochastic.consistency,
    "dpm_solver_2m": ode.dpm_solver_2m,
    "euler": ode.euler,
    "heun": ode.heun,
}
MOST_STEPS = 10_000
MOST_STEPS_SERVED = 1000  # those of Ho et al. (2020), the longest way of all papers here


class StepwiseSampling:
    """`sample` and `inpaint`, by any sampler in any number of steps; see `models.denoising`."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        graph = lambda *way: tf.function(
            functools.partial(self.drawn, way), autograph=False, reduce_retracing=True
        )
        self._drawn = functools.cache(graph)

    def draw(self, keys, labels=None):
        return self.drawn(self._way(), keys, labels)

    def drawn(self, way, keys, labels=None, loop=ode.in_graph):
        """As `draw`, by a way (sampler, steps, guidance, its interval)."""
        sampler, steps, *guided = way
        times = self.times_of_sample(steps)
        denoise = self.denoiser(labels, *guided)
        x = SAMPLERS[sampler](denoise, self.process, self.start(keys), times, keys, loop=loop)
        return self.clipped(x)

    def drawn_in(self, steps, keys, labels=None):
        """As `draw`, row i in steps[i] steps, int32 (num,): rows of equal steps go together."""
        counts, group = tf.unique(steps)
        rows = (keys,) if labels is None else (keys, labels)
        sampler, _, *guided = self._way()

        def some(k, samples):
            where = tf.where(tf.equal(group, k))  # (rows, 1)
            part = self.drawn((sampler, counts[k], *guided), *(tf.gather_nd(whole, where) for whole in rows))
            return k + 1, tf.tensor_scatter_nd_update(samples, where, part)

        samples = tf.zeros([tf.size(steps), *self.event_shape])
        return tf.while_loop(lambda k, _: k < tf.size(counts), some, [0, samples], parallel_iterations=1)[1]

    def times_of_sample(self, steps):
        """From noise to the example, float32 (steps + 1,)."""
        return tf.linspace(1.0, 0.0, steps + 1) ** self.spacing

    def start(self, keys):
        """Noise at t = 1, one example a key: (num, *event_shape)."""
        draw = lambda key: rng.normal(rng.fold_in(key, MOST_STEPS), self.event_shape)
        return self.process.sigma(tf.ones(())) * rng.by_row(draw, keys)

    def sample(
        self,
        num,
        seed=None,
        label=None,
        progress=False,
        sampler=None,
        steps=None,
        guidance=None,
        guidance_interval=None,
    ):
        """As `GenerativeModel.sample`, in a way of its own where one is asked for.

        Args:
            num, seed, label: As there.
            progress: Whether to show a bar: of chunks, or of the steps of a single one.
            sampler, steps, guidance, guidance_interval: See the class; None takes the model's own.

        Raises:
            ValueError: If `guidance` is asked of a model without a condition, or one of them is
                out of its range.
        """
        way = self._way(sampler, steps, guidance, guidance_interval)
        num = checks.integer("num", num, 1, self.max_rows)
        rows = self.conditioned(self.row_keys(num, seed), label)
        starts = range(0, num, self.chunk)
        if progress and len(starts) == 1:
            return np.asarray(self.drawn(way, *rows, loop=ode.with_bar))
        function = self._drawn(*way)
        chunks = tqdm(starts, "sampling", unit="chunk", disable=not progress)
        return np.concatenate([function(*(part[at : at + self.chunk] for part in rows)) for at in chunks])

    def inpaint(self, x, mask, seed=None, label=None, steps=50, repeats=10, progress=False):
        """Examples whose known part is that of x: `samplers.stochastic.inpaint` (RePaint).

        Args:
            x: Examples (num, *event_shape); what is not known may be anything finite in range.
            mask: 1 where x is known and 0 where it is to be drawn; broadcasts to x.
            seed, label, progress: As in `sample`; guidance is the model's own.
            steps: 1 to 10,000, each taken `repeats` times.

        Raises:
            InvalidDataError: If `x` or `mask` is not of that kind.
        """
        checks.examples(x, self.event_shape, self.value_range)
        mask = np.broadcast_to(np.asarray(mask, "float32"), np.shape(x))
        checks.examples(mask, self.event_shape, (0, 1), name="mask", bits=True)
        _, steps, *guided = self._way(steps=steps)
        checks.integer("repeats", repeats, 1, 1000)
        times = self.times_of_sample(steps)

        @functools.partial(tf.function, autograph=False)
        def drawn(known, mask, keys, labels=None):
            denoise = self.denoiser(labels, *guided)
            start = self.start(keys)
            return stochastic.inpaint(denoise, self.process, start, times, keys, known, mask, repeats)

        rows = self.conditioned(self.row_keys(len(x), seed), label)
        rows = (tf.constant(np.asarray(x, "float32")), tf.constant(mask), *rows)
        return by_chunks(drawn, rows, self.chunk, progress)

    @property
    def most_steps(self):
        """Of a sample: 10,000, or as many as there are times."""
        return self.num_times or MOST_STEPS

    def _way(self, sampler=None, steps=None, guidance=None, guidance_interval=None):
        """All four after their checks; None stands for the model's own."""
        sampler = self.sampler if sampler is None else checks.choice("sampler", sampler, SAMPLERS)
        steps = self.steps_of_sample if steps is None else checks.integer("steps", steps, 1, self.most_steps)
        guidance = self.guidance if guidance is None else checks.number("guidance", guidance, 0, 1e6)
        if guidance != 1 and self.condition is None:
            raise ValueError(f"`guidance` needs a condition. Received: guidance={guidance}.")
        times = guidance_interval
        times = self.guidance_interval if times is None else checks.interval("guidance_interval", times)
        return sampler, steps, float(guidance), times
