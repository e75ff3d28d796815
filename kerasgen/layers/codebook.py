"""A codebook: vectors, each of which stands for the points that are nearest to it."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.ops import checks, rng

EPSILON = 1e-5  # of the smoothing, against a mean count of 1


@keras.saving.register_keras_serializable("kerasgen")
class Codebook(keras.layers.Layer):
    """K vectors e_k for points z of a grid; a call gives each point the number of its vector.

    The vectors follow their points by exponential moving averages instead of gradients (van den
    Oord et al., 2017, arXiv:1711.00937, appendix A.1). Of n points of a batch, n_k nearest to e_k,

        N_k <- decay N_k + (1 - decay) n_k / n
        m_k <- decay m_k + (1 - decay) sum_{j of k} z_j / n,        e_k = m_k / N'_k,

    N'_k = (N_k + epsilon / K) / (1 + epsilon), smoothed as by Laplace, so that no count is 0. m is
    not kept: it is N' e. The shares N, rather than counts, do not depend on the size of a batch.

    A code is dead whose share falls below `restart` / K: it becomes a random point of the batch,
    with the share 1 / K (Dhariwal et al., 2020, Jukebox, arXiv:2005.00341, section 3.1). Every code is
    dead at first, so the first batch makes the book.

    Args:
        codes: K >= 1.
        decay: Of the averages, in [0, 1).
        restart: In (0, 1].

    Attributes:
        vectors: e, float32 (K, d).
        shares: N, float32 (K,): how often each code is used; their sum is 1 after a step.
        cells: float32 (*grid, K): how often each is used in each cell, by the same averages.

    Raises:
        TypeError, ValueError: If an argument is out of its range.
    """

    def __init__(self, codes, decay=0.99, restart=0.05, **kwargs):
        checks.integer("codes", codes, 1, 2**20)
        if not 0 <= decay < 1:
            raise ValueError(f"`decay` must be in [0, 1). Received: decay={decay}.")
        if not 0 < restart <= 1:
            raise ValueError(f"`restart` must be in (0, 1]. Received: restart={restart}.")
        super().__init__(**kwargs)
        self.codes, self.decay, self.restart = codes, decay, restart

    def build(self, input_shape):
        *grid, width = input_shape[1:]
        weight = lambda name, shape, initializer: self.add_weight(
            name=name, shape=shape, initializer=initializer, trainable=False
        )
        self.vectors = weight("vectors", (self.codes, width), "random_normal")
        self.shares = weight("shares", (self.codes,), "zeros")
        uniform = keras.initializers.Constant(1 / self.codes)
        self.cells = weight("cells", (*grid, self.codes), uniform)

    def call(self, z):
        """argmin_k |z - e_k|^2 of points z (..., d): int32 (...)."""
        points = ops.reshape(z, (-1, z.shape[-1]))
        half = ops.sum(ops.square(self.vectors), axis=-1) / 2
        nearness = ops.matmul(points, ops.transpose(self.vectors)) - half  # (|z|^2 - |z - e|^2) / 2
        return ops.reshape(ops.argmax(nearness, axis=-1), ops.shape(z)[:-1])

    def lookup(self, codes):
        """e of codes (...): float32 (..., d)."""
        return ops.take(self.vectors, codes, axis=0)

    def follow(self, z, codes, key):
        """Moves the vectors to their points z (batch, *grid, d), codes (batch, *grid); restarts by `key`."""
        chosen = ops.one_hot(codes, self.codes)  # (batch, *grid, K)
        points = ops.reshape(z, (-1, z.shape[-1]))
        of_code = ops.reshape(chosen, (-1, self.codes))
        sums = ops.matmul(ops.transpose(of_code), points) / ops.cast(ops.shape(points)[0], "float32")
        cells, used, sums = _over_replicas([ops.mean(chosen, axis=0), ops.mean(of_code, axis=0), sums])
        shares = self._moved(self.shares, used)
        vectors = self._moved(_smoothed(self.shares) * self.vectors, sums) / _smoothed(shares)
        dead = shares < self.restart / self.codes
        self.vectors.assign(ops.where(dead[:, None], self._random(points, key), vectors))
        shares = ops.where(dead, 1 / self.codes, shares)
        self.shares.assign(shares / ops.sum(shares))
        self.cells.assign(self._moved(self.cells, cells))

    def draw(self, uniform):
        """Codes of uniform numbers (num, *grid), each from the law of its own cell: int32."""
        law = ops.cumsum(self.cells, axis=-1)
        below = law <= uniform[..., None] * law[..., -1:]  # (num, *grid, K)
        return ops.minimum(ops.sum(ops.cast(below, "int32"), axis=-1), self.codes - 1)

    def _moved(self, average, new):
        return self.decay * average + (1 - self.decay) * new

    def _random(self, points, key):
        """One of the points (n, d) for each code: (K, d). Replicas take turns, to agree on all."""
        context = tf.distribute.get_replica_context()
        num = context.num_replicas_in_sync
        turn = tf.range(self.codes) % num == context.replica_id_in_sync_group
        chosen = ops.take(points, rng.integers(key, (self.codes,), ops.shape(points)[0]), axis=0)
        return num * _over_replicas(ops.where(turn[:, None], chosen, 0.0))

    def get_config(self):
        return super().get_config() | {"codes": self.codes, "decay": self.decay, "restart": self.restart}


def straight_through(z, e):
    """e going forward, z going back: the gradient of what follows reaches z as it reached e.

    z + sg[e - z]: van den Oord et al. (2017), arXiv:1711.00937, section 3.2.
    """
    return z + ops.stop_gradient(e - z)


def perplexity(codes, num):
    """exp(-sum_k p_k log p_k) of the shares p of codes in [0, num): from 1 to num, a scalar."""
    shares = ops.mean(ops.one_hot(ops.reshape(codes, (-1,)), num), axis=0)
    return ops.exp(-ops.sum(shares * ops.log(ops.maximum(shares, 1e-30))))  # 0 log 0 = 0


def _smoothed(shares):
    """N' of shares (K,), as a column."""
    return ((shares + EPSILON / shares.shape[0]) / (1 + EPSILON))[:, None]


def _over_replicas(values):
    """The mean of tensors over the replicas of a distributed step."""
    context = tf.distribute.get_replica_context()
    return context.all_reduce("MEAN", values) if context.num_replicas_in_sync > 1 else values
