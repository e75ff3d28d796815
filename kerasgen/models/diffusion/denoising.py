"""DenoisingModel: a network that predicts the example from a noisy one, and what is drawn with it."""

import functools

import numpy as np
import tensorflow as tf
from keras import ops

from kerasgen import spaces
from kerasgen.models.core.generative import GenerativeModel
from kerasgen.models.diffusion import likelihood, sampling
from kerasgen.models.diffusion.denoiser import Denoiser, check_network
from kerasgen.objectives.diffusion import LEAST_TIME, TIME_DISTRIBUTIONS
from kerasgen.ops import checks, rng
from kerasgen.samplers import ode


class DenoisingModel(GenerativeModel):
    """x_t = alpha(t) x + sigma(t) eps, and a network that predicts x from it.

    A family writes `train_step`, mostly with `denoiser.add_noise` and `denoiser.predict`.

    Args:
        network: Functional model, [x_t (batch, *event.shape), time (batch,)], and with a condition its
            rows, such as labels (batch,) in [0, num_classes] where the last means none, to
            float32 (batch, *event.shape): what `parametrization` says.
        schedule: A name in `objectives.diffusion.SCHEDULES`.
        parametrization: A name in `objectives.diffusion.PARAMETRIZATIONS`.
        sampling: `sampling.Sampling`: how `sample` draws unless told otherwise.
        time_distribution: A name in `objectives.diffusion.TIME_DISTRIBUTIONS`, that of t in training.
        num_times: None draws t from all of (0, 1); T from {1 / T, ..., 1} (1,000 in the paper of 2020),
            and is then the most steps of a sample.
        condition_drop: Share in [0, 1] of the conditions that training hides, so that guidance has
            something to compare with.
        value_range: (low, high) of x, or None for any finite numbers. Where there is a range, the
            predicted example is cut at its ends in sampling.
        condition: None, a space such as `spaces.Label(10)`, a number of classes, or texts.
        ema: Decay in (0, 1) of the average of the network, which is what samples; there always is one.
        seed, metric_names, name: See `ZooModel`.

    Attributes:
        denoiser, average_denoiser: `Denoiser` of the network that is trained, and of its average.
    """

    bound_words = "the variational bound of ancestral sampling in 10,000 steps, equally long in log SNR"

    def __init__(
        self,
        network,
        schedule,
        parametrization,
        sampling,
        time_distribution,
        num_times,
        condition_drop,
        value_range,
        condition,
        ema,
        seed,
        name,
        metric_names=("loss",),
    ):
        checks.choice("time_distribution", time_distribution, TIME_DISTRIBUTIONS)
        self.condition_drop = checks.number("condition_drop", condition_drop, 0, 1)
        if ema is None:
            raise ValueError("`ema` must be a decay in (0, 1): the average is what samples. Received: None.")
        shape = checks.network("network", network).inputs[0].shape[1:]
        condition = spaces.as_condition(condition)
        check_network("network", network, shape, condition)
        event = spaces.box(shape, value_range)
        denoiser = Denoiser(network, schedule, parametrization, event, condition)
        sampling = sampling.replace(condition)
        super().__init__(event, condition=condition, ema=ema, seed=seed, metric_names=metric_names, name=name)
        self.schedule, self.parametrization = schedule, parametrization
        self.time_distribution, self.num_times, self.sampling = time_distribution, num_times, sampling
        self.network, self.average = network, self.average_of(network)
        self.denoiser, self.average_denoiser = denoiser, denoiser.with_network(self.average)
        graph = lambda chosen: tf.function(
            functools.partial(chosen.draw, self.average_denoiser), autograph=False, reduce_retracing=True
        )
        self._graph_of = functools.cache(graph)

    # Training.

    def times(self, key, num):
        """`num` times by their distribution, discrete ones if `num_times` is set."""
        t = TIME_DISTRIBUTIONS[self.time_distribution](spread_evenly(key, num))
        return t if self.num_times is None else tf.floor(t * self.num_times + 1) / self.num_times

    def drop_condition(self, condition, key):
        """The conditions of a batch, a share of them hidden, or None without a condition."""
        if self.condition is None:
            return None
        num = ops.shape(condition)[0]
        hide = rng.uniform(key, (num,) + (1,) * len(self.condition.shape)) < self.condition_drop
        return ops.where(hide, self.condition.null(num), condition)

    # Sampling.

    def call(self, x_t, t, condition=None, training=False):
        """x_0 as the averaged network predicts it from x_t (batch, *event.shape) at times t (batch,)."""
        return self.average_denoiser.predict_x0(x_t, t, condition)

    def draw(self, keys, condition=None):
        return self.sampling.draw(self.average_denoiser, keys, condition)

    def drawing(
        self,
        progress=False,
        sampler=None,
        num_steps=None,
        guidance=None,
        guidance_interval=None,
    ):
        """As in `GenerativeModel`.

        Args:
            progress: Whether to show a bar of the steps.
            sampler, num_steps, guidance, guidance_interval: See `sampling.Sampling`; None takes the
                model's own.

        Raises:
            TypeError, ValueError: If `guidance` is asked of a model without a condition, or one of them is
                out of its range.
        """
        chosen = self.sampling.replace(
            self.condition,
            sampler=sampler,
            num_steps=num_steps,
            guidance=guidance,
            guidance_interval=guidance_interval,
        )
        if progress:
            return lambda *rows: np.asarray(chosen.draw(self.average_denoiser, *rows, loop=ode.with_bar))
        return self._graph_of(chosen)

    def inpaint(self, x, mask, seed=None, condition=None, num_steps=50, repeats=10, progress=False):
        """Examples whose known part is that of x: see `models.diffusion.sampling.inpaint`."""
        return sampling.inpaint(self, x, mask, seed, condition, num_steps, repeats, progress)

    # Likelihoods.

    @property
    def elbo_support(self):
        """What `elbo` is of: the 256 "levels" of images with a range, else "reals"."""
        return "reals" if self.event.range is None else "levels"

    def log_prob(self, x, condition=None, num_steps=100, probes=1, seed=0, progress=False):
        """log p(x) in nats by the probability-flow ODE: see `models.diffusion.likelihood.log_prob`."""
        return likelihood.log_prob(self, x, condition, num_steps, probes, seed, progress)

    def elbo(self, x, condition=None, num_steps=10_000, num_samples=16, seed=0, progress=False):
        """A variational bound of log p(x) in nats: see `models.diffusion.likelihood.elbo`."""
        return likelihood.elbo(self, x, condition, num_steps, num_samples, seed, progress)

    # Saving and serving.

    def components(self):
        return {"network": self.with_average(self.network)}

    def endpoints(self):
        """Adds `denoise`, `x` (rows, *event.shape) at `time` (rows,) in [0, 1] to the predicted example, and
        `sample_in_steps`, the default signature with int32 `steps` (rows,) of its own, at most 1,000.
        """
        most = min(self.sampling.most_steps, sampling.MOST_STEPS_SERVED)

        def sample_in_steps(seed, steps, *condition):
            keys = rng.row_keys(seed)
            draw = sampling.draw_by_rows
            return {"samples": draw(self.sampling, self.average_denoiser, steps, keys, *condition)}

        def denoise(x, time, *condition):
            return {"samples": self.average_denoiser.predict_x0(x, time, *condition)}

        condition, numbers = self.condition_input(), spaces.Box(self.event.shape)
        noisy = {"x": numbers, "time": spaces.Box((), 0, 1)} | condition
        stepped = {"seed": spaces.Seeds(), "steps": spaces.Integers(1, most)} | condition
        return super().endpoints() | {
            "denoise": spaces.Endpoint(denoise, noisy, {"samples": numbers}),
            "sample_in_steps": spaces.Endpoint(sample_in_steps, stepped, {"samples": self.event}),
        }

    def get_config(self):
        chosen = self.sampling
        config = {name: getattr(chosen, name) for name in ("sampler", "num_steps", "guidance", "spacing")}
        names = ("network", "time_distribution", "num_times", "condition_drop", "condition")
        own = {"guidance_interval": chosen.guidance_interval, "value_range": self.event.range}
        return super().get_config() | config | own | self.config_of(*names)


def sampling_of(num_times, **options):
    """`sampling.Sampling` of a model whose times may be counted."""
    if num_times is not None:
        checks.integer("num_times", num_times, 1, 2**20)
    return sampling.Sampling(**options, most_steps=num_times or sampling.MOST_STEPS)


def spread_evenly(key, num):
    """`num` uniform numbers in [1e-4, 1), at equal distances (Kingma et al., 2021, arXiv:2107.00630, I.1)."""
    u = rng.uniform(key, ()) + tf.range(num, dtype="float32") / tf.cast(num, "float32")
    return LEAST_TIME + (1 - LEAST_TIME) * (u - tf.floor(u))
