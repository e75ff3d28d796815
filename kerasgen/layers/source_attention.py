"""Attention of a sequence that is written to one that has been read."""

import keras
from keras import ops

from kerasgen.layers.stepwise import Stepwise

PADDING = -3e4  # added to the scores of padding: exp gives 0, and float16 holds it


@keras.saving.register_keras_serializable("kerasgen")
class SourceAttention(Stepwise, keras.layers.Layer):
    """x (batch, time, channels), memory (batch, source, any), its lengths (batch,) -> c (batch, time, any).

        c_t = sum_s a_ts memory_s,    a_t = softmax_s(x_t W memory_s)

    over the elements s of the source, without the padding behind them. Luong et al. (2015), arXiv:1508.04025,
    equations 7 and 8, "general". A step costs as much as the source is long, wherever it is.
    """

    def build(self, x_shape, memory_shape, lengths_shape):
        self.kernel = self.add_weight((memory_shape[-1], x_shape[-1]), "glorot_uniform", name="kernel")

    def keys(self, memory):
        return ops.matmul(self.cast(memory), self.cast(self.kernel))

    def weighted(self, x, keys, lengths):
        """a (batch, time, source) of x and of W memory."""
        padding = self.cast(ops.arange(keys.shape[1]) >= lengths[:, None]) * PADDING
        return ops.softmax(ops.matmul(self.cast(x), ops.transpose(keys, (0, 2, 1))) + padding[:, None])

    def alignment(self, x, memory, lengths):
        """a (batch, time, source), adding up to 1: what each step draws on each element; 0 for padding."""
        return self.weighted(x, self.keys(memory), lengths)

    def call(self, x, memory, lengths):
        return ops.matmul(self.alignment(x, memory, lengths), self.cast(memory))

    def compute_output_shape(self, x_shape, memory_shape, lengths_shape):
        return (*x_shape[:-1], memory_shape[-1])

    def start(self, batch, memory, lengths):
        return {"keys": self.keys(memory), "memory": self.cast(memory), "lengths": lengths}

    def step(self, x, cache, at):
        found = ops.matmul(self.weighted(x[:, None], cache["keys"], cache["lengths"]), cache["memory"])
        return found[:, 0], cache
