"""log p(x) of models that turn noise into examples, along an ODE or in random steps."""

import functools

import tensorflow as tf

from kerasgen.models.core.rows import by_chunks
from kerasgen.models.diffusion.denoiser import times_of_rows
from kerasgen.objectives.diffusion import LEAST_TIME
from kerasgen.ops import checks
from kerasgen.samplers import likelihood

FIRST = 1e-3  # the time at which the ODE's density of x is taken


def log_prob(model, x, condition=None, num_steps=100, probes=1, seed=0, progress=False):
    """log p(x) in nats by the probability-flow ODE: float32 (num,); an estimate.

    Of p as the ODE makes it at t = 1e-3, where x has hardly any noise; Heun's rule in `num_steps`
    equally long in log SNR, Hutchinson's estimate of the divergence from `probes` random signs.
    Nothing is cut at the ends of the range. See `samplers.likelihood`.

    Args:
        model: `DenoisingModel`.
        x: Examples (num, *event.shape), as for `fit`. Gray levels are to be dequantized first
            (`metrics.likelihood.bits_per_dim`).
        condition: For a conditional model: one value, or one per row; None gives log p(x) without.
        num_steps: 1 to 10,000; each costs two evaluations and two gradients.
        probes: 1 to 1,000.
        seed: Int in [0, 2**32), of the signs.
        progress: Whether to show a bar.
    """
    checks.integer("probes", probes, 1, 1000)
    checks.flag("progress", progress)
    num_steps = checks.integer("num_steps", num_steps, 1, 10_000)
    rows = _rows(model, x, condition, seed)
    denoiser = model.average_denoiser
    times = tf.cast(likelihood.log_snr_times(denoiser.schedule, num_steps, FIRST), "float32")

    @functools.partial(tf.function, autograph=False)
    def logs(x, keys, condition=None):
        denoise = lambda x_t, t: denoiser.predict_x0(x_t, times_of_rows(x_t, t), condition)
        return likelihood.log_prob(denoise, denoiser.schedule, x, times, keys, probes)

    return by_chunks(logs, rows, model.chunk, progress)


def elbo(model, x, condition=None, num_steps=10_000, num_samples=16, seed=0, progress=False):
    """The variational bound of log p(x) in nats, float32 (num,), of ancestral sampling in `num_steps`.

    Where the model has a range, of the probability of the 256 levels of a pixel, else of
    the density. Steps are equally long in log SNR and begin at t = 1e-4, the least time of training, where
    reading x off costs next to nothing. See `samplers.likelihood.bound`; the standard deviation of the
    values over the root of their number is the standard error of their mean.

    Args:
        model, x, condition, seed, progress: As in `log_prob`, but gray levels as they are.
        num_steps: 1 to 10,000, uniform in log SNR.
        num_samples: 1 to `num_steps`, of which one term each is drawn; each costs an evaluation.
    """
    num_steps = checks.integer("num_steps", num_steps, 1, 10_000)
    num_samples = checks.integer("num_samples", num_samples, 1, num_steps)
    checks.flag("progress", progress)
    rows = _rows(model, x, condition, seed)
    levels = None if model.event.range is None else tf.linspace(*model.event.range, 256)
    denoiser = model.average_denoiser
    times = likelihood.log_snr_times(denoiser.schedule, num_steps, LEAST_TIME)

    @functools.partial(tf.function, autograph=False)
    def bounds(x, keys, condition=None):
        denoise = denoiser.given(condition)
        return likelihood.bound(denoise, denoiser.schedule, x, times, keys, num_samples, levels)

    return by_chunks(bounds, rows, model.chunk, progress)


def _rows(model, x, condition, seed):
    """(x, keys, perhaps conditions) after their checks; None means without a condition."""
    x = model.event.check(x, "x")
    condition = model.check_condition(condition, len(x))
    keys = model.row_keys(len(x), seed)
    none = () if model.condition is None else (model.condition.null(len(x)),)
    rows = (keys, *none) if condition is None else model.with_condition(keys, condition)
    return tf.constant(x), *rows
