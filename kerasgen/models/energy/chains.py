"""Markov chains whose rows are walked each by its own key."""

import numpy as np
import tensorflow as tf
from keras import ops

from kerasgen.models.core.generative import GenerativeModel
from kerasgen.ops import checks, rng

BLOCK = 16  # steps of a chain whose noise is drawn at once


def walk(transition, width, x, keys, first, last):
    """(x, mean) after steps `first` to `last` - 1 of chains (num, any), int tensors.

    Row i depends on keys[i] alone, and a chain that is walked in pieces is that walked at once.

    Args:
        transition: Function of x and uniform noise (num, width) that gives (x', its mean given what it was
            drawn from), both of the shape of x.
        width: Numbers of noise in a step.
        x: Where the chains are before step `first`.
        keys: One for each row, (num, 2).
        first, last: Numbers of steps.
    """

    def block(i, x, mean):
        draw = lambda key: rng.uniform(rng.step(key, "noise", i), (BLOCK, width))
        u = rng.by_row(draw, keys)
        end = tf.minimum(last - i * BLOCK, BLOCK)
        step = lambda j, x, _: (j + 1, *transition(x, u[:, j]))
        start = tf.maximum(first - i * BLOCK, 0)
        return i + 1, *tf.while_loop(lambda j, *_: j < end, step, (start, x, mean))[1:]

    within = lambda i, *_: i * BLOCK < last
    return tf.while_loop(within, block, (first // BLOCK, x, x), parallel_iterations=1)[1:]


class ChainModel(GenerativeModel):
    """A model of bits whose samples are where a Markov chain is after `sampling_steps` steps.

    `begin(keys)` gives bits (num, d), `walk(x, keys, first, last)` what `chains.walk` does; a subclass sets
    `sampling_steps` and `sample_mode`, and calls `make_chain_graphs` when its networks are there.
    """

    def begin(self, keys):
        """Where the chain of each key begins, (num, d)."""
        raise NotImplementedError

    def walk(self, x, keys, first, last):
        """(x, its mean given what it was drawn from) after steps `first` to `last` - 1: see `chains.walk`."""
        raise NotImplementedError

    def make_chain_graphs(self):
        graph = lambda function: tf.function(function, autograph=False, reduce_retracing=True)
        self._walked, self._walk, self._begin = graph(self.walked), graph(self.walk), graph(self.begin)

    def draw(self, keys, condition=None):
        return self.walked(keys, self.sampling_steps)

    def walked(self, keys, num_steps):
        """What the chains of keys are after `num_steps` steps."""
        x, mean = self.walk(self.begin(keys), keys, tf.constant(0), tf.cast(num_steps, "int32"))
        return ops.reshape(x if self.sample_mode == "sample" else mean, (-1, *self.event.shape))

    def drawing(self, progress=False, num_steps=None):
        """As in `GenerativeModel`.

        Args:
            progress: Not used: a chunk is one graph.
            num_steps: Steps of the chain, 1 to 2^20; None takes `sampling_steps`.
        """
        if num_steps is None:
            return self._draw
        num_steps = tf.constant(checks.integer("num_steps", num_steps, 1, 2**20))
        return lambda keys: self._walked(keys, num_steps)

    def means_of_steps(self, num, steps, seed):
        """The means of each step of `num` chains, float32 (num, steps, *event.shape)."""
        keys = self.row_keys(num, seed)
        x, means = self._begin(keys), []
        for step in range(steps):
            x, mean = self._walk(x, keys, tf.constant(step), tf.constant(step + 1))
            means.append(mean)
        return np.stack(means, axis=1).reshape(num, steps, *self.event.shape)
