"""Adam whose update is one kernel."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("kerasgen")
class FusedAdam(keras.optimizers.Adam):
    """`keras.optimizers.Adam`, its arguments and its numbers, with the update of a variable in one pass.

    Kingma & Ba (2015), arXiv:1412.6980, Algorithm 1, as TensorFlow's own kernel computes it: a dozen
    passes over the memory of a variable become one, which is a tenth of a small network's
    train step on a CPU. With amsgrad, or on several replicas, it is Keras's.
    """

    def update_step(self, gradient, variable, learning_rate):
        if self.amsgrad or tf.distribute.get_strategy().num_replicas_in_sync > 1:
            return super().update_step(gradient, variable, learning_rate)
        index = self._get_variable_index(variable)
        number = lambda value: tf.cast(value, variable.dtype)
        step = number(self.iterations + 1)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].handle,
            v=self._velocities[index].handle,
            beta1_power=tf.pow(number(self.beta_1), step),
            beta2_power=tf.pow(number(self.beta_2), step),
            lr=number(learning_rate),
            beta1=number(self.beta_1),
            beta2=number(self.beta_2),
            epsilon=number(self.epsilon),
            grad=number(gradient),
        )


def decaying_adam(rate, steps, **arguments):
    """`FusedAdam` whose rate falls from `rate` to 0 along half a cosine of `steps` train steps.

    Loshchilov & Hutter (2017), arXiv:1608.03983, equation 5 without restarts; `arguments` are Adam's.
    """
    return FusedAdam(keras.optimizers.schedules.CosineDecay(rate, steps), **arguments)
