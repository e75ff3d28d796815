"""Adam whose update is one kernel."""

import math

import keras
import tensorflow as tf

from kerasgen.ops import checks

Schedule = keras.optimizers.schedules.LearningRateSchedule


def _number(low, high=math.inf, ends="[]"):
    return lambda name, value: checks.number(name, value, low, high, ends)


def _int(low):
    return lambda name, value: checks.integer(name, value, low, 2**31 - 1)


def _optional(check):
    return lambda name, value: value if value is None else check(name, value)


CHECKS = {  # argument of Adam: its check
    "beta_1": _number(0, 1, "[)"),
    "beta_2": _number(0, 1, "[)"),
    "epsilon": checks.positive,
    "amsgrad": checks.flag,
    "weight_decay": _optional(_number(0)),
    "clipnorm": _optional(checks.positive),
    "clipvalue": _optional(checks.positive),
    "global_clipnorm": _optional(checks.positive),
    "use_ema": checks.flag,
    "ema_momentum": _number(0, 1),
    "ema_overwrite_frequency": _optional(_int(1)),
    "loss_scale_factor": _optional(checks.positive),
    "gradient_accumulation_steps": _optional(_int(2)),
    "name": checks.name,
}


@keras.saving.register_keras_serializable("kerasgen")
class FusedAdam(keras.optimizers.Adam):
    """`keras.optimizers.Adam`, its arguments and its numbers, with the update of a variable in one pass.

    Kingma & Ba (2015), arXiv:1412.6980, Algorithm 1, as TensorFlow's own kernel computes it: a dozen
    passes over the memory of a variable become one, which is a tenth of a small network's
    train step on a CPU. With amsgrad, or on several replicas, it is Keras's.

    Raises:
        TypeError, ValueError: If an argument is none of Adam's.
    """

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False, **kwargs):
        settings = {"beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon, "amsgrad": amsgrad} | kwargs
        for argument in settings.keys() & CHECKS.keys():
            CHECKS[argument](argument, settings[argument])
        if not callable(learning_rate) and not isinstance(learning_rate, Schedule):
            learning_rate = checks.number("learning_rate", learning_rate, 0)
        super().__init__(learning_rate, **settings)

    def apply(self, grads, trainable_variables=None):
        self._shared = {}  # dtype -> what the updates of all variables of that dtype are told
        super().apply(grads, trainable_variables)
        self._shared = {}  # keep no graph alive

    def update_step(self, gradient, variable, learning_rate):
        if self.amsgrad or tf.distribute.get_strategy().num_replicas_in_sync > 1:
            return super().update_step(gradient, variable, learning_rate)
        if variable.dtype not in self._shared:
            self._shared[variable.dtype] = self._numbers(variable.dtype, learning_rate)
        index = self._get_variable_index(variable)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].handle,
            v=self._velocities[index].handle,
            grad=tf.cast(gradient, variable.dtype),
            **self._shared[variable.dtype],
        )

    def _numbers(self, dtype, learning_rate):
        step = tf.cast(self.iterations + 1, dtype)
        beta1, beta2 = tf.cast(self.beta_1, dtype), tf.cast(self.beta_2, dtype)
        return {
            "beta1_power": tf.pow(beta1, step),
            "beta2_power": tf.pow(beta2, step),
            "lr": tf.cast(learning_rate, dtype),
            "beta1": beta1,
            "beta2": beta2,
            "epsilon": tf.cast(self.epsilon, dtype),
        }


@keras.saving.register_keras_serializable("kerasgen")
class CosineThenConstant(keras.optimizers.schedules.CosineDecay):
    """A rate that falls to 0 along half a cosine, and is a share of what it was for whoever goes on.

    Loshchilov & Hutter (2017), arXiv:1608.03983, equation 5 without restarts. A model that is trained further
    after the last step, perhaps on other data, has the rate `rest` times the first one.

    Args:
        initial_learning_rate: >= 0.
        decay_steps: Int >= 1.
        rest: In [0, 1].

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    def __init__(self, initial_learning_rate, decay_steps, rest=0.05, **kwargs):
        self.rest = checks.number("rest", rest, 0, 1)
        rate = checks.number("initial_learning_rate", initial_learning_rate, 0)
        steps = checks.integer("decay_steps", decay_steps, 1, 2**31 - 1)
        super().__init__(rate, steps, **kwargs)

    def __call__(self, step):
        falling = super().__call__(step)
        over = keras.ops.cast(step, falling.dtype) >= self.decay_steps
        return keras.ops.where(over, self.rest * self.initial_learning_rate, falling)

    def get_config(self):
        return super().get_config() | {"rest": self.rest}


def decaying_adam(rate, steps, **arguments):
    """`FusedAdam` whose rate falls from `rate` to 0 in `steps` train steps: see `CosineThenConstant`.

    Other arguments are Adam's.
    """
    rate, steps = checks.number("rate", rate, 0), checks.integer("steps", steps, 1, 2**31 - 1)
    return FusedAdam(CosineThenConstant(rate, steps), **arguments)
