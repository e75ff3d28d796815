"""Consistency distillation (Song et al., 2023, arXiv:2303.01469): a teacher's many steps in one, or a few."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.models.diffusion.denoising import DenoisingModel, sampling_of
from kerasgen.models.diffusion.distillation import Distillation, check_teacher, pseudo_huber
from kerasgen.objectives.adversarial import GAMES
from kerasgen.ops import checks, rng
from kerasgen.samplers.ode import ddim_step

PARAMETRIZATIONS = ("v", "velocity", "edm")  # those that give x_t itself where there is no noise


@keras.saving.register_keras_serializable("kerasgen")
class Consistency(DenoisingModel):
    """A student that predicts the same example from every point of a path of the teacher's ODE.

    Two neighboring points of a path: x_t' is an example with noise, x_t what one step of the teacher
    (DDIM unless told otherwise, with its guidance) makes of it. The student at x_t' is drawn towards its
    own average at x_t, and at t = 0 it predicts x_t itself, so that in the end it predicts from pure noise
    where the path leads. `sample` then takes `num_steps` evaluations, with fresh noise between them: the
    sampler "consistency", Algorithm 1.

    With `segments` > 1 the path is cut in as many equal parts, and the student only has to agree with
    itself within each: DDIM by its prediction leads from any point of a part to one and the same end
    (Heek et al., 2024, arXiv:2403.06807). It is easier to learn, and `sample` takes one step of
    "euler", which is DDIM, through each.

    A student that is only drawn towards targets learns their mean where it cannot tell them apart, and
    means are smooth. With a `discriminator` it also plays a game (Kim et al., 2024, arXiv:2310.02279,
    section 3.2): the discriminator compares where each segment leads with examples that have the noise of
    its end; discriminators of noisy examples are steadier than those of clean ones (Xiao et al., 2022,
    arXiv:2112.07804; Wang et al., 2023, arXiv:2206.02262). The players descend

        student        E d(a, b) + w g(landing)
        discriminator  real(x at the end's noise) + fake(landing),

    d(a, b) being the distance of the student's prediction from its target.

    Args:
        network: The student, of the teacher's kind; best begun at the teacher's weights.
        teacher: Its network, trained; it is not trained on.
        discriminator: None, or a Functional model of the student's inputs, [x_t, time] and with a condition
            its rows, to float32 logits, one per example; see `networks.dcgan.noisy_discriminator`. It is not
            part of what is shipped, nor is the teacher.
        game: A name in `objectives.adversarial.GAMES`.
        game_weight: w >= 0.
        schedule, parametrization: The teacher's. The parametrization must give x_t itself where there is
            no noise: "v", "velocity" or "edm".
        num_times: N >= 2: neighbors are 1 / N apart.
        teacher_guidance, teacher_guidance_interval: Weight >= 0 of the condition in the teacher's steps, and
            the times (low, high) of those in which it is used; then the student needs no guidance of its own.
        teacher_sampler: "euler" (DDIM), or "dpm_solver_2m", of second order from the second step on.
        teacher_steps: Steps of the teacher from a point to its neighbor, 1 to 1,000. Where neighbors
            are the two ends of a segment (`num_times` = `segments`), this is distillation of so many
            steps into one (Luhman & Luhman, 2021, arXiv:2101.02388; Salimans & Ho, 2022, arXiv:2202.00512).
        segments: Parts of the path, >= 1; a divisor of `num_times`.
        on_policy: Share in [0, 1] of a batch whose points lie on paths that the student itself takes from
            noise, where sampling leads it, and not on examples with noise, where it may never come
            (backward simulation: Kohler et al., 2024, arXiv:2405.05224; Yin et al., 2024, arXiv:2405.14867).
        sampler, num_steps: None for "consistency" in 2 steps of an uncut path, else "euler" in one a segment.
        guidance, guidance_interval, spacing: See `models.diffusion.sampling.Sampling`.
        condition_drop, value_range, condition, ema: See `DenoisingModel`.
        seed, name: See `ZooModel`.

    Logs: `loss`, the pseudo-Huber distance of an example, mean over the batch (`distillation.pseudo_huber`);
    with a discriminator also `g_loss`, the mean of g; `d_loss`, what the discriminator descends; `d_real` and
    `d_fake`, mean logits of examples and of landings.
    """

    def __init__(
        self,
        network,
        teacher,
        discriminator=None,
        game="hinge",
        game_weight=3.0,
        schedule="cosine",
        parametrization="v",
        num_times=50,
        teacher_guidance=1.0,
        teacher_guidance_interval=(0.0, 1.0),
        teacher_sampler="euler",
        teacher_steps=1,
        segments=1,
        on_policy=0.0,
        sampler=None,
        num_steps=None,
        guidance=1.0,
        guidance_interval=(0.0, 1.0),
        spacing=1.0,
        condition_drop=0.0,
        value_range=(-1.0, 1.0),
        condition=None,
        ema=0.999,
        seed=None,
        name=None,
    ):
        checks.choice("parametrization", parametrization, PARAMETRIZATIONS)
        distillation = Distillation(
            num_times,
            segments,
            teacher_guidance,
            teacher_guidance_interval,
            teacher_sampler,
            teacher_steps,
            on_policy,
        )
        check_teacher(teacher, network, teacher_guidance, condition)
        checks.choice("game", game, GAMES)
        game_weight = checks.number("game_weight", game_weight, 0)
        if discriminator is not None:
            _check_discriminator(discriminator, network)
        sampling = sampling_of(
            num_times,
            sampler=("consistency" if segments == 1 else "euler") if sampler is None else sampler,
            num_steps=max(2, segments) if num_steps is None else num_steps,
            guidance=guidance,
            guidance_interval=guidance_interval,
            spacing=spacing,
        )
        played = ("g_loss", "d_loss", "d_real", "d_fake") if discriminator is not None else ()
        super().__init__(
            network,
            schedule,
            parametrization,
            sampling,
            "uniform",
            num_times,
            condition_drop,
            value_range,
            condition,
            ema,
            seed,
            name,
            metric_names=("loss", *played),
        )
        self.teacher, self.discriminator = teacher, discriminator
        self.teacher.trainable = False
        self.teacher_denoiser = self.denoiser.with_network(teacher)
        self.distillation, self.game, self.game_weight = distillation, game, game_weight

    def compile(
        self,
        optimizer="adam",
        d_optimizer=None,
        jit_compile="auto",
        steps_per_execution=1,
        run_eagerly=False,
    ):
        """One optimizer for the student, one for the discriminator if there is one, built at once.

        Otherwise as `ZooModel.compile`; `d_optimizer` is "adam" unless given.
        """
        players = {"optimizer": (optimizer, self.network)}
        if self.discriminator is not None:
            players["d_optimizer"] = ("adam" if d_optimizer is None else d_optimizer, self.discriminator)
        elif d_optimizer is not None:
            raise ValueError("`d_optimizer` must be None: there is no discriminator. Received: an optimizer.")
        settings = {"jit_compile": jit_compile, "steps_per_execution": steps_per_execution}
        self.compile_players(players, run_eagerly=run_eagerly, **settings)

    def train_step(self, data):
        """Algorithm 2: neighbors on a path of the teacher, and a step of the one towards the other."""
        x, condition, _ = self.unpack(data)
        if self.discriminator is not None:
            return self.game_step(x, condition)
        targets = self.distillation_targets(x, condition, self.key())
        with tf.GradientTape() as tape:
            loss = ops.mean(pseudo_huber(self.student_x0(targets), targets.target))
        self.minimize(tape, loss, self.network, self.optimizer)
        return self.finish_step(loss=loss)

    def game_step(self, x, condition):
        """One pass through both players, then each down its own loss."""
        game = GAMES[self.game]
        target_key, eps_key = rng.split(self.key(), 2)
        targets = self.distillation_targets(x, condition, target_key)
        real, *_ = self.denoiser.add_noise(x, targets.end, eps_key)
        with tf.GradientTape(persistent=True) as tape:
            x0 = self.student_x0(targets)
            loss = ops.mean(pseudo_huber(x0, targets.target))
            d_real = self.judge(real, targets)
            d_fake = self.judge(ddim_step(targets.far, x0, targets.at_far, targets.at_end), targets)
            g_loss = ops.mean(game.g(d_fake))
            total = loss + self.game_weight * g_loss
            d_loss = ops.mean(game.d(d_real, d_fake))
        self.minimize(tape, total, self.network, self.optimizer)
        self.minimize(tape, d_loss, self.discriminator, self.d_optimizer)
        return self.finish_step(loss=loss, g_loss=g_loss, d_loss=d_loss, d_real=d_real, d_fake=d_fake)

    def distillation_targets(self, x, condition, key):
        """`distillation.Targets` on a batch of examples."""
        t_key, eps_key, drop_key, path_key = rng.split(key, 4)
        condition = self.drop_condition(condition, drop_key)
        keys = t_key, eps_key, path_key
        return self.distillation.targets(x, condition, keys, self.average_denoiser, self.teacher_denoiser)

    def student_x0(self, targets):
        """x_0 as the student predicts it in the far neighbors."""
        return self.denoiser.predict_x0(targets.far, targets.time, targets.condition, training=True)

    def judge(self, x, targets):
        """The discriminator's logits of examples with the noise of the segments' ends."""
        condition = [] if targets.condition is None else [targets.condition]
        return self.discriminator([x, targets.end, *condition], training=True)

    def test_step(self, data):
        """The distance of the example from what the average predicts of it at t = 1/2: a check only."""
        x, condition, _ = self.unpack(data)
        half = ops.full((ops.shape(x)[0],), 0.5)
        x_t, _, _, _ = self.average_denoiser.add_noise(x, half, self.evaluation_key())
        x0 = self.average_denoiser.predict_x0(x_t, half, condition)
        return self.track(loss=ops.mean(pseudo_huber(x0, x)))

    def get_config(self):
        config = super().get_config()
        del config["time_distribution"]
        chosen = self.distillation
        config |= {"segments": chosen.segments, "on_policy": chosen.on_policy}
        config |= {"teacher_sampler": chosen.sampler, "teacher_steps": chosen.num_steps}
        config |= {"teacher_guidance": chosen.guidance}
        config |= {"teacher_guidance_interval": chosen.guidance_interval}
        names = ("teacher", "discriminator", "game", "game_weight", "schedule", "parametrization")
        return config | self.config_of(*names)


def _check_discriminator(discriminator, network):
    """Refuses a discriminator whose inputs are not those of the student."""
    checks.network("discriminator", discriminator)
    takes = [[tuple(part.shape) for part in one.inputs] for one in (discriminator, network)]
    if takes[0] != takes[1]:
        raise ValueError(f"`discriminator` must take {takes[1]}, as `network`. Received: {takes[0]}.")
