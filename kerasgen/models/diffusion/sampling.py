"""How a denoiser's noise becomes samples: the sampler, its steps, guidance."""

import dataclasses
import functools

import tensorflow as tf

from kerasgen.models.core.masks import check_mask
from kerasgen.models.core.rows import by_chunks
from kerasgen.models.diffusion.denoiser import guided, interval
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
MOST_STEPS_SERVED = 1000  # those of Ho et al. (2020), the most of all papers here


@dataclasses.dataclass(frozen=True)
class Sampling:
    """How samples are drawn.

    Args:
        sampler: A name in `SAMPLERS`.
        num_steps: 1 to `most_steps`.
        guidance, guidance_interval: See `denoiser.GuidedDenoiser`.
        spacing: p in [1, 100]: the times of a sample in n steps are (i / n)^p, i = n, ..., 0. Above 1 more
            of them lie near the example, where points of the plane have their fine structure.
        most_steps: 10,000, or as many as there are times.
    """

    sampler: str
    num_steps: int
    guidance: float = 1.0
    guidance_interval: tuple = (0.0, 1.0)
    spacing: float = 1.0
    most_steps: int = MOST_STEPS

    def __post_init__(self):
        checks.choice("sampler", self.sampler, SAMPLERS)
        if self.sampler is None:
            raise ValueError("`sampler` must be a name. Received: sampler=None.")
        checked = {
            "num_steps": checks.integer("num_steps", self.num_steps, 1, self.most_steps),
            "guidance": checks.number("guidance", self.guidance, 0, 1e6),
            "guidance_interval": interval("guidance_interval", self.guidance_interval),
            "spacing": checks.number("spacing", self.spacing, 1, 100),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    def replace(self, condition, **options):
        """The same with other options, those that are not None.

        Raises:
            ValueError: Also if guidance is asked of a model without a condition, `condition` None.
        """
        options = {name: value for name, value in options.items() if value is not None}
        found = dataclasses.replace(self, **options)
        if found.guidance != 1 and condition is None:
            raise ValueError(f"`guidance` needs a condition. Received: guidance={found.guidance}.")
        return found

    def times(self, num_steps=None):
        """From noise to the example, float32 (num_steps + 1,)."""
        num_steps = self.num_steps if num_steps is None else num_steps
        return tf.linspace(1.0, 0.0, num_steps + 1) ** self.spacing

    def draw(self, denoiser, keys, condition=None, num_steps=None, loop=ode.in_graph):
        """One example per key by a `Denoiser`: (num, *event.shape)."""
        times, start = self.times(num_steps), noise(denoiser, keys)
        denoise = guided(denoiser, self.guidance, self.guidance_interval).given(condition)
        sampler = SAMPLERS[self.sampler]
        return denoiser.event.clip(sampler(denoise, denoiser.schedule, start, times, keys, loop=loop))


def noise(denoiser, keys):
    """Noise at t = 1, one example a key: (num, *event.shape)."""
    draw = lambda key: rng.normal(rng.stream(key, "start"), denoiser.event.shape)
    return denoiser.schedule.sigma(tf.ones(())) * rng.by_row(draw, keys)


def draw_by_rows(sampling, denoiser, num_steps, keys, condition=None):
    """As `Sampling.draw`, row i in num_steps[i] steps, int32 (num,): rows of equal steps go together."""
    counts, group = tf.unique(num_steps)
    rows = (keys,) if condition is None else (keys, condition)

    def some(k, samples):
        where = tf.where(tf.equal(group, k))  # (rows, 1)
        chosen = [tf.gather_nd(whole, where) for whole in rows]
        part = sampling.draw(denoiser, *chosen, num_steps=counts[k])
        return k + 1, tf.tensor_scatter_nd_update(samples, where, part)

    samples = tf.zeros([tf.size(num_steps), *denoiser.event.shape])
    return tf.while_loop(lambda k, _: k < tf.size(counts), some, [0, samples], parallel_iterations=1)[1]


def inpaint(model, x, mask, seed=None, condition=None, num_steps=50, repeats=10, progress=False):
    """Examples whose known part is that of x: `samplers.stochastic.inpaint` (RePaint).

    Args:
        model: `DenoisingModel`.
        x: Examples (num, *event.shape); what is not known may be anything finite in range.
        mask: 1 where x is known and 0 where it is to be drawn; broadcasts to x.
        seed, condition, progress: As in `sample`; guidance is the model's own.
        num_steps: 1 to 10,000, each taken `repeats` times.
        repeats: 1 to 1,000.

    Returns:
        float32, the shape of x: exactly x where the mask is 1, within the range elsewhere.

    Raises:
        InvalidDataError: If `x` or `mask` is not of that kind.
    """
    x = model.event.check(x, "x")
    mask = check_mask("mask", mask, x.shape)
    num_steps = checks.integer("num_steps", num_steps, 1, model.sampling.most_steps)
    sampling = model.sampling.replace(model.condition, num_steps=num_steps)
    checks.integer("repeats", repeats, 1, 1000)
    checks.flag("progress", progress)
    denoiser, times = model.average_denoiser, sampling.times()

    @functools.partial(tf.function, autograph=False)
    def drawn(known, mask, keys, condition=None):
        denoise = guided(denoiser, sampling.guidance, sampling.guidance_interval).given(condition)
        start = noise(denoiser, keys)
        given = known, mask, repeats
        return stochastic.inpaint(
            denoise, denoiser.schedule, start, times, keys, *given, value_range=denoiser.event.range
        )

    condition = model.check_condition(condition, len(x))
    rows = model.with_condition(model.row_keys(len(x), seed), condition)
    return by_chunks(drawn, (tf.constant(x), tf.constant(mask), *rows), model.chunk, progress)
