"""Consistency distillation with a discriminator (Kim et al., 2024, arXiv:2310.02279, section 3.2)."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.models.consistency import Consistency, pseudo_huber
from kerasgen.objectives.adversarial import GAMES
from kerasgen.ops import checks, rng
from kerasgen.samplers.ode import moved

serialize = keras.saving.serialize_keras_object


@keras.saving.register_keras_serializable("kerasgen")
class AdversarialConsistency(Consistency):
    """A student of few steps that also plays a game, so that it does not see averages.

    A student that is only drawn towards targets learns their mean where it cannot tell them apart, and
    means are smooth. Here a discriminator compares where each segment leads with examples
    that have the noise of its end; discriminators of noisy examples are steadier than those of clean ones
    (Xiao et al., 2022, arXiv:2112.07804; Wang et al., 2023, arXiv:2206.02262). The players descend

        student        E d(a, b) + w g(landing)
        discriminator  real(x at the end's noise) + fake(landing),

    d(a, b) being the distance of `Consistency`; real, fake and g are those of the game.

    Args:
        network, teacher: See `Consistency`.
        discriminator: Functional model of the student's inputs, [x_t, time] and with a condition its
            rows, to float32 logits, one per example; see `networks.dcgan.noisy_discriminator`. It is no
            part of what is shipped, as the teacher is none.
        game: A name in `objectives.adversarial.GAMES`.
        game_weight: w >= 0.
        **kwargs: Of `Consistency`.

    Logs: `loss`, the distance; `g_loss`, mean of g; `d_loss`, what the discriminator descends; `d_real` and
    `d_fake`, mean logits of examples and of landings.
    """

    def __init__(self, network, teacher, discriminator, game="hinge", game_weight=3.0, **kwargs):
        checks.choice("game", game, GAMES)
        checks.number("game_weight", game_weight, 0)
        kwargs["terms"] = ("loss", "g_loss", "d_loss", "d_real", "d_fake")
        super().__init__(network, teacher, **kwargs)
        takes = [[tuple(part.shape) for part in one.inputs] for one in (discriminator, network)]
        if takes[0] != takes[1]:
            raise ValueError(f"`discriminator` must take {takes[1]}, as `network`. Received: {takes[0]}.")
        self.discriminator, self.game, self.game_weight = discriminator, game, game_weight

    def compile(self, optimizer="adam", d_optimizer="adam", **kwargs):
        """One optimizer for the student, one for the discriminator, built at once.

        The rest goes to `keras.Model.compile`.
        """
        players = {
            "optimizer": (optimizer, self.network),
            "d_optimizer": (d_optimizer, self.discriminator),
        }
        self.compile_players(players, **kwargs)

    def train_step(self, data):
        """One pass through both, then each player down its own loss."""
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        game = GAMES[self.game]
        lesson_key, eps_key = rng.split(self.key(), 2)
        lesson = self.lesson(x, y, lesson_key)
        real, *_ = self.corrupted(x, lesson.end, eps_key)
        with tf.GradientTape(persistent=True) as tape:
            seen = self.answer(lesson)
            loss = ops.mean(pseudo_huber(seen, lesson.target))
            d_real = self.judged(real, lesson)
            d_fake = self.judged(moved(lesson.far, seen, lesson.at_far, lesson.at_end), lesson)
            g_loss = ops.mean(game.g(d_fake))
            total = loss + self.game_weight * g_loss
            d_loss = ops.mean(game.d(d_real, d_fake))
        self.descend(tape, total, self.network, self.network_optimizer)
        self.descend(tape, d_loss, self.discriminator, self.d_optimizer)
        return self.end_step(loss=loss, g_loss=g_loss, d_loss=d_loss, d_real=d_real, d_fake=d_fake)

    def judged(self, x, lesson):
        """Logits of examples with the noise of the lesson's ends."""
        condition = [] if lesson.labels is None else [lesson.labels]
        return self.discriminator([x, lesson.end, *condition], training=True)

    def get_config(self):
        config = {name: getattr(self, name) for name in ("game", "game_weight")}
        return super().get_config() | config | {"discriminator": serialize(self.discriminator)}
