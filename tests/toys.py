"""Two entries that no family of the library knows: sequences of tokens, and images made from images.

They are written as a person would write them, against the public classes and spaces alone. That they pass
the whole contract, are exported and shown, is the proof that a new kind of data needs no change elsewhere.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

import kerasgen as kg
from kerasgen import spaces
from kerasgen.models.core.weighting import mean
from kerasgen.ops import rng


@keras.saving.register_keras_serializable("tests")
class Unigram(kg.models.GenerativeModel):
    """Sequences whose tokens are independent: p(x) = prod_i softmax(logits_i)[x_i]."""

    support = "levels"
    weighted = True

    def __init__(self, length, vocabulary, seed=None, name=None):
        super().__init__(spaces.Tokens(length, vocabulary), seed=seed, name=name)
        inputs = keras.Input((1,))
        logits = keras.layers.Dense(length * vocabulary, use_bias=False)(inputs)
        self.network = keras.Model(inputs, keras.layers.Reshape((length, vocabulary))(logits))

    def log_density(self, x):
        logits = self.network(tf.ones((1, 1)))
        chosen = tf.one_hot(x, logits.shape[-1]) * tf.nn.log_softmax(logits)
        return ops.sum(chosen, axis=(1, 2))

    def train_step(self, data):
        x, _, weight = self.unpack(data)
        with tf.GradientTape() as tape:
            loss = -mean(self.log_density(x), weight)
        self.minimize(tape, loss, self.network, self.optimizer)
        return self.finish_step(loss=loss)

    def test_step(self, data):
        x, _, weight = self.unpack(data)
        return self.track(weight, loss=-self.log_density(x))

    def log_prob(self, x, progress=False):
        return np.asarray(self.log_density(tf.constant(self.event.check(x, "x"))))

    def draw(self, keys, condition=None):
        p = tf.nn.softmax(self.network(tf.ones((1, 1)))[0])
        u = rng.by_row(lambda key: rng.uniform(rng.stream(key, "start"), (p.shape[0], 1)), keys)
        return ops.sum(tf.cast(tf.cumsum(p, axis=-1)[:, :-1] < u, "int32"), axis=-1)

    def components(self):
        return {"network": self.with_average(self.network)}

    def endpoints(self):
        density = lambda x: {"log_prob": self.log_density(x)}
        endpoint = spaces.Endpoint(density, {"x": self.event}, {"log_prob": spaces.Nats()})
        return super().endpoints() | {"log_prob": endpoint}

    def get_config(self):
        sizes = {"length": self.event.shape[0], "vocabulary": self.event.vocabulary}
        return sizes | {"seed": self.seed, "name": self.name}


@keras.saving.register_keras_serializable("tests")
class Restorer(kg.models.GenerativeModel):
    """x = network(y) + noise: an image out of an image, by least squares."""

    def __init__(self, network, ema=None, seed=None, name=None):
        image = spaces.Box(network.input_shape[1:], -1, 1)
        super().__init__(image, condition=image, ema=ema, seed=seed, name=name)
        self.network, self.average = network, self.average_of(network)

    def train_step(self, data):
        x, condition, _ = self.unpack(data)
        with tf.GradientTape() as tape:
            loss = ops.mean(ops.square(self.network(condition, training=True) - x))
        self.minimize(tape, loss, self.network, self.optimizer)
        return self.finish_step(loss=loss)

    def test_step(self, data):
        x, condition, _ = self.unpack(data)
        return self.track(loss=ops.mean(ops.square(self.average(condition) - x)))

    def draw(self, keys, condition=None):
        noise = rng.by_row(lambda key: rng.normal(rng.stream(key, "start"), self.event.shape), keys)
        return self.event.clip(self.average(condition) + 0.1 * noise)

    def components(self):
        return {"network": self.with_average(self.network)}

    def get_config(self):
        return super().get_config() | self.config_of("network")


def unigram():
    model = Unigram(5, 7, seed=0)
    model.compile(kg.training.FusedAdam(0.1))
    return model


def restorer():
    inputs = keras.Input((4, 4, 1))
    network = keras.Model(inputs, keras.layers.Conv2D(1, 3, padding="same")(inputs))
    model = Restorer(network, ema=0.9, seed=0)
    model.compile(kg.training.FusedAdam(0.01))
    return model
