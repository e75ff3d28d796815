"""The energy of a restricted Boltzmann machine, and the Gibbs chain that leaves its distribution as it is."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.models.energy import chains
from kerasgen.ops import checks, rng


@keras.saving.register_keras_serializable("kerasgen")
class BipartiteEnergy(keras.layers.Layer):
    """E(v, h) = -b.v - c.h - v W h of bits v and h, no two of a kind connected (Smolensky, 1986).

    Its marginal is p(v) = exp(-F(v)) / Z with the free energy F(v) = -b.v - sum_j log(1 + exp(c_j + v W_j)).

    Args:
        visible, hidden: Numbers of v and of h, 1 to 2^20.
        bias: Initial value of b, log-odds in [-80, 80].

    Attributes:
        means: Of v in the data as far as they were read, (visible,), no part of the energy.
    """

    def __init__(self, visible, hidden, bias=0.0, **kwargs):
        super().__init__(**kwargs)
        self.visible, self.hidden = (checks.integer("units", units, 1, 2**20) for units in (visible, hidden))
        self.bias = checks.number("bias", bias, -80, 80)
        small, start = keras.initializers.RandomNormal(stddev=0.01), keras.initializers.Constant(self.bias)
        self.matrix = self.add_weight((visible, hidden), small, name="matrix")
        self.visible_bias = self.add_weight((visible,), start, name="visible_bias")
        self.hidden_bias = self.add_weight((hidden,), "zeros", name="hidden_bias")
        half = keras.initializers.Constant(0.5)
        self.means = self.add_weight((visible,), half, trainable=False, name="means")
        self.built = True

    def hidden_logits(self, v):
        """Log-odds of h given v (..., visible): (..., hidden)."""
        return ops.matmul(v, self.matrix) + self.hidden_bias

    def visible_logits(self, h):
        """Log-odds of v given h (..., hidden): (..., visible)."""
        return ops.matmul(h, ops.transpose(self.matrix)) + self.visible_bias

    def free_energy(self, v):
        """F(v) of v (batch, visible): nats (batch,)."""
        return -ops.matmul(v, self.visible_bias[:, None])[:, 0] - ops.sum(
            ops.softplus(self.hidden_logits(v)), axis=-1
        )

    def transition(self, v, u):
        """One step: (v', E[v' | h]) of v (batch, visible) and uniform noise (batch, hidden + visible)."""
        h = ops.cast(u[:, : self.hidden] < ops.sigmoid(self.hidden_logits(v)), v.dtype)
        mean = ops.sigmoid(self.visible_logits(h))
        return ops.cast(u[:, self.hidden :] < mean, v.dtype), mean

    def chain(self, v, key, steps):
        """v after `steps` steps, an int; all rows draw from one key."""
        width = self.hidden + self.visible

        def step(i, v):
            return i + 1, self.transition(v, rng.uniform(rng.fold_in(key, i), (ops.shape(v)[0], width)))[0]

        return tf.while_loop(lambda i, _: i < steps, step, (tf.constant(0), v))[1]

    def start(self, keys):
        """Where the chain of each key begins: independent bits with the means of the data, (num, visible)."""
        draw = lambda key: rng.uniform(rng.stream(key, "start"), (self.visible,))
        return ops.cast(rng.by_row(draw, keys) < self.means, "float32")

    def walk(self, v, keys, first, last):
        """(v, E[v | h]) after steps `first` to `last` - 1 of the chains of `keys`: see `chains.walk`."""
        return chains.walk(self.transition, self.hidden + self.visible, v, keys, first, last)

    def get_config(self):
        return super().get_config() | {"visible": self.visible, "hidden": self.hidden, "bias": self.bias}
