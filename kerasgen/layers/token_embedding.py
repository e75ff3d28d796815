"""Vectors of tokens, which are also the weights of their logits."""

import keras
from keras import ops

from kerasgen.ops import checks


@keras.saving.register_keras_serializable("kerasgen")
class TokenEmbedding(keras.layers.Layer):
    """Vectors e_k of the tokens 0 to V - 1, and of V, which stands before the first one.

    Called with tokens (batch, time) it gives their vectors (batch, time, width); called with features
    (..., width) and `reverse`, their logits h e_k + b_k, (..., V): float32. Press & Wolf (2017),
    arXiv:1608.05859.

    Args:
        vocabulary: V, 1 to 2^20.
        width: Numbers of a vector, 1 to 2^16.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    def __init__(self, vocabulary, width=64, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary = checks.integer("vocabulary", vocabulary, 1, 2**20)
        self.width = checks.integer("width", width, 1, 2**16)

    def build(self, shape):
        start = keras.initializers.RandomNormal(0, self.width**-0.5)
        self.table = self.add_weight((self.vocabulary + 1, self.width), start, name="table")
        self.bias = self.add_weight((self.vocabulary,), "zeros", name="bias")

    def call(self, x, reverse=False):
        if not reverse:
            return ops.take(ops.cast(self.table, self.compute_dtype), ops.cast(x, "int32"), axis=0)
        logits = ops.matmul(x, ops.transpose(ops.cast(self.table[: self.vocabulary], x.dtype)))
        return ops.cast(logits, "float32") + ops.cast(self.bias, "float32")

    def compute_output_spec(self, x, reverse=False):
        if reverse:
            return keras.KerasTensor((*x.shape[:-1], self.vocabulary), "float32")
        return keras.KerasTensor((*x.shape, self.width), self.compute_dtype)

    def get_config(self):
        return super().get_config() | {"vocabulary": self.vocabulary, "width": self.width}
