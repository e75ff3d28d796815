"""Bijectors made of bijectors."""

import keras

from kerasgen.bijectors.base import Bijector, of_rows
from kerasgen.ops import checks


def revived(name):
    """The `from_config` of a bijector whose argument `name` is a bijector."""

    def from_config(cls, config):
        return cls(**config | {name: keras.saving.deserialize_keras_object(config[name])})

    return classmethod(from_config)


@keras.saving.register_keras_serializable("kerasgen")
class Chain(Bijector):
    """f_n o ... o f_1: bijectors one after another, the first applied first.

    Args:
        bijectors: A sequence of `Bijector`s, one or more.
    """

    def __init__(self, bijectors, **kwargs):
        super().__init__(**kwargs)
        parts = checks.members("bijectors", bijectors, "a sequence of bijectors")
        if not parts:
            raise ValueError("`bijectors` must hold one or more. Received: none.")
        self.bijectors = [checks.instance("bijectors", part, Bijector) for part in parts]

    def build(self, input_shape):
        for part in self.bijectors:
            if not part.built:
                part.build(input_shape)
            input_shape = part.compute_output_shape(input_shape)

    def compute_output_shape(self, input_shape):
        for part in self.bijectors:
            input_shape = part.compute_output_shape(input_shape)
        return input_shape

    def forward(self, x, condition=None):
        total = of_rows(x, 0)
        for part in self.bijectors:
            x, log_det = part.forward(x, condition)
            total = total + log_det
        return x, total

    def inverse(self, y, condition=None):
        total = of_rows(y, 0)
        for part in reversed(self.bijectors):
            y, log_det = part.inverse(y, condition)
            total = total + log_det
        return y, total

    def initialize(self, x, condition=None, weight=None):
        for part in self.bijectors:
            x = part.initialize(x, condition, weight)
        return x

    def get_config(self):
        parts = [keras.saving.serialize_keras_object(part) for part in self.bijectors]
        return super().get_config() | {"bijectors": parts}

    @classmethod
    def from_config(cls, config):
        parts = [keras.saving.deserialize_keras_object(part) for part in config["bijectors"]]
        return cls(**config | {"bijectors": parts})


@keras.saving.register_keras_serializable("kerasgen")
class Inverse(Bijector):
    """The inverse of a bijector that keeps the shape.

    Args:
        bijector: `Bijector`.
    """

    def __init__(self, bijector, **kwargs):
        super().__init__(**kwargs)
        self.bijector = checks.instance("bijector", bijector, Bijector)

    def build(self, input_shape):
        if not self.bijector.built:
            self.bijector.build(input_shape)

    def forward(self, x, condition=None):
        return self.bijector.inverse(x, condition)

    def inverse(self, y, condition=None):
        return self.bijector.forward(y, condition)

    def get_config(self):
        return super().get_config() | {"bijector": keras.saving.serialize_keras_object(self.bijector)}

    from_config = revived("bijector")
