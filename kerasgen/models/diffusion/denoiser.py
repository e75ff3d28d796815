"""Denoisers: a network, its noise schedule and its parametrization, as one function of noisy examples."""

import tensorflow as tf
from keras import ops

from kerasgen.objectives.diffusion import PARAMETRIZATIONS, SCHEDULES
from kerasgen.ops import checks, rng


class Denoiser:
    """x_0 as a network predicts it from x_t = alpha(t) x_0 + sigma(t) eps.

    Args:
        network: Functional model, [x_t (batch, *event.shape), time (batch,)], and with a condition its
            rows, to float32 (batch, *event.shape): what `parametrization` says.
        schedule: A name in `objectives.diffusion.SCHEDULES`.
        parametrization: A name in `objectives.diffusion.PARAMETRIZATIONS`.
        event: Space of x; where it has a range, predictions that samplers use are cut at its ends.
        condition: Space of conditions, or None.

    Attributes:
        schedule, parametrization: Those of the names.
    """

    def __init__(self, network, schedule, parametrization, event, condition=None):
        self.network, self.event, self.condition = network, event, condition
        self.schedule = SCHEDULES[checks.choice("schedule", schedule, SCHEDULES)]
        checks.choice("parametrization", parametrization, PARAMETRIZATIONS)
        self.parametrization = PARAMETRIZATIONS[parametrization]
        self.names = schedule, parametrization

    def with_network(self, network):
        """The same of another network of equal inputs and outputs."""
        return Denoiser(network, *self.names, self.event, self.condition)

    def column(self, rows):
        """Numbers (batch,) as (batch, 1, ...), beside examples."""
        return ops.reshape(rows, (-1,) + (1,) * len(self.event.shape))

    def alpha_sigma(self, t):
        """[alpha, sigma] at times (batch,), (batch, 1, ...) each."""
        return [self.column(part(t)) for part in self.schedule]

    def add_noise(self, x, t, key):
        """(x_t, eps, alpha, sigma) of examples at times (batch,); alpha and sigma (batch, 1, ...)."""
        alpha, sigma = self.alpha_sigma(t)
        eps = rng.normal(key, ops.shape(x))
        return alpha * x + sigma * eps, eps, alpha, sigma

    def predict(self, x_t, t, condition=None, training=False):
        """The network's output for x_t (batch, ...) at times t (batch,), float32."""
        scale = self.column(self.parametrization.input_scale(*(part(t) for part in self.schedule)))
        inputs = [scale * x_t, t] + ([] if condition is None else [condition])
        return self.network(inputs, training=training)

    def predict_x0(self, x_t, t, condition=None, training=False):
        """The prediction of x_0 from x_t (batch, ...) at times t (batch,)."""
        alpha, sigma = self.alpha_sigma(t)
        return self.parametrization.x0(self.predict(x_t, t, condition, training), x_t, alpha, sigma)

    def given(self, condition=None):
        """(x_t, t) -> x_0, cut at the ends of the range, for rows of these conditions: what samplers take.

        t is a scalar, or (batch, 1, ...).
        """
        return lambda x_t, t: self.event.clip(self.predict_x0(x_t, times_of_rows(x_t, t), condition))


class GuidedDenoiser:
    """Classifier-free guidance: a denoiser that wraps a denoiser (Ho & Salimans, 2022, arXiv:2207.12598).

    Its network's output is that without the condition + weight (that with it - that without): equation 6
    of the paper with 1 + w in place of the weight.

    Args:
        denoiser: `Denoiser` with a condition.
        weight: >= 0: 1 changes nothing, more sharpens p(x | condition).
        interval: Times (low, high) within which it is guided; elsewhere a step takes one evaluation where
            two are taken here (Kynkaanniemi et al., 2024, arXiv:2404.07724).
    """

    def __init__(self, denoiser, weight, interval=(0.0, 1.0)):
        self.denoiser, self.weight, self.interval = denoiser, weight, interval

    def predict_x0(self, x_t, t, condition, weight=None):
        """As `Denoiser.predict_x0`; `weight` is a number, or one for each row, (batch, 1, ...)."""
        inner, weight = self.denoiser, self.weight if weight is None else weight
        none = inner.condition.null(ops.shape(condition)[0])
        twice = lambda a, b: ops.concatenate([a, b], axis=0)
        both = inner.predict(twice(x_t, x_t), twice(t, t), twice(condition, none))
        with_condition, without = ops.split(both, 2, axis=0)
        output = without + weight * (with_condition - without)
        return inner.parametrization.x0(output, x_t, *inner.alpha_sigma(t))

    def given(self, condition):
        """As `Denoiser.given`."""
        plain, (low, high) = self.denoiser.given(condition), self.interval
        clip = self.denoiser.event.clip

        def guided(x_t, t, weight=None):
            return clip(self.predict_x0(x_t, times_of_rows(x_t, t), condition, weight))

        def denoise(x_t, t):
            inside = (low <= t) & (t <= high)
            if len(t.shape):  # rows of different times go together
                return guided(x_t, t, ops.where(inside, self.weight, 1.0))
            return tf.cond(inside, lambda: guided(x_t, t), lambda: plain(x_t, t))

        return guided if self.interval == (0, 1) else denoise


def guided(denoiser, weight, interval=(0.0, 1.0)):
    """`GuidedDenoiser`, or the denoiser itself for a weight of 1, which changes nothing."""
    return denoiser if weight == 1 else GuidedDenoiser(denoiser, weight, interval)


def interval(name, value):
    """Times of guidance as floats, 0 <= low < high <= 1; ValueError or TypeError if they are none."""
    low, high = checks.pair(name, value, 0, 1)
    if not low < high:
        raise ValueError(f"`{name}` must be 0 <= low < high <= 1. Received: {(low, high)}.")
    return low, high


def times_of_rows(x_t, t):
    """A time for each row, (batch,), of a scalar or of (batch, 1, ...)."""
    return ops.broadcast_to(ops.reshape(t, (-1,)), ops.shape(x_t)[:1])


def check_network(name, network, event_shape, condition):
    """Refuses a network whose inputs and output are not those of a denoiser."""
    checks.network(name, network)
    inputs = [tuple(part.shape[1:]) for part in network.inputs]
    expected = [tuple(event_shape), ()] + ([] if condition is None else [condition.shape])
    if inputs != expected or tuple(network.output_shape[1:]) != tuple(event_shape):
        raise ValueError(
            f"`{name}` must take {expected}, as `condition` asks, and give {tuple(event_shape)}. "
            f"Received: {inputs} and {network.output_shape[1:]}."
        )
