"""Maps that move numbers without changing them, and the architecture of several scales."""

import math

import keras
from keras import ops

from kerasgen.bijectors.base import Bijector, of_rows
from kerasgen.bijectors.compose import revived
from kerasgen.ops import checks


@keras.saving.register_keras_serializable("kerasgen")
class Flatten(Bijector):
    """An example of any shape as a vector."""

    def build(self, input_shape):
        self.event_shape = tuple(input_shape[1:])

    def compute_output_shape(self, input_shape):
        return (input_shape[0], math.prod(input_shape[1:]))

    def forward(self, x, condition=None):
        return ops.reshape(x, (-1, math.prod(self.event_shape))), of_rows(x, 0)

    def inverse(self, y, condition=None):
        return ops.reshape(y, (-1, *self.event_shape)), of_rows(y, 0)


@keras.saving.register_keras_serializable("kerasgen")
class Squeeze(Bijector):
    """Images (h, w, c) as (h/2, w/2, 4 c), each square of four pixels as the channels of one.

    RealNVP, arXiv:1605.08803, section 3.6.
    """

    def build(self, input_shape):
        *sides, channels = input_shape[1:]
        if len(sides) != 2 or any(side % 2 for side in sides):
            raise ValueError(
                f"`input_shape` must be that of images with even sides. Received: {tuple(input_shape)}."
            )
        self.grid = sides[0] // 2, sides[1] // 2, channels

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return (batch, height // 2, width // 2, 4 * channels)

    def forward(self, x, condition=None):
        height, width, channels = self.grid
        y = ops.transpose(ops.reshape(x, (-1, height, 2, width, 2, channels)), (0, 1, 3, 2, 4, 5))
        return ops.reshape(y, (-1, height, width, 4 * channels)), of_rows(x, 0)

    def inverse(self, y, condition=None):
        height, width, channels = self.grid
        x = ops.transpose(ops.reshape(y, (-1, height, width, 2, 2, channels)), (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, 2 * height, 2 * width, channels)), of_rows(y, 0)


@keras.saving.register_keras_serializable("kerasgen")
class FactorOut(Bijector):
    """The second half of the channels stays as it is, the first goes on through a bijector; both as a vector.

    RealNVP's architecture of several scales, arXiv:1605.08803, section 3.6, equations 14 to 16: half of the
    numbers are compared with the prior at once, which spares the later layers work and gives the earlier ones
    a gradient of their own. A `Coupling` in front makes that prior a learned one.

    Args:
        bijector: `Bijector` of the first half.
    """

    def __init__(self, bijector, **kwargs):
        super().__init__(**kwargs)
        self.bijector = checks.instance("bijector", bijector, Bijector)

    def build(self, input_shape):
        *sides, channels = input_shape[1:]
        if channels < 2:
            raise ValueError(f"`input_shape` must have two channels or more. Received: {tuple(input_shape)}.")
        self.kept = channels // 2
        self.rest = (*sides, channels - self.kept)
        if not self.bijector.built:
            self.bijector.build((None, *sides, self.kept))
        self.inner = self.bijector.compute_output_shape((None, *sides, self.kept))[1:]

    def compute_output_shape(self, input_shape):
        return (input_shape[0], math.prod(input_shape[1:]))

    def forward(self, x, condition=None):
        a, log_det = self.bijector.forward(x[..., : self.kept], condition)
        return self._joined(a, x), log_det

    def initialize(self, x, condition=None, weight=None):
        return self._joined(self.bijector.initialize(x[..., : self.kept], condition, weight), x)

    def inverse(self, y, condition=None):
        size = math.prod(self.inner)
        a, log_det = self.bijector.inverse(ops.reshape(y[:, :size], (-1, *self.inner)), condition)
        return ops.concatenate([a, ops.reshape(y[:, size:], (-1, *self.rest))], axis=-1), log_det

    def _joined(self, a, x):
        rest = ops.reshape(x[..., self.kept :], (-1, math.prod(self.rest)))
        return ops.concatenate([ops.reshape(a, (-1, math.prod(self.inner))), rest], axis=1)

    def get_config(self):
        return super().get_config() | {"bijector": keras.saving.serialize_keras_object(self.bijector)}

    from_config = revived("bijector")
