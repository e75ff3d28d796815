"""Scheduled sampling: how often a network reads the true token before, as training goes on.

Bengio et al. (2015), arXiv:1506.03099, section 2.4: epsilon_i is the probability with which the true token is
read at train step i, else one of the network's own. The objective that this leads to is not proper: at
epsilon = 0 its optimum is the marginal p(x_2), not p(x_2 | x_1) (Huszar, 2015, arXiv:1511.05101).
"""

import dataclasses

import keras
import tensorflow as tf

from kerasgen.ops import checks
from kerasgen.ops.configured import Configured


class Schedule(Configured):
    """epsilon as a function of the train steps taken. A subclass is a frozen dataclass."""

    def __call__(self, step):
        """The probability in [0, 1], float32, at an int or tensor `step` >= 0."""
        raise NotImplementedError


@keras.saving.register_keras_serializable("kerasgen")
@dataclasses.dataclass(frozen=True)
class Linear(Schedule):
    """max(least, 1 - slope i).

    Args:
        slope: c >= 0.
        least: In [0, 1].
    """

    slope: float
    least: float = 0.0

    def __post_init__(self):
        checks.number("slope", self.slope, 0, 1e6)
        checks.number("least", self.least, 0, 1)

    def __call__(self, step):
        return tf.maximum(self.least, 1 - self.slope * tf.cast(step, "float32"))


@keras.saving.register_keras_serializable("kerasgen")
@dataclasses.dataclass(frozen=True)
class Exponential(Schedule):
    """k^i.

    Args:
        k: In [0, 1].
    """

    k: float

    def __post_init__(self):
        checks.number("k", self.k, 0, 1)

    def __call__(self, step):
        return tf.pow(tf.cast(self.k, "float32"), tf.cast(step, "float32"))


@keras.saving.register_keras_serializable("kerasgen")
@dataclasses.dataclass(frozen=True)
class InverseSigmoid(Schedule):
    """k / (k + exp(i / k)).

    Args:
        k: In [1, 1e6]: at about k ln k steps epsilon is 1/2.
    """

    k: float

    def __post_init__(self):
        checks.number("k", self.k, 1, 1e6)

    def __call__(self, step):
        return self.k / (self.k + tf.exp(tf.cast(step, "float32") / self.k))
