"""Masked autoregressive maps: each number is transformed as those before it say."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.bijectors.base import sum_rows
from kerasgen.bijectors.conditioner import Conditioned


@keras.saving.register_keras_serializable("kerasgen")
class MaskedAutoregressive(Conditioned):
    """y_i = f(x_i; network(x)_i) of vectors x, where number i of the network's output reads x_1..x_i-1 alone.

    The Jacobian is triangular, the determinant the product of its diagonal. `forward` is one evaluation,
    `inverse` one for each number of x. From data to noise it is the masked autoregressive flow (MAF,
    Papamakarios et al., 2017, arXiv:1705.07057, section 3.1); `Inverse(MaskedAutoregressive(...))` in its
    place is the inverse autoregressive flow (IAF, Kingma et al., 2016, arXiv:1606.04934), fast where MAF
    is slow.

    Args:
        elementwise: `Elementwise`: f.
        network: Functional model, x (batch, d), or [x, condition], to (batch, parameters d): the first
            parameter of all numbers, then the second; such as `networks.flows.made`.

    Raises:
        TypeError, ValueError: If an argument is none of these, or the shapes do not go together.
    """

    def build(self, input_shape):
        if len(input_shape) != 2:
            raise ValueError(f"`input_shape` must be that of vectors. Received: {tuple(input_shape)}.")
        self.check(input_shape)

    def forward(self, x, condition=None):
        y, log_slope = self.elementwise.forward(x, self.parameters(x, condition))
        return y, sum_rows(log_slope)

    def inverse(self, y, condition=None):
        """Number i is right after i evaluations; those behind it are kept at 0, lest they overflow."""
        size = y.shape[1]

        def solve(i, x):
            x, _ = self.elementwise.inverse(y, self.parameters(x, condition))
            return i + 1, tf.where(tf.range(size) <= i, x, tf.zeros_like(x))

        _, x = tf.while_loop(lambda i, _: i < size - 1, solve, (tf.constant(0), ops.zeros_like(y)))
        x, log_slope = self.elementwise.inverse(y, self.parameters(x, condition))
        return x, sum_rows(log_slope)
