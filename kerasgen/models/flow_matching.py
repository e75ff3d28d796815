"""Flow matching along straight lines (Lipman et al., 2023, arXiv:2210.02747)."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.models.denoising import DenoisingModel
from kerasgen.ops import rng


@keras.saving.register_keras_serializable("kerasgen")
class FlowMatching(DenoisingModel):
    """The velocity d x_t / dt = eps - x of straight lines x_t = (1 - t) x + t eps from examples to noise.

    Conditional optimal-transport paths, section 4.1 of the paper with time reversed, the same as
    the first rectified flow (Liu et al., 2023, arXiv:2209.03003). The network learns the mean
    velocity at each point, whose flow takes noise to examples.

    Args:
        network: See `DenoisingModel`; it says the velocity.
        **kwargs: Of `DenoisingModel`: time_law, sampler, steps, guidance, label_drop, num_classes, ...

    Logs: `loss`, the squared error of a number of the velocity.
    """

    def __init__(self, network, sampler="heun", **kwargs):
        super().__init__(network, "straight", "velocity", sampler=sampler, **kwargs)

    def train_step(self, data):
        """A point on a line from each example to noise of its own, and a step towards the line's velocity."""
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        t_key, eps_key, label_key = rng.split(self.key(), 3)
        t, labels = self.times(t_key, ops.shape(x)[0]), self.hidden(y, label_key)
        x_t, eps, _, _ = self.corrupted(x, t, eps_key)
        with tf.GradientTape() as tape:
            velocity = self.output(x_t, t, labels, training=True)
            loss = ops.mean(ops.square(velocity - (eps - x)))
        self.descend(tape, loss, self.network, self.network_optimizer)
        return self.end_step(loss=loss)

    def test_step(self, data):
        """The same error on held-out data, by the averaged network, with every label."""
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        t_key, eps_key = rng.split(self.key(), 2)
        t = self.times(t_key, ops.shape(x)[0])
        x_t, eps, _, _ = self.corrupted(x, t, eps_key)
        labels = self.labels_of(y)
        return self.track(loss=ops.mean(ops.square(self.output(x_t, t, labels) - (eps - x))))
