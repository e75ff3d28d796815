"""Vector quantization: a codebook whose vectors stand for the points that are nearest to them."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.ops import checks, rng

EPSILON = 1e-5  # of Laplace smoothing, where all counts together are 1


@keras.saving.register_keras_serializable("kerasgen")
class Codebook(keras.layers.Layer):
    """K vectors e_k for points z of a grid; a call gives each point the index of its nearest vector.

    The vectors follow their points by exponential moving averages instead of gradients (van den
    Oord et al., 2017, arXiv:1711.00937, appendix A.1). Of n points of a batch, n_k nearest to e_k,

        N_k <- decay N_k + (1 - decay) n_k / n
        m_k <- decay m_k + (1 - decay) sum_{j of k} z_j / n,        e_k = m_k / N'_k,

    N'_k = (N_k + epsilon / K) / (1 + epsilon): Laplace smoothing, so that no count is 0. m is not
    stored: it is N' e. The shares N, unlike counts, do not depend on the size of a batch.

    An embedding whose share falls below `restart` / K is dead: it is reset to a random point of the batch,
    with the share 1 / K (Dhariwal et al., 2020, Jukebox, arXiv:2005.00341, section 3.1). All are
    dead at first, so that the first batch initializes the codebook.

    Args:
        num_embeddings: K, 1 to 2^20.
        decay: Of the moving averages, in [0, 1).
        restart: Share of the mean use below which an embedding is dead, in (0, 1].

    Attributes:
        vectors: e, float32 (K, d).
        shares: N, float32 (K,): how often each vector is used; they add up to 1 after an update.
        cells: float32 (*grid, K): how often each is used in each cell of the grid, by the same averages.

    Raises:
        TypeError, ValueError: If an argument is of the wrong type or out of its range.
    """

    def __init__(self, num_embeddings, decay=0.99, restart=0.05, **kwargs):
        super().__init__(**kwargs)
        self.num_embeddings = checks.integer("num_embeddings", num_embeddings, 1, 2**20)
        self.decay = checks.number("decay", decay, 0, 1, "[)")
        self.restart = checks.number("restart", restart, 0, 1, "(]")

    def build(self, input_shape):
        *grid, width = input_shape[1:]
        weight = lambda name, shape, initializer: self.add_weight(
            name=name, shape=shape, initializer=initializer, trainable=False
        )
        self.vectors = weight("vectors", (self.num_embeddings, width), "random_normal")
        self.shares = weight("shares", (self.num_embeddings,), "zeros")
        uniform = keras.initializers.Constant(1 / self.num_embeddings)
        self.cells = weight("cells", (*grid, self.num_embeddings), uniform)

    def call(self, z):
        """argmin_k |z - e_k|^2 of points z (..., d): int32 (...)."""
        points = ops.reshape(z, (-1, z.shape[-1]))
        half = ops.sum(ops.square(self.vectors), axis=-1) / 2
        nearness = ops.matmul(points, ops.transpose(self.vectors)) - half  # (|z|^2 - |z - e|^2) / 2
        return ops.reshape(ops.argmax(nearness, axis=-1), ops.shape(z)[:-1])

    def lookup(self, codes):
        """The vectors e of codes, int32 (...): float32 (..., d)."""
        return ops.take(self.vectors, codes, axis=0)

    def update(self, z, codes, key):
        """Moves the vectors towards the points that are nearest to them, and resets the dead ones.

        Args:
            z: Points, float32 (batch, *grid, d).
            codes: Their codes, int32 (batch, *grid).
            key: Of the random points that dead embeddings are reset to.
        """
        chosen = ops.one_hot(codes, self.num_embeddings)  # (batch, *grid, K)
        points = ops.reshape(z, (-1, z.shape[-1]))
        of_code = ops.reshape(chosen, (-1, self.num_embeddings))
        sums = ops.matmul(ops.transpose(of_code), points) / ops.cast(ops.shape(points)[0], "float32")
        cells, used, sums = _over_replicas([ops.mean(chosen, axis=0), ops.mean(of_code, axis=0), sums])
        shares = self._averaged(self.shares, used)
        vectors = self._averaged(_smoothed(self.shares) * self.vectors, sums) / _smoothed(shares)
        dead = shares < self.restart / self.num_embeddings
        self.vectors.assign(ops.where(dead[:, None], self._random_points(points, key), vectors))
        shares = ops.where(dead, 1 / self.num_embeddings, shares)
        self.shares.assign(shares / ops.sum(shares))
        self.cells.assign(self._averaged(self.cells, cells))

    def sample(self, uniform):
        """Codes from the distribution of each cell, of uniform numbers (num, *grid): int32 (num, *grid)."""
        cumulative = ops.cumsum(self.cells, axis=-1)
        below = cumulative <= uniform[..., None] * cumulative[..., -1:]  # (num, *grid, K)
        return ops.minimum(ops.sum(ops.cast(below, "int32"), axis=-1), self.num_embeddings - 1)

    def log_prob(self, codes):
        """log p in nats, (batch,), of codes (batch, *grid): independent cells, each by its own distribution.

        A code that a cell has not had lately counts as one that it had with probability 1e-30.
        """
        p = self.cells / ops.sum(self.cells, axis=-1, keepdims=True)
        log_p = ops.sum(ops.one_hot(codes, self.num_embeddings) * ops.log(ops.maximum(p, 1e-30)), axis=-1)
        return ops.sum(log_p, axis=tuple(range(1, len(codes.shape))))

    def _averaged(self, average, new):
        return self.decay * average + (1 - self.decay) * new

    def _random_points(self, points, key):
        """One of the points (n, d) for each code: (K, d); code k is drawn by replica k mod num, for all."""
        context = tf.distribute.get_replica_context()
        num = context.num_replicas_in_sync
        turn = tf.range(self.num_embeddings) % num == context.replica_id_in_sync_group
        chosen = ops.take(points, rng.integers(key, (self.num_embeddings,), ops.shape(points)[0]), axis=0)
        return num * _over_replicas(ops.where(turn[:, None], chosen, 0.0))

    def get_config(self):
        plain = ("num_embeddings", "decay", "restart")
        return super().get_config() | {name: getattr(self, name) for name in plain}


def straight_through(z, e):
    """z + sg[e - z]: the value of e, with the gradient handed on to z.

    Van den Oord et al. (2017), arXiv:1711.00937, section 3.2.
    """
    return z + ops.stop_gradient(e - z)


def perplexity(codes, num):
    """exp(-sum_k p_k log p_k), p_k the share of code k: a scalar from 1 to num.

    Args:
        codes: Ints in [0, num), of any shape.
        num: Number of codes, >= 1.
    """
    num = checks.integer("num", num, 1, 2**20)
    shares = ops.mean(ops.one_hot(ops.reshape(codes, (-1,)), num), axis=0)
    return ops.exp(-ops.sum(shares * ops.log(ops.maximum(shares, 1e-30))))  # 0 log 0 = 0


def _smoothed(shares):
    """N' of shares (K,), as a column."""
    return ((shares + EPSILON / shares.shape[0]) / (1 + EPSILON))[:, None]


def _over_replicas(values):
    """The mean of tensors over the replicas of a distributed step."""
    context = tf.distribute.get_replica_context()
    return context.all_reduce("MEAN", values) if context.num_replicas_in_sync > 1 else values
