"""A learned scale that all outputs of a decoder share."""

import keras
from keras import ops

from kerasgen.ops import checks


@keras.saving.register_keras_serializable("kerasgen")
class GlobalLogScale(keras.layers.Layer):
    """Appends one learned number to means (..., c): (..., 2 c), whose second half is this number everywhere.

    Rybkin et al. (2021), sigma-VAE, arXiv:2006.13202, section 3: a shared, learned variance
    balances distortion and rate without a beta.

    Args:
        initial: Its initial value, the logarithm of a standard deviation or scale, in [-80, 80].

    Raises:
        TypeError, ValueError: If `initial` is no number, or out of its range.
    """

    def __init__(self, initial=0.0, **kwargs):
        super().__init__(**kwargs)
        self.initial = checks.number("initial", initial, -80, 80)
        self.log_scale = self.add_weight(
            shape=(), initializer=keras.initializers.Constant(self.initial), name="log_scale"
        )

    def call(self, mean):
        return ops.concatenate([mean, ops.zeros_like(mean) + self.log_scale], axis=-1)

    def get_config(self):
        return super().get_config() | {"initial": self.initial}
