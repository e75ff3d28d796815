"""Exponential moving averages of networks."""

import keras
import tensorflow as tf


class Averages:
    """Copies of networks that follow them by an exponential moving average.

    The decay grows with the train step t as min(decay, (1 + t) / (10 + t)), so that the averages leave
    the random start behind within a few hundred steps.

    Args:
        decay: In (0, 1), or None for no averages.
    """

    def __init__(self, decay):
        self.decay, self.pairs = decay, []

    def add(self, network):
        """A copy of `network` that `update` moves; `network` itself without a decay."""
        if self.decay is None:
            return network
        average = keras.models.clone_model(network)
        average.set_weights(network.get_weights())
        average.trainable = False
        average.name = f"average_{network.name}"
        self.pairs.append((average, network))
        return average

    def of(self, network):
        """[the average of a network] or []."""
        return [average for average, followed in self.pairs if followed is network]

    def update(self, iterations):
        """Moves every average after train step number `iterations`, an int tensor."""
        if not self.pairs:
            return
        t = tf.cast(iterations, "float32")
        rate = 1 - tf.minimum(self.decay, (1 + t) / (10 + t))
        for average, network in self.pairs:
            for old, new in zip(average.weights, network.weights, strict=True):
                value = tf.convert_to_tensor(old)
                old.assign(value - tf.cast(rate, old.dtype) * (value - new))
