"""Supervised classifiers, in whose features the samples of other models are measured."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen import spaces
from kerasgen.models.core.weighting import mean
from kerasgen.models.core.zoo_model import ZooModel
from kerasgen.ops import checks


@keras.saving.register_keras_serializable("kerasgen")
class Classifier(ZooModel):
    """p(label | x), trained by its cross-entropy; the layer before the logits is a feature space.

    Args:
        network: Functional model, x (batch, *event.shape) to float32 logits
            (batch, num_classes); its last layer makes the logits of the features.
        value_range: (low, high) of x, or None for any finite numbers.
        ema: Decay in (0, 1) of the average of the network, which is what `call`, `features` and
            `evaluate` use, or None.
        seed, name: See `ZooModel`.

    Logs `loss`, the cross-entropy in nats, and `accuracy`, the share of right answers in [0, 1].
    """

    weighted = True

    def __init__(self, network, value_range=(-1.0, 1.0), ema=None, seed=None, name=None):
        checks.network("network", network)
        event = spaces.box(network.inputs[0].shape[1:], value_range)
        labels = spaces.Label(network.outputs[0].shape[-1])
        super().__init__(event, labels, ema, seed, ("loss", "accuracy"), name)
        self.network = network
        self.average = self.average_of(network)
        average = self.average
        self.judge = keras.Model(average.inputs, [average.layers[-1].input, average.outputs[0]], name="judge")

    def train_step(self, data):
        """One step down the cross-entropy."""
        x, y, weight = self.unpack(data)
        with tf.GradientTape() as tape:
            logits = self.network(x, training=True)
            loss = mean(cross_entropy(y, logits), weight)
        self.minimize(tape, loss, self.network, self.optimizer)
        return self.finish_step(loss=loss, accuracy=hits(y, logits))

    def test_step(self, data):
        """Cross-entropy and accuracy on held-out data, by the averaged network."""
        x, y, weight = self.unpack(data)
        logits = self(x)
        return self.track(weight, loss=cross_entropy(y, logits), accuracy=hits(y, logits))

    def call(self, x, training=False):
        """Logits of x: float32, (batch, num_classes)."""
        return self.average(x, training=training)

    def features(self, x):
        """(features (batch, width), logits (batch, num_classes)) of x, both float32."""
        return self.judge(x, training=False)

    def components(self):
        return {"network": self.with_average(self.network)}

    def endpoints(self):
        """`serving_default`: x to `probabilities` and `features`, one row each."""

        def serving_default(x):
            features, logits = self.features(x)
            return {"probabilities": ops.softmax(logits), "features": features}

        outputs = {
            "probabilities": spaces.Simplex((self.condition.num_classes,)),
            "features": spaces.Box(self.judge.outputs[0].shape[1:]),
        }
        return {"serving_default": spaces.Endpoint(serving_default, {"x": self.event}, outputs)}

    def get_config(self):
        return super().get_config() | self.config_of("network") | {"value_range": self.event.range}


def cross_entropy(y, logits):
    """-log p(y | x) in nats, shape (batch,)."""
    return ops.sparse_categorical_crossentropy(y, logits, from_logits=True)


def hits(y, logits):
    """1 where the largest logit is the label's, else 0: float32, shape (batch,)."""
    return ops.cast(
        ops.equal(ops.cast(y, "int64"), ops.cast(ops.argmax(logits, axis=-1), "int64")), "float32"
    )
