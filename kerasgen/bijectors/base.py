"""Bijector: an invertible map of rows, and the logarithm of the determinant of its Jacobian."""

import keras
from keras import ops


class Bijector(keras.layers.Layer):
    """An invertible, differentiable map y = f(x) of rows, x (batch, *shape), whose Jacobian is known.

    If y = f(x) has the density q, then x has the density (Dinh et al., 2015, NICE, arXiv:1410.8516,
    equation 1)

        log p(x) = log q(f(x)) + log |det df/dx|.

    A subclass writes `forward` and `inverse`, `build` where it has weights or depends on the shape, and
    `compute_output_shape` where y has another shape than x. The arithmetic is in the type of x, whatever the
    dtype policy, so that log-determinants keep their digits in mixed precision; networks inside follow
    theirs.

    Attributes:
        conditional: Whether the map reads a condition: a second input of the networks inside.
        data_dependent: Whether `initialize` reads weights off a batch.
    """

    def __init__(self, **kwargs):
        super().__init__(autocast=False, **kwargs)

    @property
    def conditional(self):
        return any(inner.conditional for inner in self._layers if isinstance(inner, Bijector))

    @property
    def data_dependent(self):
        return any(inner.data_dependent for inner in self._layers if isinstance(inner, Bijector))

    def forward(self, x, condition=None):
        """(y, log |det dy/dx|) of x (batch, *shape); the latter has shape (batch,), nats.

        Args:
            x: Float tensor.
            condition: (batch, ...) for a conditional bijector, or None.
        """
        raise NotImplementedError(f"{type(self).__name__} has no forward.")

    def inverse(self, y, condition=None):
        """(x, log |det dx/dy|) of y; otherwise as `forward`."""
        raise NotImplementedError(f"{type(self).__name__} has no inverse.")

    def initialize(self, x, condition=None, weight=None):
        """y = f(x), after weights were set that are to be read off a first batch.

        Args:
            x, condition: As in `forward`.
            weight: How much each example counts, (batch,), or None.
        """
        return self.forward(x, condition)[0]

    def call(self, x, condition=None):
        return self.forward(x, condition)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)


def sum_rows(values):
    """The sum over all axes but the first: (batch,)."""
    return ops.sum(ops.reshape(values, (ops.shape(values)[0], -1)), axis=1)


def of_rows(x, value):
    """A number that is the same for every row of x: (batch,), in the type of x."""
    return ops.broadcast_to(ops.cast(value, x.dtype), ops.shape(x)[:1])
