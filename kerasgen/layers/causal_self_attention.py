"""Self-attention of a sequence to its past, with a cache of keys and values."""

import keras
import tensorflow as tf
from keras import layers, ops

from kerasgen.layers.stepwise import Stepwise
from kerasgen.ops import checks

FAR = -1e9  # what scores of later positions become


@keras.saving.register_keras_serializable("kerasgen")
class CausalSelfAttention(Stepwise, layers.Layer):
    """W_o softmax(q k^T / sqrt(d)) v of x (batch, time, channels), each step over itself and those before it.

    Vaswani et al. (2017), arXiv:1706.03762, section 3.2. A step with its cache of keys and values costs as
    much as there are steps, a whole pass their square.

    Args:
        heads: Number of heads, 1 to 2^16; divides the channels.

    Raises:
        TypeError, ValueError: If `heads` is no such int, or the sequence has no known length.
    """

    def __init__(self, heads=1, **kwargs):
        super().__init__(**kwargs)
        self.heads = checks.integer("heads", heads, 1, 2**16)

    def build(self, shape):
        self.length, channels = shape[1:]
        if self.length is None or channels % self.heads:
            words = "`heads` must divide the channels of a sequence of known length"
            raise ValueError(f"{words}. Received: heads={self.heads}, shape {shape}.")
        self.size = channels // self.heads
        self.inward = layers.Dense(3 * channels, dtype=self.dtype_policy)
        self.outward = layers.Dense(channels, dtype=self.dtype_policy)
        self.inward.build(shape), self.outward.build(shape)

    def attended(self, q, k, v, mask):
        """Values (batch, heads, queries, size) of queries, keys and values; a mask is added to scores."""
        scores = ops.matmul(q * self.size**-0.5, ops.transpose(k, (0, 1, 3, 2)))
        return ops.matmul(ops.softmax(scores + ops.cast(mask, scores.dtype)), v)

    def call(self, x):
        h = ops.reshape(self.inward(x), (-1, self.length, 3, self.heads, self.size))
        q, k, v = ops.unstack(ops.transpose(h, (2, 0, 3, 1, 4)), 3)  # (batch, heads, time, size)
        place = ops.arange(self.length)
        h = self.attended(q, k, v, ops.where(place[:, None] >= place, 0.0, FAR))
        h = ops.reshape(ops.transpose(h, (0, 2, 1, 3)), (-1, self.length, self.heads * self.size))
        return self.outward(h)

    def compute_output_shape(self, shape):
        return shape

    def start(self, batch, *given):
        past = self.zeros(batch, self.heads, self.length, self.size)
        return {"keys": past, "values": past}

    def step(self, x, cache, at):
        h = ops.reshape(self.inward(x), (-1, 3, self.heads, self.size))
        q, k, v = h[:, 0], h[:, 1], h[:, 2]
        cache = {"keys": write(cache["keys"], at, k), "values": write(cache["values"], at, v)}
        mask = ops.where(ops.arange(self.length) <= at, 0.0, FAR)
        h = self.attended(q[:, :, None], cache["keys"], cache["values"], mask)
        return self.outward(ops.reshape(h, (-1, self.heads * self.size))), cache

    def get_config(self):
        return super().get_config() | {"heads": self.heads}


def write(past, at, x):
    """A cache (batch, heads, time, size) with x (batch, heads, size) at one time."""
    batch, heads = tf.shape(past)[0], past.shape[1]
    rows = tf.stack(tf.meshgrid(tf.range(batch), tf.range(heads), indexing="ij"), axis=-1)
    index = tf.concat([rows, tf.fill([batch, heads, 1], at)], axis=-1)
    return tf.tensor_scatter_nd_update(past, index, x)
