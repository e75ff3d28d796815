"""Generative adversarial networks (Goodfellow et al., 2014, arXiv:1406.2661)."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kerasgen import spaces
from kerasgen.distributions.priors import PRIORS
from kerasgen.models.core.generative import GenerativeModel
from kerasgen.objectives.adversarial import GAMES
from kerasgen.objectives.penalties import PENALTIES
from kerasgen.ops import checks, paths, rng


@keras.saving.register_keras_serializable("kerasgen")
class GAN(GenerativeModel):
    """A generator and a discriminator playing one game.

    Args:
        generator: Functional model, z (batch, *latent.shape) to x (batch, *event.shape).
        discriminator: Functional model, x to float32 logits, one per example or patch.
        game: A name in `objectives.adversarial.GAMES`.
        label_smoothing: One-sided, in [0, 1): real labels become 1 - label_smoothing.
        penalty: None or a name in `objectives.penalties.PENALTIES`.
        penalty_weight: Weight of the penalty in the discriminator's loss, >= 0.
        weight_clip: None or c > 0: the discriminator's trainable weights are clipped to
            [-c, c] after each of its steps (WGAN, arXiv:1701.07875, Algorithm 1; c = 0.01).
        critic_steps: Discriminator steps in a train step. Each has examples of its own,
            as in Algorithm 1: a batch of `fit` is divided evenly among them.
        generator_steps: Generator steps in a train step.
        prior: A name in `distributions.priors.PRIORS`, the distribution of z.
        value_range: (low, high) of x, or None for any finite numbers.
        ema: Decay in (0, 1) of the average of the generator, which is what samples, or None.
        seed, name: See `ZooModel`.

    Logs (means over the steps of a train step's last players): `d_loss` and `g_loss`;
    `d_real` and `d_fake`, the mean logit on real and on generated examples, whose
    difference is the critic's distance in the Wasserstein game; `penalty`, unweighted, where
    there is one. A discriminator with batch normalization judges by moving statistics of real
    and generated batches mixed when it is evaluated, so that its losses differ from training's.
    """

    def __init__(
        self,
        generator,
        discriminator,
        game="non_saturating",
        label_smoothing=0.0,
        penalty=None,
        penalty_weight=10.0,
        weight_clip=None,
        critic_steps=1,
        generator_steps=1,
        prior="normal",
        value_range=(-1.0, 1.0),
        ema=None,
        seed=None,
        name=None,
    ):
        checks.network("generator", generator), checks.network("discriminator", discriminator)
        checks.choice("game", game, GAMES)
        checks.choice("penalty", penalty, [None, *PENALTIES])
        checks.choice("prior", prior, PRIORS)
        label_smoothing = checks.number("label_smoothing", label_smoothing, 0, 1, "[)")
        if label_smoothing and not GAMES[game].labels:
            raise ValueError(f"`label_smoothing` needs a game with labels. Received: game={game!r}.")
        penalty_weight = checks.number("penalty_weight", penalty_weight, 0)
        if weight_clip is not None:
            weight_clip = checks.positive("weight_clip", weight_clip)
        critic_steps = checks.integer("critic_steps", critic_steps, 1, 1000)
        generator_steps = checks.integer("generator_steps", generator_steps, 1, 1000)
        if generator.output_shape[1:] != discriminator.input_shape[1:]:
            raise ValueError(
                "`discriminator` must take what `generator` makes. Received: "
                f"{discriminator.input_shape[1:]} after {generator.output_shape[1:]}."
            )
        event = spaces.Box(
            generator.output_shape[1:], *(checks.value_range("value_range", value_range) or ())
        )
        metric_names = ("d_loss", "g_loss", "d_real", "d_fake") + ("penalty",) * (penalty is not None)
        super().__init__(event, ema=ema, seed=seed, metric_names=metric_names, name=name)
        self.generator, self.discriminator = generator, discriminator
        self.average = self.average_of(generator)
        self.game, self.label_smoothing, self.prior = game, label_smoothing, prior
        self.penalty, self.penalty_weight, self.weight_clip = penalty, penalty_weight, weight_clip
        self.critic_steps, self.generator_steps = critic_steps, generator_steps
        self.latent = spaces.Box(generator.input_shape[1:])
        self._code = tf.function(self.draw_prior, autograph=False)

    def compile(
        self,
        g_optimizer="adam",
        d_optimizer="adam",
        jit_compile="auto",
        steps_per_execution=1,
        run_eagerly=False,
    ):
        """Gives each player its optimizer, built at once. Otherwise as `ZooModel.compile`."""
        players = {
            "g_optimizer": (g_optimizer, self.generator),
            "d_optimizer": (d_optimizer, self.discriminator),
        }
        settings = {"jit_compile": jit_compile, "steps_per_execution": steps_per_execution}
        self.compile_players(players, run_eagerly=run_eagerly, **settings)

    def train_step(self, data):
        """Algorithm 1: `critic_steps` for the discriminator, then `generator_steps`."""
        x, _, _ = self.unpack(data)
        *critic_keys, g_key = rng.split(self.key(), self.critic_steps + 1)
        for real, key in zip(self.minibatches(x), critic_keys, strict=True):
            logs = self.critic_step(real, key)
        for key in rng.split(g_key, self.generator_steps):
            g_loss = self.generator_step(ops.shape(real)[0], key)
        return self.finish_step(g_loss=g_loss, **logs)

    def minibatches(self, x):
        """`critic_steps` equal shares of a batch; one of fewer examples lends them in turn."""
        if self.critic_steps == 1:
            return [x]
        num = tf.shape(x)[0]
        share = tf.range(tf.maximum(num // self.critic_steps, 1))
        starts = [step * (share[-1] + 1) for step in range(self.critic_steps)]
        return [tf.gather(x, (start + share) % num) for start in starts]

    def critic_step(self, real, key):
        """Descends the discriminator on its loss and penalty, the generator held fixed."""
        z_key, penalty_key = rng.split(key, 2)
        fake = self.generator(self.latents(ops.shape(real)[0], z_key), training=True)
        with tf.GradientTape() as tape:
            loss, logs = self.discriminator_loss(real, fake, penalty_key, training=True)
        self.minimize(tape, loss, self.discriminator, self.d_optimizer)
        if self.weight_clip is not None:
            for weight in self.discriminator.trainable_variables:
                weight.assign(ops.clip(weight, -self.weight_clip, self.weight_clip))
        return logs

    def generator_step(self, batch, key):
        """Descends the generator on its loss, the discriminator held fixed."""
        with tf.GradientTape() as tape:
            fake = self.generator(self.latents(batch, key), training=True)
            loss = ops.mean(GAMES[self.game].g(self.discriminator(fake, training=True)))
        self.minimize(tape, loss, self.generator, self.g_optimizer)
        return loss

    def discriminator_loss(self, real, fake, key, training):
        """The discriminator's scalar loss, penalty included, and the terms to log."""
        judge = lambda x: self.discriminator(x, training=training)
        real_logits, fake_logits = judge(real), judge(fake)
        loss = ops.mean(GAMES[self.game].d(real_logits, fake_logits, self.label_smoothing))
        logs = {"d_real": real_logits, "d_fake": fake_logits}
        if self.penalty is not None:
            logs["penalty"] = penalty = ops.mean(PENALTIES[self.penalty](judge, real, fake, key))
            loss += self.penalty_weight * penalty
        return loss, logs | {"d_loss": loss}

    def test_step(self, data):
        """The same losses on held-out data, for the averaged generator, nothing updated."""
        x, _, _ = self.unpack(data)
        z_key, penalty_key = rng.split(self.evaluation_key(), 2)
        fake = self(self.latents(ops.shape(x)[0], z_key))
        _, logs = self.discriminator_loss(x, fake, penalty_key, training=False)
        g_loss = ops.mean(GAMES[self.game].g(logs["d_fake"]))
        return self.track(g_loss=g_loss, **logs)

    def latents(self, num, key):
        """`num` codes of the prior from one key: float32, (num, *latent.shape)."""
        return PRIORS[self.prior](self.latent.shape).sample(key, (num,))

    def call(self, z, training=False):
        """Examples of codes z (batch, *latent.shape), by the averaged generator."""
        return self.average(z, training=training)

    def draw_prior(self, keys):
        """One code per key of shape (num, 2): (num, *latent.shape). Row i uses keys[i] only."""
        return rng.by_row(PRIORS[self.prior](self.latent.shape).sample, keys)

    def draw(self, keys, condition=None):
        return self(self.draw_prior(keys))

    def interpolate(self, num=8, steps=10, seed=0):
        """Examples along paths between codes of the prior: float32, (num, steps, *event.shape).

        Args:
            num, steps: Paths, and examples along each, both ends included.
            seed: As in `sample`; path i runs from row 2i of that sample to row 2i + 1.
        """
        steps = checks.integer("steps", steps, 2, 1000)
        keys = self.row_keys(2 * checks.integer("num", num, 1, 1000), seed)
        codes = self._code(keys)
        path = paths.between(codes[::2], codes[1::2], steps, great_circle=self.prior == "normal")
        examples = [np.asarray(self(path[:, step])) for step in range(steps)]
        return np.stack(examples, axis=1)

    def components(self):
        return {"generator": self.with_average(self.generator), "discriminator": [self.discriminator]}

    def endpoints(self):
        """Adds `generate`: codes z, float32 (rows, *latent.shape), to samples."""
        generate = lambda z: {"samples": self(z)}
        endpoint = spaces.Endpoint(generate, {"z": self.latent}, {"samples": self.event})
        return super().endpoints() | {"generate": endpoint}

    def get_config(self):
        names = ("generator", "discriminator", "game", "label_smoothing", "penalty", "penalty_weight")
        names += ("weight_clip", "critic_steps", "generator_steps", "prior")
        return super().get_config() | self.config_of(*names) | {"value_range": self.event.range}
