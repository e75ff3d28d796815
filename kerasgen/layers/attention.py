"""Self-attention over the positions of an image."""

import keras
from keras import layers, ops

from kerasgen.layers.normalization import GroupNormSiLU
from kerasgen.ops import checks


@keras.saving.register_keras_serializable("kerasgen")
class SelfAttention(layers.Layer):
    """x + W_o softmax(q k^T / sqrt(d)) v over positions; q, k, v of normalized x (batch, h, w, c).

    Vaswani et al. (2017), arXiv:1706.03762, equation 1, as in appendix B of Ho et al. (2020),
    arXiv:2006.11239. W_o is 0 at first, so that the layer starts as the identity.

    Args:
        heads: Number of heads; divides the channels.
        groups: Groups of the normalization; divides the channels.

    Raises:
        TypeError, ValueError: If an argument is no int >= 1, or does not divide the channels.
    """

    def __init__(self, heads=1, groups=8, **kwargs):
        super().__init__(**kwargs)
        self.heads = checks.integer("heads", heads, 1, 2**16)
        self.groups = checks.integer("groups", groups, 1, 2**16)

    def build(self, shape):
        channels = shape[-1]
        if channels % self.heads:
            raise ValueError(f"`heads` must divide {channels} channels. Received: heads={self.heads}.")
        policy = self.dtype_policy
        self.norm = GroupNormSiLU(self.groups, activate=False, dtype=policy)
        self.inward = layers.Dense(3 * channels, dtype=policy)
        self.outward = layers.Dense(channels, kernel_initializer="zeros", dtype=policy)
        self.norm.build(shape)
        self.inward.build(shape), self.outward.build(shape)

    def call(self, x):
        *_, height, width, channels = x.shape
        size = channels // self.heads
        h = ops.reshape(self.inward(self.norm(x)), (-1, height * width, 3, self.heads, size))
        q, k, v = ops.unstack(ops.transpose(h, (2, 0, 3, 1, 4)), 3)  # (batch, heads, positions, size)
        weights = ops.softmax(ops.matmul(q, ops.transpose(k, (0, 1, 3, 2))) * size**-0.5)
        h = ops.transpose(ops.matmul(weights, v), (0, 2, 1, 3))
        return x + self.outward(ops.reshape(h, (-1, height, width, channels)))

    def compute_output_shape(self, shape):
        return shape

    def get_config(self):
        return super().get_config() | {"heads": self.heads, "groups": self.groups}
