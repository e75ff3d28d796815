"""What couplings and autoregressive maps share: a network that gives parameters of a monotone function."""

import keras
from keras import ops

from kerasgen.bijectors.base import Bijector
from kerasgen.bijectors.elementwise import Elementwise
from kerasgen.ops import checks


class Conditioned(Bijector):
    """A monotone function of each number, whose parameters a network reads off others.

    Args:
        elementwise: `Elementwise`.
        network: Functional model, x (batch, *shape), or [x, condition], to (batch, *shape[:-1], parameters
            c).
    """

    def __init__(self, elementwise, network, **kwargs):
        super().__init__(**kwargs)
        self.elementwise = checks.instance("elementwise", elementwise, Elementwise)
        self.network = checks.network("network", network)
        if len(network.inputs) > 2 or len(network.outputs) != 1:
            raise ValueError(
                "`network` must take x, or x and a condition, and give one output. "
                f"Received: {len(network.inputs)} inputs, {len(network.outputs)} outputs."
            )

    @property
    def conditional(self):
        return len(self.network.inputs) == 2

    def check(self, input_shape):
        """Refuses a network whose input or output is not that of x and of its parameters."""
        *sides, channels = input_shape[1:]
        for what, got, expected in (
            ("take", self.network.inputs[0].shape[1:], (*sides, channels)),
            ("give", self.network.outputs[0].shape[1:], (*sides, channels * self.elementwise.parameters)),
        ):
            if tuple(got) != expected:
                raise ValueError(f"`network` must {what} shape {expected}. Received: {tuple(got)}.")

    def parameters(self, x, condition=None):
        """The parameters of each number, (batch, ..., parameters, c), in the type of x."""
        p = ops.cast(self.network([x, condition] if self.conditional else x), x.dtype)
        *sides, channels = x.shape[1:]
        return ops.reshape(p, (-1, *sides, self.elementwise.parameters, channels))

    def get_config(self):
        plain = keras.saving.serialize_keras_object
        own = {"elementwise": plain(self.elementwise), "network": plain(self.network)}
        return super().get_config() | own

    @classmethod
    def from_config(cls, config):
        revived = {
            name: keras.saving.deserialize_keras_object(config[name]) for name in ("elementwise", "network")
        }
        return cls(**config | revived)
