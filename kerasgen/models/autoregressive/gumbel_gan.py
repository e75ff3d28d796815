"""Adversarial games of sequences by the Gumbel-softmax: RelGAN (Nie et al., 2019) without its memory."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.models.autoregressive import judging
from kerasgen.models.autoregressive.sequence_model import SequenceModel
from kerasgen.objectives.adversarial import ALL_GAMES
from kerasgen.ops import checks, gumbel, rng

Schedule = keras.optimizers.schedules.LearningRateSchedule


@keras.saving.register_keras_serializable("kerasgen")
class GumbelGAN(SequenceModel):
    """A sequence model that plays a game: its discriminator sees tokens through a softmax that has a slope.

    A token is argmax_k (o_k + g_k) of logits o and Gumbel noise g, a draw from softmax(o); no gradient
    passes an argmax. The discriminator is shown softmax(beta (o + g)) in the place of the token, which is
    the same at beta -> infinity, and has a gradient (Jang et al., 2017, arXiv:1611.01144; Maddison et al.,
    2017, arXiv:1611.00712). What the network reads are the tokens themselves, so that all of its logits come
    from one pass, and gradients pass through what is shown alone (Nie et al., 2019, RelGAN,
    openreview.net/forum?id=rJedV3R5tm, whose game this is, and whose relational memory it is without).

    Args:
        network: As in `SequenceModel`. It draws without its dropout.
        event: Space of a sequence of tokens or a text: see `SequenceModel`.
        discriminator: Functional model, weights of tokens float32 (batch, length, V), and with a condition
            its rows, to one float32 logit: see `networks.textcnn`. It is not part of what is shipped.
        condition: As in `SequenceModel`.
        game: A name in `objectives.adversarial.ALL_GAMES`.
        inverse_temperature: beta > 0; a schedule of Keras gives that of each train step.
        generator_every: The discriminator learns in every train step, the network in one of so many.
        ema, seed, name: See `ZooModel`; the average of the network is what samples and scores.

    Logs: `loss`, -log p(x) of a real example in nats, which the game lets rise; `g_loss` and `d_loss`, what
    the players descend; `d_real` and `d_fake`, the mean logits.

    Raises:
        TypeError, ValueError: If an argument is none of these, or they do not go together.
    """

    weighted = False
    terms = ("loss", "g_loss", *judging.TERMS)
    single_device_reason = judging.SINGLE

    def __init__(
        self,
        network,
        event,
        discriminator,
        condition=None,
        game="relativistic",
        inverse_temperature=1.0,
        generator_every=1,
        ema=None,
        seed=None,
        name=None,
    ):
        self.game = checks.choice("game", game, ALL_GAMES)
        self.generator_every = checks.integer("generator_every", generator_every, 1, 2**31 - 1)
        if not isinstance(inverse_temperature, Schedule):
            inverse_temperature = checks.positive("inverse_temperature", inverse_temperature)
        self.inverse_temperature = inverse_temperature
        super().__init__(network, event, condition, ema=ema, seed=seed, name=name)
        judging.check(discriminator, (self.symbols.length, self.symbols.size), self.condition)
        self.discriminator = discriminator

    def compile(
        self,
        optimizer="adam",
        d_optimizer="adam",
        jit_compile="auto",
        steps_per_execution=1,
        run_eagerly=False,
    ):
        """An optimizer for the network and one for the discriminator. Otherwise as `ZooModel.compile`."""
        settings = {"jit_compile": jit_compile, "steps_per_execution": steps_per_execution}
        players = judging.players(self, optimizer, d_optimizer)
        self.compile_players(players, run_eagerly=run_eagerly, **settings)

    @property
    def optimizer_steps(self):
        return {"optimizer": 1 / self.generator_every}

    # Training.

    def train_step(self, data):
        """A step of the discriminator, and in its turn one of the network, on the same examples."""
        x, condition, _ = self.unpack(data)
        d_key, g_key = rng.split(self.key(), 2)
        real = self.one_hot(x)
        logs = self.discriminator_step(real, condition, d_key)
        step = lambda: self.generator_step(real, condition, g_key)
        logs["g_loss"] = judging.in_turn(self.iterations, self.generator_every, 0, step)
        logs["loss"] = -ops.mean(self.log_density(x, condition, self.network))
        return self.finish_step(**logs)

    def discriminator_step(self, real, condition, key):
        """Descends the discriminator on its loss, the network held fixed."""
        fake = self.relaxed(self.network, ops.shape(real)[0], condition, key)
        with tf.GradientTape() as tape:
            logs = judging.losses(
                ALL_GAMES[self.game], self.discriminator, real, fake, condition, training=True
            )
        self.minimize(tape, logs["d_loss"], self.discriminator, self.d_optimizer)
        return logs

    def generator_step(self, real, condition, key):
        """Descends the network on its loss, the discriminator held fixed; the loss."""
        with tf.GradientTape() as tape:
            fake = self.relaxed(self.network, ops.shape(real)[0], condition, key)
            loss = self.g_loss(real, fake, condition, training=True)
        self.minimize(tape, loss, self.network, self.optimizer)
        return loss

    def g_loss(self, real, fake, condition=None, training=False):
        """The scalar loss of the network."""
        d_real, d_fake = (judging.judge(self.discriminator, x, condition, training) for x in (real, fake))
        return ops.mean(ALL_GAMES[self.game].g(d_fake, d_real))

    def one_hot(self, x):
        """Examples as weights of their tokens, float32 (batch, length, V)."""
        return tf.one_hot(self.symbols.tokens(x), self.symbols.size)

    def relaxed(self, network, num, condition, key):
        """softmax(beta (o + g)) of sequences that a network draws, float32 (num, length, V)."""
        noise = gumbel.noise(key, (num, self.symbols.length, self.symbols.size))
        tokens = self.by_noise(network, noise, condition)
        logits = self._logits(network, tokens, condition)
        found, alive = gumbel.softmax(logits, noise, self.beta()), self.symbols.alive(tokens)
        return found if alive is None else tf.where(alive[..., None] > 0, found, self.one_hot(tokens))

    def by_noise(self, network, noise, condition=None):
        """The tokens argmax_k (o_k + g_k), each read by the network before the next; no gradient passes."""
        steps = self.own_steps if network is self.network else self.stepped

        def draw(logits, at, previous):
            logits = self.symbols.permitted(tf.cast(logits, "float32"), at)
            return self.symbols.following(gumbel.argmax(logits, noise[:, at]), previous)

        how = draw, tf.shape(noise)[0], condition, None
        return tf.stop_gradient(self._drawn(network, steps, *how))

    def beta(self):
        """The inverse temperature of the train step."""
        beta = self.inverse_temperature
        return beta(self.iterations) if isinstance(beta, Schedule) else beta

    def test_step(self, data):
        """The same terms on held-out data, for the average of the network; nothing is updated."""
        x, condition, _ = self.unpack(data)
        real = self.one_hot(x)
        fake = self.relaxed(self.average, ops.shape(real)[0], condition, self.evaluation_key())
        logs = judging.losses(ALL_GAMES[self.game], self.discriminator, real, fake, condition)
        logs |= {"g_loss": self.g_loss(real, fake, condition), "loss": -self.log_density(x, condition)}
        return self.track(**logs)

    # Saving.

    def get_config(self):
        config = super().get_config()
        del config["schedule"]
        names = ("discriminator", "game", "inverse_temperature", "generator_every")
        return config | self.config_of(*names)
