"""Dense layers some of whose connections are cut, so that outputs read earlier inputs alone."""

import keras
import numpy as np
from keras import ops

from kerasgen.ops import checks

MOST = 2**20  # of a degree


@keras.saving.register_keras_serializable("kerasgen")
class MaskedDense(keras.layers.Layer):
    """activation(x (M * W) + b): unit j reads input i where degree j >= degree i, or > of an output layer.

    MADE (Germain et al., 2015, arXiv:1502.03509, equations 8 and 9): with degree i of input i and any degrees
    between, output i of the last layer depends on inputs of a smaller degree only.

    Args:
        inputs: Degrees of the inputs, a sequence of ints in [0, 2^20].
        units: Degrees of the units.
        strict: Whether it is an output layer.
        activation: Name of a Keras activation, or None.
        kernel_initializer: Of W, of Keras, or its name.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    def __init__(
        self, inputs, units, strict=False, activation=None, kernel_initializer="glorot_uniform", **kwargs
    ):
        super().__init__(**kwargs)
        self.inputs, self.units = degrees("inputs", inputs), degrees("units", units)
        self.strict = checks.flag("strict", strict)
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape):
        before, here = np.array(self.inputs)[:, None], np.array(self.units)[None]
        self.mask = (here > before if self.strict else here >= before).astype("float32")
        self.kernel = self.add_weight(self.mask.shape, self.kernel_initializer, name="kernel")
        self.bias = self.add_weight(self.mask.shape[1:], "zeros", name="bias")

    def call(self, x):
        kernel = ops.cast(self.kernel, x.dtype) * ops.cast(self.mask, x.dtype)
        return self.activation(ops.matmul(x, kernel) + ops.cast(self.bias, x.dtype))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], len(self.units))

    def get_config(self):
        return super().get_config() | {
            "inputs": self.inputs,
            "units": self.units,
            "strict": self.strict,
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def degrees(name, value):
    """A tuple of ints in [0, 2^20], one or more; TypeError or ValueError if it is none."""
    found = checks.members(name, value, "a sequence of ints")
    if not found:
        raise ValueError(f"`{name}` must hold one int or more. Received: none.")
    return tuple(checks.integer(name, degree, 0, MOST) for degree in found)
