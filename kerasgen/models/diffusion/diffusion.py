"""Denoising diffusion (Ho et al., 2020, arXiv:2006.11239), in continuous or discrete time."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.models.core.weighting import mean
from kerasgen.models.diffusion.denoising import DenoisingModel, sampling_of
from kerasgen.objectives.diffusion import WEIGHTINGS
from kerasgen.ops import checks, rng


@keras.saving.register_keras_serializable("kerasgen")
class Diffusion(DenoisingModel):
    """A network that learns what was added to an example, at every level of noise.

    Where next to nothing is left of the example, eps says nothing of it: x = (x_t - sigma eps) / alpha
    then multiplies every error. Samplers start there; so "v" is the default, and "eps" is for data
    with a range, at whose ends the example is cut.

    Args:
        network: Functional model, [x_t (batch, *event.shape), time (batch,)], and with a condition its
            rows, such as labels (batch,) in [0, num_classes] where the last means none, to
            float32 (batch, *event.shape): what `parametrization` says.
        schedule: A name in `objectives.diffusion.SCHEDULES`.
        parametrization: A name in `objectives.diffusion.PARAMETRIZATIONS`.
        weighting: None for the squared error of the network's output as it is, or a name in
            `objectives.diffusion.WEIGHTINGS`: what that of the example is multiplied by at each
            level. "simple" is then the error of the noise, whatever is predicted.
        sampler, num_steps, guidance, guidance_interval, spacing: How `sample` draws unless told otherwise:
            see `models.diffusion.sampling.Sampling`.
        time_distribution, num_times, condition_drop, value_range, condition, ema: See `DenoisingModel`.
        seed, name: See `ZooModel`.

    Logs: `loss`, the weighted squared error of a number of the output.
    """

    weighted = True

    def __init__(
        self,
        network,
        schedule="cosine",
        parametrization="v",
        weighting=None,
        sampler="dpm_solver_2m",
        num_steps=20,
        guidance=1.0,
        guidance_interval=(0.0, 1.0),
        spacing=1.0,
        time_distribution="uniform",
        num_times=None,
        condition_drop=0.1,
        value_range=(-1.0, 1.0),
        condition=None,
        ema=0.999,
        seed=None,
        name=None,
    ):
        self.weighting = checks.choice("weighting", weighting, (None, *WEIGHTINGS))
        sampling = sampling_of(
            num_times,
            sampler=sampler,
            num_steps=num_steps,
            guidance=guidance,
            guidance_interval=guidance_interval,
            spacing=spacing,
        )
        super().__init__(
            network,
            schedule,
            parametrization,
            sampling,
            time_distribution,
            num_times,
            condition_drop,
            value_range,
            condition,
            ema,
            seed,
            name,
        )

    def train_step(self, data):
        """Algorithm 1: a level of noise for each example, and a step down the error of the prediction."""
        x, condition, weight = self.unpack(data)
        t_key, eps_key, drop_key = rng.split(self.key(), 3)
        t, condition = self.times(t_key, ops.shape(x)[0]), self.drop_condition(condition, drop_key)
        with tf.GradientTape() as tape:
            loss = mean(self.error(x, t, condition, eps_key, self.denoiser, training=True), weight)
        self.minimize(tape, loss, self.network, self.optimizer)
        return self.finish_step(loss=loss)

    def test_step(self, data):
        """The same error on held-out data, by the averaged network, with every condition."""
        x, condition, weight = self.unpack(data)
        t_key, eps_key = rng.split(self.evaluation_key(), 2)
        error = self.error(x, self.times(t_key, ops.shape(x)[0]), condition, eps_key, self.average_denoiser)
        return self.track(weight, loss=error)

    def error(self, x, t, condition, key, denoiser, training=False):
        """The weighted squared errors of the network's output, (batch, *event.shape)."""
        x_t, eps, alpha, sigma = denoiser.add_noise(x, t, key)
        target = denoiser.parametrization.target(x, eps, alpha, sigma)
        output = denoiser.predict(x_t, t, condition, training)
        return self.weight(alpha, sigma) * ops.square(output - target)

    def weight(self, alpha, sigma):
        """Of the squared error of the network's own output."""
        if self.weighting is None:
            return 1.0
        ratio = self.denoiser.parametrization.squared_error_ratio
        return WEIGHTINGS[self.weighting](alpha, sigma) / ratio(alpha, sigma)

    def get_config(self):
        return super().get_config() | self.config_of("schedule", "parametrization", "weighting")
