"""InfoGAN (Chen et al., 2016, arXiv:1606.03657): codes that mean something, found without a label."""

import functools

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kerasgen import spaces
from kerasgen.models.adversarial import agreement
from kerasgen.models.adversarial.codes import factor_loss
from kerasgen.models.adversarial.rules import Rules
from kerasgen.models.adversarial.two_players import TwoPlayers
from kerasgen.models.core import interpolation, saving
from kerasgen.models.core.rows import by_chunks
from kerasgen.ops import checks, paths, rng

RULES = ("game", "label_smoothing", "penalty", "penalty_weight", "penalty_every", "augmentation")
TERMS = ("d_loss", "g_loss", "d_real", "d_fake", "information", "factor_loss")


@keras.saving.register_keras_serializable("kerasgen")
class InfoGAN(TwoPlayers):
    """A GAN whose code has a class and continuous factors that the discriminator reads back from examples.

    Both players ascend a lower bound of the mutual information between those codes and the example
    (equation 6): the generator must use them, so that classes of the data find theirs.

    Args:
        generator: Functional model, z (batch, noise + categories + factors), in that order, to
            x (batch, *event.shape).
        discriminator: Functional model, x to [float32 logit (batch, 1), logits of the category
            (batch, categories), and with factors their means (batch, factors)].
        categories: Number of classes, 2 or more.
        factors: Number of continuous codes in (-1, 1), >= 0.
        information_weight: Lambda of the category, >= 0; 1 in the paper.
        factor_weight: The same of the factors; 0.1.
        game, label_smoothing, penalty, penalty_weight, penalty_every, augmentation: See `rules.Rules`.
        value_range: (low, high) of x, or None for any finite numbers.
        ema: Decay in (0, 1) of the average of the generator, which is what samples, or None.
        seed, name: See `ZooModel`.

    Logs, beside those of `GAN`: `information`, the bound of the mutual information of category and example in
    nats, at most log categories; `factor_loss`.

    Raises:
        TypeError, ValueError: If an argument is none of these, or the networks do not go together.
    """

    def __init__(
        self,
        generator,
        discriminator,
        categories=10,
        factors=2,
        information_weight=1.0,
        factor_weight=0.1,
        game="non_saturating",
        label_smoothing=0.0,
        penalty=None,
        penalty_weight=10.0,
        penalty_every=1,
        augmentation=None,
        value_range=(-1.0, 1.0),
        ema=None,
        seed=None,
        name=None,
    ):
        options = game, label_smoothing, penalty, penalty_weight, penalty_every
        self.rules = Rules(*options, augmentation=augmentation)
        self.information_weight = checks.number("information_weight", information_weight, 0)
        self.factor_weight = checks.number("factor_weight", factor_weight, 0)
        self.codes = agreement.check_codes(generator, discriminator, categories, factors)
        names = TERMS + ("penalty",) * (penalty is not None)
        event = spaces.box(generator.output_shape[1:], value_range)
        super().__init__(event, ema=ema, seed=seed, metric_names=names, name=name)
        self.generator, self.discriminator = generator, discriminator
        self.average, self.augmentation = self.average_of(generator), augmentation
        self.latent = spaces.Box((self.codes.size,))
        graph = functools.partial(tf.function, autograph=False)
        self._code, self._emit = graph(self.draw_prior), graph(lambda z, keys: self(z))
        self._read = graph(lambda x: tuple(self.read(x).values()))
        self._chosen = graph(self.draw_chosen)

    # Training.

    def train_step(self, data):
        """A step of the discriminator, which reads, and one of the generator: both raise the information."""
        real, _, _ = self.unpack(data)
        num, judge = ops.shape(real)[0], self.judge(functools.partial(self.discriminator, training=True))
        d_key, d_loss_key, g_key, g_loss_key = rng.split(self.key(), 4)
        z, *codes = self.codes.sample(d_key, (num,))
        fake = self.generator(z, training=True)
        with tf.GradientTape() as tape:
            rows = real, fake, None, d_loss_key, self.iterations
            loss, logs, _, of_fake = self.rules.d_loss(judge, *rows, lazy=True)
            d_loss = loss - self.bound(of_fake, codes)[0]
        self.minimize(tape, d_loss, self.discriminator, self.d_optimizer)
        self.rules.adapt(logs["d_real"])
        z, *codes = self.codes.sample(g_key, (num,))
        with tf.GradientTape() as tape:
            fake = self.generator(z, training=True)
            g_loss, of_fake = self.rules.g_loss(judge, real, fake, None, g_loss_key)
            bound, terms = self.bound(of_fake, codes)
            loss = g_loss - bound
        self.minimize(tape, loss, self.generator, self.g_optimizer)
        return self.finish_step(d_loss=d_loss, g_loss=g_loss, **logs, **terms)

    def judge(self, network):
        """The judge of `Rules` that a network is, whose inputs are those of the discriminator."""
        return lambda x, condition: network(x)

    def bound(self, reading, codes):
        """The weighted bound of the information, and its terms to log.

        Args:
            reading: [logits of the category, means of the factors] of generated examples.
            codes: Their (category, factors).
        """
        information = self.codes.information(reading[0], codes[0])
        loss = factor_loss(reading[1], codes[1]) if self.codes.factors else tf.constant(0.0)
        bound = self.information_weight * information - self.factor_weight * loss
        return bound, {"information": information, "factor_loss": loss}

    def test_step(self, data):
        """The same losses on held-out data, for the averaged generator, nothing updated."""
        real, _, _ = self.unpack(data)
        z_key, d_key, g_key = rng.split(self.evaluation_key(), 3)
        z, *codes = self.codes.sample(z_key, (ops.shape(real)[0],))
        fake, judge = self(z), self.judge(self.discriminator)
        d_loss, logs, _, of_fake = self.rules.d_loss(judge, real, fake, None, d_key, self.iterations)
        g_loss, _ = self.rules.g_loss(judge, real, fake, None, g_key)
        bound, terms = self.bound(of_fake, codes)
        return self.track(d_loss=d_loss - bound, g_loss=g_loss, **logs, **terms)

    # Sampling and reading.

    def call(self, z, training=False):
        """Examples of codes z (batch, noise + categories + factors), by the averaged generator."""
        return self.average(z, training=training)

    def draw_prior(self, keys, condition=None):
        """One code per key of shape (num, 2): (num, *latent.shape). Row i uses keys[i] only."""
        return rng.by_row(lambda key: self.codes.sample(rng.stream(key, "start"))[0], keys)

    def draw(self, keys, condition=None):
        return self(self.draw_prior(keys))

    def draw_chosen(self, keys, category, factors):
        """As `draw`, with the category (num,) where it is not negative, and factors where they are finite."""
        sizes = [self.codes.noise, self.codes.categories, self.codes.factors]
        noise, one_hot, drawn = tf.split(self.draw_prior(keys), sizes, axis=1)
        category = tf.where(category < 0, tf.argmax(one_hot, axis=1, output_type="int32"), category)
        return self(self.codes.join(noise, category, tf.where(tf.math.is_finite(factors), factors, drawn)))

    def drawing(self, progress=False, category=None, factors=None):
        """As in `GenerativeModel`.

        Args:
            progress: Not used: one pass draws a chunk.
            category: Int in [0, categories) of all rows, or None to draw each row's.
            factors: As many numbers in [-1, 1] as there are factors, or None to draw them.
        """
        if category is None and factors is None:
            return self._draw
        most, size = self.codes.categories - 1, self.codes.factors
        chosen = -1 if category is None else checks.integer("category", category, 0, most)
        numbers = np.full(size, np.nan, "float32")
        if factors is not None:
            numbers = checks.array("factors", factors, (size,)).astype("float32")
            if (np.abs(numbers) > 1).any():
                words = "`factors` must be in [-1, 1]."
                raise ValueError(f"{words} Received: factors={checks.received(factors)}.")
        rows = lambda keys: (tf.fill([len(keys)], chosen), tf.tile(numbers[None], [len(keys), 1]))
        return lambda keys: self._chosen(keys, *rows(keys))

    def read(self, x):
        """{"category": probabilities (batch, categories), "factors": means (batch, factors)} as tensors."""
        _, logits, *means = self.discriminator(x)
        outputs = {"category": ops.softmax(ops.cast(logits, "float32"))}
        return outputs | ({"factors": ops.cast(means[0], "float32")} if means else {})

    def encode(self, x):
        """What the discriminator reads in examples (num, *event.shape): see `read`; an array, or two of them.

        Raises:
            InvalidDataError: If `x` is not of that kind.
        """
        return by_chunks(self._read, (tf.constant(self.event.check(x, "x")),), self.chunk)

    def interpolate(self, num=8, steps=10, seed=0, condition=None):
        """Examples along straight paths between codes: see `models.core.interpolation`."""
        rows = num, steps, seed, condition
        return interpolation.interpolate(self, self._code, paths.between, self._emit, *rows)

    # Saving and serving.

    def components(self):
        return {"generator": self.with_average(self.generator), "discriminator": [self.discriminator]}

    def endpoints(self):
        """Adds `generate`, codes to samples, and `encode`, examples to what is read in them."""
        event = {"samples": self.event}
        reading = {"category": spaces.Simplex((self.codes.categories,))}
        reading |= {"factors": spaces.Box((self.codes.factors,))} if self.codes.factors else {}
        return super().endpoints() | {
            "generate": spaces.Endpoint(lambda z: {"samples": self(z)}, {"z": self.latent}, event),
            "encode": spaces.Endpoint(self.read, {"x": self.event}, reading),
        }

    def get_config(self):
        rules = {name: getattr(self.rules, name) for name in RULES}
        codes = {"categories": self.codes.categories, "factors": self.codes.factors}
        own = self.config_of("generator", "discriminator", "information_weight", "factor_weight")
        return super().get_config() | saving.plain(rules) | own | codes | {"value_range": self.event.range}
