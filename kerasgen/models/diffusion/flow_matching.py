"""Flow matching along straight lines (Lipman et al., 2023, arXiv:2210.02747)."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.models.core.weighting import mean
from kerasgen.models.diffusion.denoising import DenoisingModel, sampling_of
from kerasgen.ops import rng


@keras.saving.register_keras_serializable("kerasgen")
class FlowMatching(DenoisingModel):
    """The velocity d x_t / dt = eps - x of straight lines x_t = (1 - t) x + t eps from examples to noise.

    Conditional optimal-transport paths, section 4.1 of the paper with time reversed, the same as
    the first rectified flow (Liu et al., 2023, arXiv:2209.03003). The network learns the mean
    velocity at each point, whose flow takes noise to examples.

    Args:
        network: See `Diffusion`; its output is the velocity.
        sampler, num_steps, guidance, guidance_interval, spacing: How `sample` draws unless told otherwise:
            see `models.diffusion.sampling.Sampling`.
        time_distribution, num_times, condition_drop, value_range, condition, ema: See `DenoisingModel`.
        seed, name: See `ZooModel`.

    Logs: `loss`, the squared error of a number of the velocity.
    """

    weighted = True

    def __init__(
        self,
        network,
        sampler="heun",
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
            "straight",
            "velocity",
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
        """A point on a line from each example to noise of its own, and a step towards the line's velocity."""
        x, condition, weight = self.unpack(data)
        t_key, eps_key, drop_key = rng.split(self.key(), 3)
        t, condition = self.times(t_key, ops.shape(x)[0]), self.drop_condition(condition, drop_key)
        x_t, eps, _, _ = self.denoiser.add_noise(x, t, eps_key)
        with tf.GradientTape() as tape:
            velocity = self.denoiser.predict(x_t, t, condition, training=True)
            loss = mean(ops.square(velocity - (eps - x)), weight)
        self.minimize(tape, loss, self.network, self.optimizer)
        return self.finish_step(loss=loss)

    def test_step(self, data):
        """The same error on held-out data, by the averaged network, with every condition."""
        x, condition, weight = self.unpack(data)
        t_key, eps_key = rng.split(self.evaluation_key(), 2)
        t = self.times(t_key, ops.shape(x)[0])
        x_t, eps, _, _ = self.average_denoiser.add_noise(x, t, eps_key)
        velocity = self.average_denoiser.predict(x_t, t, condition)
        return self.track(weight, loss=ops.square(velocity - (eps - x)))
