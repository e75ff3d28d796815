"""Style-based generators (Karras et al., 2020, StyleGAN2, arXiv:1912.04958)."""

import functools

import keras
import tensorflow as tf
from keras import ops

from kerasgen import spaces
from kerasgen.models.adversarial import agreement
from kerasgen.models.adversarial.rules import Rules
from kerasgen.models.adversarial.style_generator import StyleGenerator
from kerasgen.models.adversarial.two_players import TwoPlayers
from kerasgen.models.core import interpolation, saving
from kerasgen.objectives.path_length import path_lengths
from kerasgen.ops import checks, paths, rng

RULES = ("game", "penalty", "penalty_weight", "penalty_every", "augmentation")
OWN = (
    "mapping",
    "synthesis",
    "discriminator",
    "mixing",
    "path_weight",
    "path_every",
    "path_decay",
    "truncation",
)
TERMS = ("d_loss", "g_loss", "d_real", "d_fake", "path_length", "path_penalty")


@keras.saving.register_keras_serializable("kerasgen")
class StyleGAN(TwoPlayers):
    """A mapping network gives every layer of a synthesis its style; noise of its own gives it detail.

    Args:
        mapping, synthesis: See `style_generator.StyleGenerator`; images are x (batch, *event.shape).
        discriminator: Functional model, x to one float32 logit an example.
        game, penalty, penalty_weight, penalty_every, augmentation: See `rules.Rules`.
        mixing: Share in [0, 1] of the examples in training whose later layers follow another z.
        path_weight: Weight >= 0 of the path length regularization (section 3.2, equation 4).
        path_every: It is taken in one of so many train steps and weighs as much more there.
        path_decay: Decay in [0, 1) of the mean length that it aims at.
        truncation: psi >= 0 of samples: w becomes mean + psi (w - mean); 1 changes nothing.
        value_range: (low, high) of x, to which samples are clipped, or None for any finite numbers.
        ema: Decay in (0, 1) of the average of mapping and synthesis, which is what samples, or None.
        seed, name: See `ZooModel`.

    Logs, beside those of `GAN`: `path_length`, the mean length that a step of w is scaled by in images, and
    `path_penalty`, unweighted.

    Raises:
        TypeError, ValueError: If an argument is none of these, or the networks do not go together.
    """

    def __init__(
        self,
        mapping,
        synthesis,
        discriminator,
        game="non_saturating",
        penalty="r1",
        penalty_weight=1.0,
        penalty_every=16,
        augmentation=None,
        mixing=0.9,
        path_weight=2.0,
        path_every=8,
        path_decay=0.99,
        truncation=1.0,
        value_range=(-1.0, 1.0),
        ema=None,
        seed=None,
        name=None,
    ):
        self.rules = Rules(game, 0.0, penalty, penalty_weight, penalty_every, augmentation=augmentation)
        self.mixing = checks.number("mixing", mixing, 0, 1)
        self.path_weight = checks.number("path_weight", path_weight, 0)
        self.path_every = checks.integer("path_every", path_every, 1, 1000)
        self.path_decay = checks.number("path_decay", path_decay, 0, 1, "[)")
        generator = StyleGenerator(mapping, synthesis)
        agreement.check_judge(discriminator, synthesis)
        names = TERMS + ("penalty",) * (penalty is not None)
        event = spaces.box(synthesis.output_shape[1:], value_range)
        super().__init__(event, truncation, ema=ema, seed=seed, metric_names=names, name=name)
        self.mapping, self.synthesis, self.discriminator = mapping, synthesis, discriminator
        self.generator = generator
        self.average_generator = StyleGenerator(*map(self.average_of, (mapping, synthesis)))
        self.augmentation = augmentation
        self.latent = spaces.Box(mapping.input_shape[1:])
        self.path_mean = self.add_weight((), "zeros", trainable=False, name="path_mean")
        self._code = tf.function(self.draw_prior, autograph=False)
        self._emit = tf.function(self.emitted, autograph=False)

    # Training.

    def train_step(self, data):
        """A step of the discriminator, one of the generator, and now and then one of its path length."""
        real, _, _ = self.unpack(data)
        num, judge = ops.shape(real)[0], self.judge(functools.partial(self.discriminator, training=True))
        d_key, d_loss_key, g_key, g_loss_key, path_key = rng.split(self.key(), 5)
        fake = self.generated(num, d_key)
        with tf.GradientTape() as tape:
            rows = real, fake, None, d_loss_key, self.iterations
            d_loss, logs, *_ = self.rules.d_loss(judge, *rows, lazy=True)
        self.minimize(tape, d_loss, self.discriminator, self.d_optimizer)
        self.rules.adapt(logs["d_real"])
        with tf.GradientTape() as tape:
            g_loss, _ = self.rules.g_loss(judge, real, self.generated(num, g_key), None, g_loss_key)
            length, penalty = self.path(num, path_key)
            loss = g_loss + self.path_weight * penalty
        self.minimize(tape, loss, self.generator, self.g_optimizer)
        path = {"path_length": length, "path_penalty": penalty}
        return self.finish_step(d_loss=d_loss, g_loss=g_loss, **logs, **path)

    def judge(self, network):
        """The judge of `Rules` that a network is, whose inputs are those of the discriminator."""
        return lambda x, condition: [network(x)]

    def generated(self, num, key):
        """Examples as training makes them: codes of the prior, some of them mixed, and noise."""
        style_key, noise_key = rng.split(key, 2)
        return self.generator.synthesized(self.generator.styles(num, style_key, self.mixing), noise_key)

    def path(self, num, key):
        """The mean path length and the penalty on its spread, which is 0 in most train steps."""
        if not self.path_weight:
            return tf.constant(0.0), tf.constant(0.0)

        def taken():
            style_key, noise_key, y_key = rng.split(key, 3)
            styles = self.generator.styles(tf.maximum(num // 2, 1), style_key, self.mixing)
            images = functools.partial(self.generator.synthesized, key=noise_key)
            lengths = path_lengths(images, styles, y_key)
            mean = self.path_mean + (1 - self.path_decay) * (ops.mean(lengths) - self.path_mean)
            mean = tf.stop_gradient(mean)
            self.path_mean.assign(mean)
            return mean, self.path_every * ops.mean(ops.square(lengths - mean))

        now = tf.equal(self.iterations % self.path_every, 0)
        return tf.cond(now, taken, lambda: (tf.convert_to_tensor(self.path_mean), tf.constant(0.0)))

    def test_step(self, data):
        """The losses of both players on held-out data, for the averaged networks, nothing updated."""
        real, _, _ = self.unpack(data)
        z_key, d_key, g_key = rng.split(self.evaluation_key(), 3)
        z, judge = self.generator.prior.sample(z_key, (ops.shape(real)[0],)), self.judge(self.discriminator)
        fake = self(z)
        d_loss, logs, *_ = self.rules.d_loss(judge, real, fake, None, d_key, self.iterations)
        g_loss, _ = self.rules.g_loss(judge, real, fake, None, g_key)
        path = {"path_length": self.path_mean, "path_penalty": 0.0}
        return self.track(d_loss=d_loss, g_loss=g_loss, **logs, **path)

    # Sampling.

    def call(self, z, training=False):
        """Examples of codes z (batch, *latent.shape), without noise and truncation."""
        return self.event.clip(self.average_generator.silent(self.average_generator.truncated(z)))

    def draw_prior(self, keys, condition=None):
        """One code per key of shape (num, 2): (num, *latent.shape)."""
        return rng.by_row(lambda key: self.generator.prior.sample(rng.stream(key, "start")), keys)

    def emitted(self, z, keys, truncation=None):
        """Examples of codes z, with noise of one key a row."""
        psi = self.truncation if truncation is None else truncation
        return self.event.clip(self.average_generator.drawn(self.average_generator.truncated(z, psi), keys))

    def draw(self, keys, condition=None, truncation=None):
        return self.emitted(self.draw_prior(keys), keys, truncation)

    def interpolate(self, num=8, steps=10, seed=0, condition=None):
        """Examples along paths between codes: see `models.core.interpolation`."""
        path = functools.partial(paths.between, great_circle=True)
        return interpolation.interpolate(self, self._code, path, self._emit, num, steps, seed, condition)

    # Saving and serving.

    def components(self):
        averaged = {name: self.with_average(getattr(self, name)) for name in ("mapping", "synthesis")}
        return averaged | {"discriminator": [self.discriminator]}

    def endpoints(self):
        """Adds `generate`: codes z, float32 (rows, *latent.shape), to samples without noise."""
        generate = lambda z: {"samples": self(z)}
        endpoint = spaces.Endpoint(generate, {"z": self.latent}, {"samples": self.event})
        return super().endpoints() | {"generate": endpoint}

    def get_config(self):
        rules = {name: getattr(self.rules, name) for name in RULES}
        own = self.config_of(*OWN) | {"value_range": self.event.range}
        return super().get_config() | saving.plain(rules) | own
