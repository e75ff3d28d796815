"""Denoising diffusion (Ho et al., 2020, arXiv:2006.11239), in continuous or discrete time."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.models.denoising import DenoisingModel
from kerasgen.objectives.diffusion import WEIGHTINGS
from kerasgen.ops import checks, rng


@keras.saving.register_keras_serializable("kerasgen")
class Diffusion(DenoisingModel):
    """A network that learns what was added to an example, at every level of noise.

    Where next to nothing is left of the example, eps says nothing of it: x = (x_t - sigma eps) / alpha
    then multiplies every error. Samplers start there; so "v" is the default, and "eps" is for data
    with a range, at whose ends the example is cut.

    Args:
        network, schedule, prediction: See `DenoisingModel`.
        weighting: None for the squared error of the prediction as it is, or a name in
            `objectives.diffusion.WEIGHTINGS`: what that of the example is multiplied by at each
            level. "simple" is then the error of the noise, whatever is predicted.
        **kwargs: Of `DenoisingModel`: time_law, num_times, sampler, steps, guidance, num_classes, ...

    Logs: `loss`, the weighted squared error of a number of the output.
    """

    def __init__(
        self,
        network,
        schedule="cosine",
        prediction="v",
        weighting=None,
        **kwargs,
    ):
        checks.choice("weighting", weighting, (None, *WEIGHTINGS))
        super().__init__(network, schedule, prediction, **kwargs)
        self.weighting = weighting

    def train_step(self, data):
        """Algorithm 1: a level of noise for each example, and a step down the error of the prediction."""
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        t_key, eps_key, label_key = rng.split(self.key(), 3)
        t, labels = self.times(t_key, ops.shape(x)[0]), self.hidden(y, label_key)
        x_t, eps, alpha, sigma = self.corrupted(x, t, eps_key)
        target = self.asked.target(x, eps, alpha, sigma)
        with tf.GradientTape() as tape:
            error = ops.square(self.output(x_t, t, labels, training=True) - target)
            loss = ops.mean(self.weight(alpha, sigma) * error)
        self.descend(tape, loss, self.network, self.network_optimizer)
        return self.end_step(loss=loss)

    def test_step(self, data):
        """The same error on held-out data, by the averaged network, with every label."""
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        t_key, eps_key = rng.split(self.key(), 2)
        t = self.times(t_key, ops.shape(x)[0])
        x_t, eps, alpha, sigma = self.corrupted(x, t, eps_key)
        labels = self.labels_of(y)
        error = ops.square(self.output(x_t, t, labels) - self.asked.target(x, eps, alpha, sigma))
        return self.track(loss=ops.mean(self.weight(alpha, sigma) * error))

    def weight(self, alpha, sigma):
        """Of the squared error of the network's own output."""
        if self.weighting is None:
            return 1.0
        return WEIGHTINGS[self.weighting](alpha, sigma) / self.asked.error(alpha, sigma)

    def get_config(self):
        plain = ("schedule", "prediction", "weighting")
        return super().get_config() | {name: getattr(self, name) for name in plain}
