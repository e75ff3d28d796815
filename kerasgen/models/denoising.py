"""DenoisingModel: a network that sees the example in a noisy one, and everything drawn with it."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.models import conditions, saved_model
from kerasgen.models.generative import GenerativeModel
from kerasgen.models.probability_flow import ProbabilityFlow
from kerasgen.models.stepwise import MOST_STEPS_SERVED, StepwiseSampling
from kerasgen.objectives.diffusion import LEAST_TIME, PREDICTIONS, SCHEDULES, TIMES
from kerasgen.ops import checks, rng

serialize = keras.saving.serialize_keras_object


class DenoisingModel(StepwiseSampling, ProbabilityFlow, GenerativeModel):
    """x_t = alpha(t) x + sigma(t) eps, and a network that tells what of it is x.

    A family writes `train_step`, mostly with `corrupted` and `output`.

    Args:
        network: Functional model, [x_t (batch, *event_shape), time (batch,)], and with a condition
            int32 rows, labels (batch,) in [0, num_classes] where the last means none, or texts in
            word numbers (batch, length), to float32 (batch, *event_shape): what `prediction` says.
        schedule: A name in `objectives.diffusion.SCHEDULES`.
        prediction: A name in `objectives.diffusion.PREDICTIONS`.
        sampler: A name in `models.stepwise.SAMPLERS`; with `steps`, 1 to 10,000, how `sample` draws
            unless told otherwise.
        guidance: Weight >= 0 of the label in sampling: 1 leaves p(x | label), more sharpens it
            (classifier-free guidance, Ho & Salimans, 2022, arXiv:2207.12598, equation 6 with 1 + w).
        guidance_interval: Times (low, high) within which guidance is felt, 0 <= low < high <= 1; a step
            elsewhere takes one evaluation where two are taken here (Kynkaanniemi et al., 2024,
            arXiv:2404.07724).
        spacing: p >= 1: the times of a sample in n steps are (i / n)^p, i = n, ..., 0. Above 1 more of
            them lie near the example, where points of the plane have their fine structure.
        time_law: A name in `objectives.diffusion.TIMES`, the law of t in training.
        num_times: None draws t from all of (0, 1); T from {1 / T, ..., 1} (1,000 in the paper of 2020),
            and is then the most steps of a sample.
        label_drop: Share in [0, 1] of the labels that training hides, so that guidance has
            something to compare with.
        ema: Decay of the average of the network, which is what samples; there always is one.
        value_range, num_classes, captions, seed: See `ZooModel`. Where there is a range, the example that the
            network sees is cut at its ends in sampling.
    """

    def __init__(
        self,
        network,
        schedule,
        prediction,
        sampler="dpm_solver_2m",
        steps=20,
        guidance=1.0,
        guidance_interval=(0.0, 1.0),
        spacing=1.0,
        time_law="uniform",
        num_times=None,
        label_drop=0.1,
        value_range=(-1.0, 1.0),
        ema=0.999,
        **kwargs,
    ):
        checks.choice("schedule", schedule, SCHEDULES)
        checks.choice("prediction", prediction, PREDICTIONS)
        checks.number("label_drop", label_drop, 0, 1)
        checks.choice("time_law", time_law, TIMES)
        if num_times is not None:
            checks.integer("num_times", num_times, 1, 2**20)
        kwargs.setdefault("event_shape", network.inputs[0].shape[1:])
        if ema is None:
            raise ValueError("`ema` must be a decay in (0, 1): the average is what samples. Received: None.")
        super().__init__(value_range=value_range, ema=ema, **kwargs)
        _check_network(network, self.event_shape, self.condition)
        self.schedule, self.prediction = schedule, prediction
        self.process, self.asked = SCHEDULES[schedule], PREDICTIONS[prediction]
        self.time_law, self.num_times = time_law, num_times
        way = self._way(sampler, steps, guidance, guidance_interval)
        self.sampler, self.steps_of_sample, self.guidance, self.guidance_interval = way
        self.spacing, self.label_drop = checks.number("spacing", spacing, 1, 100), label_drop
        self.network = network
        self.average = self.average_of(network)

    # Training.

    def column(self, rows):
        """Numbers (batch,) as (batch, 1, ...), beside examples."""
        return ops.reshape(rows, (-1,) + (1,) * len(self.event_shape))

    def factors(self, t):
        """[alpha, sigma] at times (batch,), (batch, 1, ...) each."""
        return [self.column(part(t)) for part in self.process]

    def corrupted(self, x, t, key):
        """(x_t, eps, alpha, sigma) of examples at times (batch,); both factors (batch, 1, ...)."""
        alpha, sigma = self.factors(t)
        eps = rng.normal(key, ops.shape(x))
        return alpha * x + sigma * eps, eps, alpha, sigma

    def times(self, key, num):
        """`num` times by their law, discrete ones if `num_times` is set."""
        t = TIMES[self.time_law](spread_evenly(key, num))
        return t if self.num_times is None else tf.floor(t * self.num_times + 1) / self.num_times

    def hidden(self, y, key):
        """The labels of a batch, a share of them hidden, or None without a condition."""
        if self.condition is None:
            return None
        num = ops.shape(y)[0]
        hide = rng.uniform(key, (num,) + (1,) * len(self.condition.shape)) < self.label_drop
        return ops.where(hide, self.condition.none(num), self.labels_of(y))

    def output(self, x_t, t, labels=None, training=False, network=None):
        """What the network says of x_t (batch, ...) at times t (batch,), float32.

        The one that is trained, or its average, or any other of its kind.
        """
        scale = self.column(self.asked.scale(*(part(t) for part in self.process)))
        network = network or (self.network if training else self.average)
        inputs = [scale * x_t, t] + ([] if labels is None else [labels])
        return network(inputs, training=training)

    # Denoising.

    def call(self, x_t, t, labels=None, training=False):
        """The example seen in x_t (batch, *event_shape) at times t (batch,), by the averaged network."""
        return self.seen(x_t, t, labels)

    def seen(self, x_t, t, labels=None, guidance=1.0, network=None, training=False):
        """The same by any network; with labels and a guidance other than 1, of both kinds of output.

        `guidance` is a number, or one a row, (batch, 1, ...).
        """
        alpha, sigma = self.factors(t)
        if labels is None or (not tf.is_tensor(guidance) and guidance == 1):
            out = self.output(x_t, t, labels, training, network)
        else:
            none = self.condition.none(ops.shape(labels)[0])
            twice = lambda a, b: ops.concatenate([a, b], axis=0)
            both = self.output(twice(x_t, x_t), twice(t, t), twice(labels, none), training, network)
            with_label, without = ops.split(both, 2, axis=0)
            out = without + guidance * (with_label - without)
        return self.asked.example(out, x_t, alpha, sigma)

    def denoiser(self, labels=None, guidance=1.0, interval=(0.0, 1.0), network=None):
        """(x_t, t) -> the example seen, cut at the ends of the range: what samplers take."""
        low, high = interval

        def denoise(x_t, t):
            times = ops.broadcast_to(ops.reshape(t, (-1,)), ops.shape(x_t)[:1])
            by = lambda weight: self.clipped(self.seen(x_t, times, labels, weight, network))
            if guidance == 1 or interval == (0, 1):
                return by(guidance)
            inside = (low <= t) & (t <= high)
            if len(t.shape):  # rows of different times go together
                return by(ops.where(inside, guidance, 1.0))
            return tf.cond(inside, lambda: by(guidance), lambda: by(1.0))

        return denoise

    def clipped(self, x):
        """x, cut at the ends of the range, if there is one."""
        return x if self.value_range is None else ops.clip(x, *self.value_range)

    # Saving and serving.

    def parts(self):
        return {"network": self.both(self.network)}

    def endpoints(self, max_rows=1024):
        """Adds `denoise`, `x` (rows, *event_shape) at `time` (rows,) in [0, 1] to the example seen, and
        `sample_in_steps`, the default signature with int32 `steps` (rows,) of its own, at most 1,000.
        """

        most = min(self.most_steps, MOST_STEPS_SERVED)

        def sample_in_steps(seed, steps, *label):
            within = tf.reduce_all((steps >= 1) & (steps <= most))
            steps = saved_model.rows(steps, max_rows, "steps", within, f"from 1 to {most}")
            keys = self.keys_served(max_rows, seed)
            return {"samples": self.drawn_in(steps, keys, *self.condition_served(max_rows, *label))}

        def denoise(x, time, *label):
            finite, within = tf.math.is_finite(x), (time >= 0) & (time <= 1)
            x = saved_model.rows(x, max_rows, "x", tf.reduce_all(finite), "finite")
            time = saved_model.rows(time, max_rows, "time", tf.reduce_all(within), "from 0 to 1")
            return {"samples": self.seen(x, time, *self.condition_served(max_rows, *label))}

        rows = lambda name, dtype, *shape: tf.TensorSpec([None, *shape], dtype, name)
        label = [] if self.condition is None else [self.condition.spec()]
        return super().endpoints(max_rows) | {
            "denoise": (denoise, [rows("x", "float32", *self.event_shape), rows("time", "float32"), *label]),
            "sample_in_steps": (sample_in_steps, [rows("seed", "int64"), rows("steps", "int32"), *label]),
        }

    def get_config(self):
        plain = ("sampler", "guidance", "guidance_interval", "spacing")
        plain += ("time_law", "num_times", "label_drop", "num_classes")
        config = {name: getattr(self, name) for name in plain} | {"steps": self.steps_of_sample}
        if isinstance(self.condition, conditions.Texts):
            config["captions"] = list(self.condition.captions)
        return super().get_config() | config | {"network": serialize(self.network)}


def spread_evenly(key, num):
    """`num` uniform numbers in [1e-4, 1), at equal distances (Kingma et al., 2021, arXiv:2107.00630, I.1)."""
    u = rng.uniform(key, ()) + tf.range(num, dtype="float32") / tf.cast(num, "float32")
    return LEAST_TIME + (1 - LEAST_TIME) * (u - tf.floor(u))


def _check_network(network, event_shape, condition):
    """Refuses a network whose inputs and output are not those of a denoiser."""
    inputs = [tuple(part.shape[1:]) for part in network.inputs]
    expected = [tuple(event_shape), ()] + ([] if condition is None else [condition.shape])
    if inputs != expected or tuple(network.output_shape[1:]) != tuple(event_shape):
        raise ValueError(
            f"`network` must take {expected} and give {tuple(event_shape)}. "
            f"Received: {inputs} and {network.output_shape[1:]}."
        )
