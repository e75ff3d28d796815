"""The rules of a game: what a discriminator is shown, and what both players lose."""

import dataclasses

import keras
import tensorflow as tf
from keras import ops

from kerasgen.layers.augmentation import Augmentation
from kerasgen.models.adversarial import conditions
from kerasgen.objectives.adversarial import ALL_GAMES, GAMES
from kerasgen.objectives.penalties import PENALTIES
from kerasgen.ops import checks, rng

Schedule = keras.optimizers.schedules.LearningRateSchedule


@dataclasses.dataclass(frozen=True)
class Rules:
    """A game, and what keeps its discriminator in bounds.

    A judge is a function of examples and their condition (or None) that returns a list: the logits, and
    what else the discriminator gives.

    Args:
        game: A name in `objectives.adversarial.ALL_GAMES`.
        label_smoothing: One-sided, in [0, 1): real labels become 1 - label_smoothing.
        penalty: None or a name in `objectives.penalties.PENALTIES`.
        penalty_weight: Of the penalty in the discriminator's loss, >= 0; a schedule of Keras gives that of
            each train step.
        penalty_every: The penalty is taken in one of so many train steps, and weighs as much more there: lazy
            regularization (Karras et al., 2020, StyleGAN2, arXiv:1912.04958, section 3.1).
        packing: Examples that the discriminator judges at once, side by side (Lin et al., 2018, PacGAN,
            arXiv:1712.04086).
        augmentation: None, or a `layers.augmentation.Augmentation` of real and generated images.
        mismatch_weight: Share in [0, 1) of the discriminator's loss on what is not real that goes to real
            examples with the condition of another row (Reed et al., 2016, GAN-CLS, arXiv:1605.05396,
            Algorithm 1: 1/2). Only conditions that differ are taken.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    game: str = "non_saturating"
    label_smoothing: float = 0.0
    penalty: str | None = None
    penalty_weight: float = 10.0
    penalty_every: int = 1
    packing: int = 1
    augmentation: Augmentation | None = None
    mismatch_weight: float = 0.0

    def __post_init__(self):
        checks.choice("game", self.game, ALL_GAMES)
        checks.choice("penalty", self.penalty, [None, *PENALTIES])
        weight, smoothing = self.penalty_weight, self.label_smoothing
        found = {
            "label_smoothing": checks.number("label_smoothing", smoothing, 0, 1, "[)"),
            "penalty_every": checks.integer("penalty_every", self.penalty_every, 1, 1000),
            "packing": checks.integer("packing", self.packing, 1, 64),
            "mismatch_weight": checks.number("mismatch_weight", self.mismatch_weight, 0, 1, "[)"),
        }
        if not isinstance(weight, Schedule):
            found["penalty_weight"] = checks.number("penalty_weight", weight, 0)
        if self.augmentation is not None:
            checks.instance("augmentation", self.augmentation, Augmentation)
        for name, value in found.items():
            object.__setattr__(self, name, value)
        if smoothing and not ALL_GAMES[self.game].labels:
            raise ValueError(f"`label_smoothing` needs a game with labels. Received: game={self.game!r}.")
        if self.mismatch_weight and self.game not in GAMES:
            words = "`mismatch_weight` needs a game that judges every example by itself."
            raise ValueError(f"{words} Received: game={self.game!r}.")

    # What the players lose.

    def d_loss(self, judge, real, fake, condition, key, iterations, lazy=False):
        """The discriminator's loss.

        Args:
            judge: See above.
            real, fake: Examples of equal shape (batch, *event.shape).
            condition: Of both, or None.
            key: Of augmentation, other rows' conditions and penalty.
            iterations: Number of the train step, an int tensor, which sets the weight of the penalty.
            lazy: Whether the penalty is left out in most steps, as `penalty_every` says.

        Returns:
            The scalar, the terms to log, and what else the judge gives of real and of generated examples.
        """
        real_key, fake_key, wrong_key, penalty_key = rng.split(key, 4)
        real, fake = self.shown(real, real_key), self.shown(fake, fake_key)
        d_real, *of_real = judge(real, condition)
        d_fake, *of_fake = judge(fake, condition)
        logs = {"d_real": d_real, "d_fake": d_fake}
        loss = ops.mean(ALL_GAMES[self.game].d(d_real, d_fake, self.label_smoothing))
        if self.mismatch_weight:
            loss += self.mismatch_weight * self._mismatch(judge, real, d_fake, condition, wrong_key)
        if self.penalty is not None:
            logits = lambda x: judge(x, condition)[0]
            logs["penalty"] = self._penalty(logits, real, fake, penalty_key, iterations, lazy)
            weight = self.penalty_weight
            loss += (weight(iterations) if isinstance(weight, Schedule) else weight) * logs["penalty"]
        return loss, logs, of_real, of_fake

    def g_loss(self, judge, real, fake, condition, key):
        """The generator's loss: the scalar, and what else the judge gives of generated examples."""
        real_key, fake_key, _, _ = rng.split(key, 4)
        d_fake, *of_fake = judge(self.shown(fake, fake_key), condition)
        d_real = None if self.game in GAMES else judge(self.shown(real, real_key), condition)[0]
        return ops.mean(ALL_GAMES[self.game].g(d_fake, d_real)), of_fake

    def g_rows(self, d_fake):
        """The generator's loss of each of its examples, (batch,), real ones of logit 0 beside them."""
        loss = ALL_GAMES[self.game].g(d_fake, ops.zeros_like(d_fake))
        return ops.mean(ops.reshape(loss, (ops.shape(loss)[0], -1)), axis=1)

    def _mismatch(self, judge, real, d_fake, condition, key):
        """By how much the loss grows if wrong pairs take the place of generated examples."""
        wrong, differs = conditions.mismatched(condition, key)
        loss, differs = GAMES[self.game].fake, ops.cast(differs, "float32")
        d_wrong = ops.reshape(loss(judge(real, wrong)[0]), (ops.shape(real)[0], -1))
        mean = ops.sum(ops.mean(d_wrong, axis=1) * differs) / ops.maximum(ops.sum(differs), 1.0)
        return mean - ops.mean(loss(d_fake))

    def _penalty(self, logits, real, fake, key, iterations, lazy):
        take = lambda: ops.mean(PENALTIES[self.penalty](logits, real, fake, key))
        if self.penalty_every == 1 or not lazy:
            return take()
        now = tf.equal(iterations % self.penalty_every, 0)
        return tf.cond(now, lambda: self.penalty_every * take(), lambda: tf.constant(0.0))

    # What the discriminator is shown.

    def shown(self, x, key):
        """Examples augmented, and packed."""
        return self.pack(x if self.augmentation is None else self.augmentation(x, key))

    def adapt(self, d_real):
        """Lets the augmentation follow the logits of real examples."""
        if self.augmentation is not None:
            self.augmentation.adapt(d_real)

    def pack(self, x):
        """Examples (batch, ..., c) side by side: (batch / packing, ..., packing c).

        Of a batch that cannot be divided the last examples are left out; a smaller one lends in turn.
        """
        if self.packing == 1:
            return x
        num = tf.shape(x)[0]
        groups = tf.maximum(num // self.packing, 1)
        x = tf.gather(x, tf.range(groups * self.packing) % num)
        x = ops.moveaxis(ops.reshape(x, (groups, self.packing, *x.shape[1:])), 1, -2)
        return ops.reshape(x, (groups, *x.shape[1:-2], self.packing * x.shape[-1]))

    def get_config(self):
        """{argument: value}."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
