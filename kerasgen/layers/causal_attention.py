"""Attention to earlier positions of an image (Chen et al., 2018, PixelSNAIL, arXiv:1712.09763, section 2)."""

import keras
import tensorflow as tf
from keras import layers, ops

from kerasgen.layers.causal import Causal, write
from kerasgen.ops import checks

LATER = -3e4  # added to the scores of later positions: exp gives 0, and float16 holds it


@keras.saving.register_keras_serializable("kerasgen")
class CausalAttention(Causal, layers.Layer):
    """[memory, query] -> softmax(q k^T / sqrt(key_dim)) v over strictly earlier positions, in raster order.

    Both inputs are (batch, h, w, any): keys and values are linear in `memory`, which may hold the image
    itself, queries in `query`. The first position has nothing to attend to and gets zeros. The output is
    (batch, h, w, heads value_dim). One position costs as much as there are earlier ones.

    Args:
        key_dim: Numbers of a key, 1 to 2^16.
        value_dim: Numbers of a value, 1 to 2^16.
        heads: How often all of this is done, each time with weights of its own, 1 to 2^16.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    strict = True

    def __init__(self, key_dim=16, value_dim=32, heads=1, **kwargs):
        super().__init__(**kwargs)
        self.key_dim = checks.integer("key_dim", key_dim, 1, 2**16)
        self.value_dim = checks.integer("value_dim", value_dim, 1, 2**16)
        self.heads = checks.integer("heads", heads, 1, 2**16)

    def build(self, memory_shape, query_shape):
        self.positions, self.width = memory_shape[1] * memory_shape[2], memory_shape[2]
        dense = lambda size: layers.Dense(self.heads * size, dtype=self.dtype_policy)
        self.keys, self.values, self.queries = map(dense, (self.key_dim, self.value_dim, self.key_dim))
        self.keys.build(memory_shape), self.values.build(memory_shape), self.queries.build(query_shape)

    def call(self, memory, query):
        k, v, q = map(self.by_head, (self.keys(memory), self.values(memory), self.queries(query)))
        place = ops.arange(self.positions)
        later = self.cast(place[:, None] <= place) * LATER
        weights = ops.softmax(ops.matmul(q * self.key_dim**-0.5, ops.swapaxes(k, 2, 3)) + later)
        found = ops.matmul(weights, v) * self.cast(place > 0)[:, None]  # (batch, heads, positions, value_dim)
        return ops.reshape(ops.swapaxes(found, 1, 2), self.compute_output_shape(None, ops.shape(query)))

    def by_head(self, x):
        """(batch, h, w, heads any) -> (batch, heads, positions, any)."""
        return ops.swapaxes(ops.reshape(x, (-1, self.positions, self.heads, x.shape[-1] // self.heads)), 1, 2)

    def compute_output_shape(self, memory_shape, query_shape):
        return (*query_shape[:-1], self.heads * self.value_dim)

    def start(self, batch):
        sizes = {"keys": self.key_dim, "values": self.value_dim}
        return {name: self.zeros(self.positions, batch, self.heads * size) for name, size in sizes.items()}

    def record(self, cache, position, x, query):
        at = position.row * self.width + position.column
        return {
            "keys": write(cache["keys"], at, self.keys(x)),
            "values": write(cache["values"], at, self.values(x)),
        }

    def read(self, cache, position, query):
        at = position.row * self.width + position.column
        split = lambda x: ops.reshape(x, (*ops.shape(x)[:-1], self.heads, x.shape[-1] // self.heads))
        keys, values = (split(cache[name][:at]) for name in ("keys", "values"))
        scores = ops.sum(keys * split(self.queries(query)), axis=-1) * self.key_dim**-0.5
        weights = ops.exp(scores - tf.reduce_max(scores, axis=0))  # (earlier positions, batch, heads)
        total = ops.sum(weights[..., None] * values, axis=0)
        found = tf.math.divide_no_nan(total, ops.sum(weights, axis=0)[..., None])
        return ops.reshape(found, (-1, self.heads * self.value_dim))

    def get_config(self):
        own = {"key_dim": self.key_dim, "value_dim": self.value_dim, "heads": self.heads}
        return super().get_config() | own
