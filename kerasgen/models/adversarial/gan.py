"""Generative adversarial networks (Goodfellow et al., 2014, arXiv:1406.2661)."""

import functools

import keras
import tensorflow as tf
from keras import ops

from kerasgen import spaces
from kerasgen.distributions.priors import PRIORS
from kerasgen.models.adversarial import agreement, completion, conditions, unrolling
from kerasgen.models.adversarial.rules import Rules
from kerasgen.models.adversarial.two_players import TwoPlayers
from kerasgen.models.core import interpolation, saving
from kerasgen.ops import checks, paths, rng

TERMS = ("d_loss", "g_loss", "d_real", "d_fake")


@keras.saving.register_keras_serializable("kerasgen")
class GAN(TwoPlayers):
    """A generator and a discriminator playing one game.

    With a condition c both read it: G(z, c) is judged by D(x, c), or by a D(x) that also names the class.

    Args:
        generator: Functional model, z (batch, *latent.shape), and with a condition its rows, to
            x (batch, *event.shape).
        discriminator: Functional model, x to float32 logits, one per example or patch. With a condition it
            also takes the condition, or, with `auxiliary_weight`, also gives logits of the classes,
            (batch, num_classes). With `packing` m it takes m examples side by side: m times the channels.
        condition: None, a space such as `spaces.Label(10)`, a number of classes, or texts.
        game, label_smoothing, penalty, penalty_weight, penalty_every, packing, augmentation, mismatch_weight:
            See `rules.Rules`.
        auxiliary_weight: None, or the weight >= 0 of the cross-entropy of the classes that the discriminator
            names, on real and on generated examples, for both players (Odena et al., 2017, AC-GAN,
            arXiv:1610.09585, equations 2 and 3).
        unrolled_steps: Steps that the discriminator is thought to take after each of the generator's
            (Metz et al., 2017, arXiv:1611.02163, equations 7 to 10); the generator descends through them.
        weight_clip: None or c > 0: the discriminator's trainable weights are clipped to [-c, c] after each of
            its steps (WGAN, arXiv:1701.07875, Algorithm 1; c = 0.01).
        critic_steps: Discriminator steps in a train step, each on its own share of the batch (Algorithm 1).
        generator_steps: Generator steps in a train step.
        prior: A name in `distributions.priors.PRIORS`, the distribution of z.
        truncation: psi >= 0 of samples: z becomes mean + psi (z - mean), of the mean of the prior; 1 changes
            nothing.
        value_range: (low, high) of x, or None for any finite numbers.
        ema, seed, name: See `ZooModel`; the average of the generator is what samples.

    Logs (means over the steps of a train step's last players): `d_loss` and `g_loss`; `d_real` and `d_fake`,
    the mean logit on real and on generated examples, whose difference is the critic's distance in the
    Wasserstein game; `penalty`, unweighted; `label_accuracy`, the share of generated examples whose class is
    named. A discriminator with batch normalization judges by moving statistics of real and generated batches
    mixed when it is evaluated, so that its losses differ from training's.

    Raises:
        TypeError, ValueError: If an argument is none of these, or the networks do not go together.
    """

    def __init__(
        self,
        generator,
        discriminator,
        condition=None,
        game="non_saturating",
        label_smoothing=0.0,
        penalty=None,
        penalty_weight=10.0,
        penalty_every=1,
        packing=1,
        augmentation=None,
        auxiliary_weight=None,
        mismatch_weight=0.0,
        unrolled_steps=0,
        weight_clip=None,
        critic_steps=1,
        generator_steps=1,
        prior="normal",
        truncation=1.0,
        value_range=(-1.0, 1.0),
        ema=None,
        seed=None,
        name=None,
    ):
        options = (game, label_smoothing, penalty, penalty_weight, penalty_every, packing, augmentation)
        self.rules = Rules(*options, mismatch_weight)
        condition, classes = spaces.as_condition(condition), auxiliary_weight is not None
        perhaps = lambda name, value, check: None if value is None else check(name, value)
        self.auxiliary_weight = perhaps("auxiliary_weight", auxiliary_weight, agreement.weight)
        self.weight_clip = perhaps("weight_clip", weight_clip, checks.positive)
        self.unrolled_steps = checks.integer("unrolled_steps", unrolled_steps, 0, 100)
        self.critic_steps = checks.integer("critic_steps", critic_steps, 1, 1000)
        self.generator_steps = checks.integer("generator_steps", generator_steps, 1, 1000)
        self.prior = checks.choice("prior", prior, PRIORS)
        agreement.check(generator, discriminator, condition, classes, self.rules)
        names = TERMS + ("penalty",) * (penalty is not None) + ("label_accuracy",) * classes
        event = spaces.box(generator.output_shape[1:], value_range)
        start = {"condition": condition, "ema": ema, "seed": seed, "metric_names": names, "name": name}
        super().__init__(event, truncation, **start)
        self.generator, self.discriminator = generator, discriminator
        self.average, self.augmentation = self.average_of(generator), augmentation
        self.latent = spaces.Box(generator.inputs[0].shape[1:])
        graph = functools.partial(tf.function, autograph=False)
        self._code, self._emit = graph(self.draw_prior), graph(lambda z, keys, *given: self(z, *given))

    def compile_players(self, players, **settings):
        if self.unrolled_steps:
            unrolling.check("d_optimizer", players["d_optimizer"][0])
        super().compile_players(players, **settings)

    # Training.

    @property
    def optimizer_steps(self):
        return {"g_optimizer": self.generator_steps, "d_optimizer": self.critic_steps}

    def train_step(self, data):
        """Algorithm 1: `critic_steps` for the discriminator, then `generator_steps`."""
        *rows, _ = self.unpack(data)
        *critic_keys, g_key = rng.split(self.key(), self.critic_steps + 1)
        for (real, condition), key in zip(self.minibatches(*rows), critic_keys, strict=True):
            logs = self.critic_step(real, condition, key)
        for key in rng.split(g_key, self.generator_steps):
            g_loss = self.generator_step(real, condition, key)
        return self.finish_step(g_loss=g_loss, **logs)

    def minibatches(self, x, condition):
        """`critic_steps` equal shares of a batch; one of fewer examples lends them in turn."""
        if self.critic_steps == 1:
            return [(x, condition)]
        num = tf.shape(x)[0]
        share = tf.range(tf.maximum(num // self.critic_steps, 1))
        starts = [step * (share[-1] + 1) for step in range(self.critic_steps)]
        take = lambda rows, start: None if rows is None else tf.gather(rows, (start + share) % num)
        return [(take(x, start), take(condition, start)) for start in starts]

    def critic_step(self, real, condition, key):
        """Descends the discriminator on its loss and penalty, the generator held fixed."""
        z_key, loss_key = rng.split(key, 2)
        fake = self.generated(self.generator, condition, real, z_key)
        with tf.GradientTape() as tape:
            loss, logs = self.d_loss(self.in_training, real, fake, condition, loss_key, lazy=True)
        self.minimize(tape, loss, self.discriminator, self.d_optimizer)
        if self.weight_clip is not None:
            for weight in self.discriminator.trainable_variables:
                weight.assign(ops.clip(weight, -self.weight_clip, self.weight_clip))
        self.rules.adapt(logs["d_real"])
        return logs

    def generator_step(self, real, condition, key):
        """Descends the generator on its loss, the discriminator held fixed, or some steps ahead."""
        z_key, loss_key = rng.split(key, 2)
        with tf.GradientTape() as tape:
            fake = self.generated(self.generator, condition, real, z_key)
            rows, network = (real, fake, condition, loss_key), self.in_training
            if self.unrolled_steps:
                of = self.discriminator, self.d_optimizer, lambda each: self.d_loss(each, *rows)[0]
                network = unrolling.ahead(*of, self.unrolled_steps)
            loss = self.g_loss(network, *rows)
        self.minimize(tape, loss, self.generator, self.g_optimizer)
        return loss

    def in_training(self, inputs):
        """The discriminator as it is trained."""
        return self.discriminator(inputs, training=True)

    def generated(self, generator, condition, real, key, training=True):
        """As many examples as real ones, of codes of the prior and the same conditions."""
        z = PRIORS[self.prior](self.latent.shape).sample(key, (ops.shape(real)[0],))
        return generator(z if condition is None else [z, condition], training=training)

    def judge(self, network):
        """The judge of `Rules` that a network is, whose inputs are those of the discriminator."""
        reads = self.condition is not None and self.auxiliary_weight is None
        return lambda x, condition: tf.nest.flatten(network([x, condition] if reads else x))

    def d_loss(self, network, real, fake, condition, key, lazy=False):
        """The scalar loss of a discriminator, and the terms to log; arguments are those of `Rules.d_loss`."""
        judge, rows = self.judge(network), (real, fake, condition, key, self.iterations, lazy)
        loss, logs, of_real, of_fake = self.rules.d_loss(judge, *rows)
        if self.auxiliary_weight is not None:
            classes = [conditions.class_loss(each, condition) for each in of_real + of_fake]
            loss += self.auxiliary_weight * sum(classes)
            logs["label_accuracy"] = conditions.class_accuracy(of_fake[0], condition)
        return loss, logs | {"d_loss": loss}

    def g_loss(self, network, real, fake, condition, key):
        """The scalar loss of the generator under a discriminator."""
        loss, of_fake = self.rules.g_loss(self.judge(network), real, fake, condition, key)
        if self.auxiliary_weight is not None:
            loss += self.auxiliary_weight * conditions.class_loss(of_fake[0], condition)
        return loss

    def test_step(self, data):
        """The same losses on held-out data, for the averaged generator, nothing updated."""
        real, condition, _ = self.unpack(data)
        z_key, loss_key = rng.split(self.evaluation_key(), 2)
        fake = self.generated(self.average, condition, real, z_key, training=False)
        rows = self.discriminator, real, fake, condition, loss_key
        return self.track(g_loss=self.g_loss(*rows), **self.d_loss(*rows)[1])

    # Sampling.

    def call(self, z, condition=None, training=False):
        """Examples of codes z (batch, *latent.shape), by the averaged generator."""
        return self.average(z if condition is None else [z, condition], training=training)

    def draw_prior(self, keys, condition=None, truncation=None):
        """One code per key of shape (num, 2): (num, *latent.shape). Row i uses keys[i] only."""
        psi = self.truncation if truncation is None else truncation
        prior = PRIORS[self.prior](self.latent.shape)
        z = rng.by_row(prior.sample, keys)
        return z if psi == 1 else prior.mean() + psi * (z - prior.mean())

    def draw(self, keys, condition=None, truncation=None):
        return self(self.draw_prior(keys, truncation=truncation), condition)

    def interpolate(self, num=8, steps=10, seed=0, condition=None):
        """Examples along paths between codes: see `models.core.interpolation`."""
        path = functools.partial(paths.between, great_circle=self.prior == "normal")
        rows = num, steps, seed, condition
        return interpolation.interpolate(self, self._code, path, self._emit, *rows)

    def inpaint(self, x, mask, seed=None, condition=None, num_steps=500, repeats=4, progress=False):
        """Examples whose known part is that of x: see `completion.inpaint`."""
        return completion.inpaint(self, x, mask, seed, condition, num_steps, repeats, progress)

    # Saving and serving.

    def components(self):
        return {"generator": self.with_average(self.generator), "discriminator": [self.discriminator]}

    def endpoints(self):
        """Adds `generate`: codes z, float32 (rows, *latent.shape), to samples."""
        generate = lambda *rows: {"samples": self(*rows)}
        inputs = {"z": self.latent} | self.condition_input()
        return super().endpoints() | {"generate": spaces.Endpoint(generate, inputs, {"samples": self.event})}

    def get_config(self):
        names = ("generator", "discriminator", "condition", "auxiliary_weight", "unrolled_steps")
        names += ("weight_clip", "critic_steps", "generator_steps", "prior", "truncation")
        own = self.config_of(*names) | {"value_range": self.event.range}
        return super().get_config() | saving.plain(self.rules.get_config()) | own
