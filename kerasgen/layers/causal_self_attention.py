"""Self-attention of a sequence to its past, with a cache of keys and values."""

import keras
import tensorflow as tf
from keras import layers, ops

from kerasgen.layers.stepwise import Stepwise
from kerasgen.ops import checks

FAR = -1e9  # what scores of later positions become
RECENT = 32  # steps whose keys and values are kept apart from those before them


@keras.saving.register_keras_serializable("kerasgen")
class CausalSelfAttention(Stepwise, layers.Layer):
    """W_o softmax(q k^T / sqrt(d)) v of x (batch, time, channels), each step over itself and those before it.

    Vaswani et al. (2017), arXiv:1706.03762, section 3.2. A step with its cache of keys and values costs as
    much as there are steps before it, a whole pass their square. Those of the last steps are kept apart,
    since a loop copies what it writes to.

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

    def scores(self, q, k, mask=0.0):
        """q k^T / sqrt(d) of (batch, heads, any, size), to which a mask is added."""
        scores = ops.matmul(q * self.size**-0.5, ops.transpose(k, (0, 1, 3, 2)))
        return scores + ops.cast(mask, scores.dtype)

    def call(self, x):
        h = ops.reshape(self.inward(x), (-1, self.length, 3, self.heads, self.size))
        q, k, v = ops.unstack(ops.transpose(h, (2, 0, 3, 1, 4)), 3)  # (batch, heads, time, size)
        place = ops.arange(self.length)
        h = ops.matmul(ops.softmax(self.scores(q, k, ops.where(place[:, None] >= place, 0.0, FAR))), v)
        h = ops.reshape(ops.transpose(h, (0, 2, 1, 3)), (-1, self.length, self.heads * self.size))
        return self.outward(h)

    def compute_output_shape(self, shape):
        return shape

    def start(self, batch, *given):
        recent = self.zeros(batch, self.heads, RECENT, self.size)
        # Of no known length, so that a loop may carry any.
        open_shape = (None, self.heads, None, self.size)
        empty = tf.raw_ops.PlaceholderWithDefault(input=recent[:, :, :0], shape=open_shape)
        return {"keys": empty, "values": empty, "recent_keys": recent, "recent_values": recent}

    def step(self, x, cache, at):
        h = ops.reshape(self.inward(x), (-1, 3, self.heads, self.size))
        q, place = h[:, 0, :, None], at % RECENT
        keys, values = (
            write(cache["recent_keys"], place, h[:, 1]),
            write(cache["recent_values"], place, h[:, 2]),
        )
        mask = ops.where(ops.arange(RECENT) <= place, 0.0, FAR)
        past = self.scores(q, cache["keys"])
        weights = ops.softmax(ops.concatenate([past, self.scores(q, keys, mask)], axis=-1))
        num = tf.shape(past)[-1]
        h = ops.matmul(weights[..., :num], cache["values"]) + ops.matmul(weights[..., num:], values)
        kept = {
            "keys": joined(cache["keys"], keys, place),
            "values": joined(cache["values"], values, place),
            "recent_keys": keys,
            "recent_values": values,
        }
        return self.outward(ops.reshape(h, (-1, self.heads * self.size))), kept

    def get_config(self):
        return super().get_config() | {"heads": self.heads}


def write(recent, place, x):
    """A cache (batch, heads, places, size) with x (batch, heads, size) at one place."""
    batch, heads = tf.shape(recent)[0], recent.shape[1]
    rows = tf.stack(tf.meshgrid(tf.range(batch), tf.range(heads), indexing="ij"), axis=-1)
    index = tf.concat([rows, tf.fill([batch, heads, 1], place)], axis=-1)
    return tf.tensor_scatter_nd_update(recent, index, x)


def joined(past, recent, place):
    """The past with the recent steps behind it, if the last of their places has been written."""
    join = lambda: tf.concat([past, recent], axis=2)
    return tf.cond(place == RECENT - 1, join, lambda: past)
