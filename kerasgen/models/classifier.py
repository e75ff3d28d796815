"""Supervised classifiers: what reads the zoo's samples when they are judged."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.models import saved_model
from kerasgen.models.base import ZooModel

serialize = keras.saving.serialize_keras_object


@keras.saving.register_keras_serializable("kerasgen")
class Classifier(ZooModel):
    """p(label | x), trained by its cross-entropy; the layer before the logits is a feature space.

    Args:
        network: Functional model, x (batch, *event_shape) to float32 logits
            (batch, num_classes); its last layer makes the logits of the features.
        value_range, ema, seed: See `ZooModel`. The average is of the network; it is what
            `call`, `features` and `evaluate` use.

    Logs `loss`, the cross-entropy in nats, and `accuracy`, the share of right answers in [0, 1].
    """

    def __init__(self, network, value_range=(-1.0, 1.0), **kwargs):
        shapes = {"event_shape": network.input_shape[1:], "num_classes": network.output_shape[-1]}
        super().__init__(terms=("loss", "accuracy"), value_range=value_range, **shapes | kwargs)
        self.network = network
        self.average = self.average_of(network)
        average = self.average
        self.judge = keras.Model(average.input, [average.layers[-1].input, average.output], name="judge")

    def train_step(self, data):
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            logits = self.network(x, training=True)
            loss = ops.mean(cross_entropy(y, logits))
        self.descend(tape, loss, self.network, self.network_optimizer)
        return self.end_step(loss=loss, accuracy=hits(y, logits))

    def test_step(self, data):
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        logits = self(x)
        return self.track(loss=cross_entropy(y, logits), accuracy=hits(y, logits))

    def call(self, x, training=False):
        """Logits of x: float32, (batch, num_classes)."""
        return self.average(x, training=training)

    def features(self, x):
        """(features (batch, width), logits (batch, num_classes)) of x, both float32."""
        return self.judge(x, training=False)

    def parts(self):
        return {"network": self.both(self.network)}

    def endpoints(self, max_rows=1024):
        """`serving_default`: x to `probabilities` and `features`, one row each."""

        def serving_default(x):
            features, logits = self.features(saved_model.examples(x, max_rows, self))
            return {"probabilities": ops.softmax(logits), "features": features}

        spec = tf.TensorSpec([None, *self.event_shape], "float32", "x")
        return {"serving_default": (serving_default, [spec])}

    def get_config(self):
        return super().get_config() | {"network": serialize(self.network)}


def cross_entropy(y, logits):
    """-log p(y | x) in nats, shape (batch,)."""
    return ops.sparse_categorical_crossentropy(y, logits, from_logits=True)


def hits(y, logits):
    """1 where the largest logit is the label's, else 0: float32, shape (batch,)."""
    return ops.cast(
        ops.equal(ops.cast(y, "int64"), ops.cast(ops.argmax(logits, axis=-1), "int64")), "float32"
    )
