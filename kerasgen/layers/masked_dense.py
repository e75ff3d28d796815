"""Dense layers some of whose connections are cut, so that outputs read earlier inputs alone."""

import keras
import numpy as np
from keras import ops

from kerasgen.ops import checks

MOST = 2**20  # of a degree


@keras.saving.register_keras_serializable("kerasgen")
class MaskedDense(keras.layers.Layer):
    """x (M * W) + b: unit j reads input i where degree j >= degree i, or > of an output layer.

    MADE (Germain et al., 2015, arXiv:1502.03509, section 3.1): with degree i of input i, and any degrees
    between, output i of the last layer depends on inputs of a smaller degree only.

    Args:
        input_degrees: Degrees of the inputs, a sequence of ints in [0, 2^20].
        unit_degrees: Degrees of the units.
        strict: Whether it is an output layer.
        zeros: Whether W is 0 at first; else it is Glorot's.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    def __init__(self, input_degrees, unit_degrees, strict=False, zeros=False, **kwargs):
        super().__init__(**kwargs)
        self.input_degrees = degrees("input_degrees", input_degrees)
        self.unit_degrees = degrees("unit_degrees", unit_degrees)
        self.strict, self.zeros = checks.flag("strict", strict), checks.flag("zeros", zeros)

    def build(self, input_shape):
        before, here = np.array(self.input_degrees)[:, None], np.array(self.unit_degrees)[None]
        self.mask = (here > before if self.strict else here >= before).astype("float32")
        start = "zeros" if self.zeros else "glorot_uniform"
        self.kernel = self.add_weight(self.mask.shape, start, name="kernel")
        self.bias = self.add_weight(self.mask.shape[1:], "zeros", name="bias")

    def call(self, x):
        kernel = ops.cast(self.kernel, x.dtype) * ops.cast(self.mask, x.dtype)
        return ops.matmul(x, kernel) + ops.cast(self.bias, x.dtype)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], len(self.unit_degrees))

    def get_config(self):
        own = ("input_degrees", "unit_degrees", "strict", "zeros")
        return super().get_config() | {name: getattr(self, name) for name in own}


def degrees(name, value):
    """A tuple of ints in [0, 2^20], one or more; TypeError or ValueError if it is none."""
    found = checks.members(name, value, "a sequence of ints")
    if not found:
        raise ValueError(f"`{name}` must hold one int or more. Received: none.")
    return tuple(checks.integer(name, degree, 0, MOST) for degree in found)
