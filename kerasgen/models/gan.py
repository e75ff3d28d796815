"""Generative adversarial networks (Goodfellow et al., 2014, arXiv:1406.2661)."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kerasgen.distributions.priors import PRIORS
from kerasgen.models import saved_model
from kerasgen.models.generative import GenerativeModel
from kerasgen.objectives.adversarial import GAMES
from kerasgen.objectives.penalties import PENALTIES
from kerasgen.ops import checks, paths, rng

serialize = keras.saving.serialize_keras_object


@keras.saving.register_keras_serializable("kerasgen")
class GAN(GenerativeModel):
    """A generator and a discriminator playing one game.

    Args:
        generator: Functional model, z (batch, *latent_shape) to x (batch, *event_shape).
        discriminator: Functional model, x to float32 logits, one per example or patch.
        game: A name in `objectives.adversarial.GAMES`.
        smoothing: One-sided label smoothing in [0, 1): real labels become 1 - smoothing.
        penalty: None or a name in `objectives.penalties.PENALTIES`.
        penalty_weight: Weight of the penalty in the discriminator's loss, >= 0.
        weight_clip: None or c > 0: the discriminator's trainable weights are clipped to
            [-c, c] after each of its steps (WGAN, arXiv:1701.07875, Algorithm 1; c = 0.01).
        critic_steps: Discriminator steps in a train step. Each has examples of its own,
            as in Algorithm 1: a batch of `fit` is divided evenly among them.
        generator_steps: Generator steps in a train step.
        prior: A name in `distributions.priors.PRIORS`, the law of z.
        value_range, ema, seed: See `GenerativeModel`. The average is of the generator.

    Logs (means over the steps of a train step's last players): `d_loss` and `g_loss`;
    `d_real` and `d_fake`, the mean logit on real and on generated examples, whose
    difference is the critic's distance in the Wasserstein game; `penalty`, unweighted, where
    there is one. A discriminator with batch normalisation judges by moving statistics of real
    and generated batches mixed when it is evaluated, so that its losses differ from training's.
    """

    def __init__(
        self,
        generator,
        discriminator,
        game="non_saturating",
        smoothing=0.0,
        penalty=None,
        penalty_weight=10.0,
        weight_clip=None,
        critic_steps=1,
        generator_steps=1,
        prior="normal",
        value_range=(-1.0, 1.0),
        **kwargs,
    ):
        checks.choice("game", game, GAMES)
        checks.choice("penalty", penalty, [None, *PENALTIES])
        checks.choice("prior", prior, PRIORS)
        checks.number("smoothing", smoothing, 0, 1)
        if smoothing and not GAMES[game].labels:
            raise ValueError(f"`smoothing` needs a game with labels. Received: game={game!r}.")
        checks.number("penalty_weight", penalty_weight, 0)
        if weight_clip is not None:
            checks.positive("weight_clip", weight_clip)
        checks.integer("critic_steps", critic_steps, 1, 1000)
        checks.integer("generator_steps", generator_steps, 1, 1000)
        if generator.output_shape[1:] != discriminator.input_shape[1:]:
            raise ValueError(
                "`discriminator` must take what `generator` makes. Received: "
                f"{discriminator.input_shape[1:]} after {generator.output_shape[1:]}."
            )
        kwargs.setdefault("event_shape", generator.output_shape[1:])
        terms = ("d_loss", "g_loss", "d_real", "d_fake") + ("penalty",) * (penalty is not None)
        super().__init__(terms=terms, value_range=value_range, **kwargs)
        self.generator, self.discriminator = generator, discriminator
        self.average = self.average_of(generator)
        self.game, self.smoothing, self.prior = game, smoothing, prior
        self.penalty, self.penalty_weight, self.weight_clip = penalty, penalty_weight, weight_clip
        self.critic_steps, self.generator_steps = critic_steps, generator_steps
        self.latent_shape = generator.input_shape[1:]

    def compile(self, g_optimizer="adam", d_optimizer="adam", **kwargs):
        """Gives each player its optimizer, built at once; the rest goes to `keras.Model.compile`."""
        players = {
            "g_optimizer": (g_optimizer, self.generator),
            "d_optimizer": (d_optimizer, self.discriminator),
        }
        self.compile_players(players, **kwargs)

    def train_step(self, data):
        """Algorithm 1: `critic_steps` for the discriminator, then `generator_steps`."""
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        *critic_keys, g_key = rng.split(self.key(), self.critic_steps + 1)
        for real, key in zip(self.minibatches(x), critic_keys, strict=True):
            logs = self.critic_step(real, key)
        for key in rng.split(g_key, self.generator_steps):
            g_loss = self.generator_step(ops.shape(real)[0], key)
        return self.end_step(g_loss=g_loss, **logs)

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
        self.descend(tape, loss, self.discriminator, self.d_optimizer)
        if self.weight_clip is not None:
            for weight in self.discriminator.trainable_variables:
                weight.assign(ops.clip(weight, -self.weight_clip, self.weight_clip))
        return logs

    def generator_step(self, batch, key):
        """Descends the generator on its loss, the discriminator held fixed."""
        with tf.GradientTape() as tape:
            fake = self.generator(self.latents(batch, key), training=True)
            loss = ops.mean(GAMES[self.game].g(self.discriminator(fake, training=True)))
        self.descend(tape, loss, self.generator, self.g_optimizer)
        return loss

    def discriminator_loss(self, real, fake, key, training):
        """The discriminator's scalar loss, penalty included, and the terms to log."""
        judge = lambda x: self.discriminator(x, training=training)
        real_logits, fake_logits = judge(real), judge(fake)
        loss = ops.mean(GAMES[self.game].d(real_logits, fake_logits, self.smoothing))
        logs = {"d_real": real_logits, "d_fake": fake_logits}
        if self.penalty is not None:
            logs["penalty"] = penalty = ops.mean(PENALTIES[self.penalty](judge, real, fake, key))
            loss += self.penalty_weight * penalty
        return loss, logs | {"d_loss": loss}

    def test_step(self, data):
        """The same losses on held-out data, for the averaged generator, nothing updated."""
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        z_key, penalty_key = rng.split(self.key(), 2)
        fake = self(self.latents(ops.shape(x)[0], z_key))
        _, logs = self.discriminator_loss(x, fake, penalty_key, training=False)
        g_loss = ops.mean(GAMES[self.game].g(logs["d_fake"]))
        return self.track(g_loss=g_loss, **logs)

    def latents(self, num, key):
        """`num` codes of the prior from one key: float32, (num, *latent_shape)."""
        return PRIORS[self.prior](key, (num, *self.latent_shape))

    def call(self, z, training=False):
        """Examples of codes z (batch, *latent_shape), by the averaged generator."""
        return self.average(z, training=training)

    def draw(self, keys):
        return self(rng.by_row(lambda key: PRIORS[self.prior](key, self.latent_shape), keys))

    def interpolate(self, num=8, steps=10, seed=0):
        """Examples along paths between codes of the prior: float32, (num, steps, *event_shape).

        Args:
            num, steps: Paths, and examples along each, both ends included.
            seed: As in `sample`; path i runs from row 2i of that sample to row 2i + 1.
        """
        keys = self.row_keys(2 * checks.integer("num", num, 1, 1000), seed)
        codes = rng.by_row(lambda key: PRIORS[self.prior](key, self.latent_shape), keys)
        path = paths.between(codes[::2], codes[1::2], steps, great_circle=self.prior == "normal")
        examples = [np.asarray(self(path[:, step])) for step in range(steps)]
        return np.stack(examples, axis=1)

    def parts(self):
        return {"generator": self.both(self.generator), "discriminator": [self.discriminator]}

    def endpoints(self, max_rows=1024):
        """Adds `generate`: codes z, float32 (rows, *latent_shape), to samples."""

        def generate(z):
            finite = tf.reduce_all(tf.math.is_finite(z))
            return {"samples": self(saved_model.rows(z, max_rows, "z", finite, "finite"))}

        spec = tf.TensorSpec([None, *self.latent_shape], "float32", "z")
        return super().endpoints(max_rows) | {"generate": (generate, [spec])}

    def get_config(self):
        networks = {"generator": self.generator, "discriminator": self.discriminator}
        plain = ("game", "smoothing", "penalty", "penalty_weight", "weight_clip")
        plain += ("critic_steps", "generator_steps", "prior")
        config = {name: serialize(network) for name, network in networks.items()}
        return super().get_config() | config | {name: getattr(self, name) for name in plain}
