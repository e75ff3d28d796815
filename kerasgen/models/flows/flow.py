"""Normalizing flows: densities by a change of variables (Rezende & Mohamed, 2015; Dinh et al., 2015)."""

import functools

import keras
import tensorflow as tf

from kerasgen import spaces
from kerasgen.distributions.priors import PRIORS
from kerasgen.models.core import bounds
from kerasgen.models.core.latent import LatentModel
from kerasgen.models.core.rows import by_chunks
from kerasgen.models.core.weighting import mean
from kerasgen.models.flows import parts
from kerasgen.models.flows.levels import LearnedNoise, Levels, UniformNoise
from kerasgen.ops import checks, rng

BASES = ("normal", "logistic")  # priors that are smooth and positive everywhere


@keras.saving.register_keras_serializable("kerasgen")
class Flow(LatentModel):
    """p(x) = p(z) |det df/dx| at z = f(x), f a bijector from data to noise: equation 1 of arXiv:1410.8516.

    The likelihood is exact for numbers of a density. Of numbers that are quantized, such as pixels, it is
    that of their levels, bounded from below by dequantization (`models.flows.levels`): bits per dimension are
    then -nats / (D log 2), with every logit and division counted.

    Args:
        bijector: `bijectors.Bijector` of x (batch, *event_shape); of quantized x it takes numbers in (0, 1).
            A conditional one reads the condition.
        event_shape: Shape of one example.
        prior: p(z), "normal" or "logistic", independent numbers.
        levels: None where x has a density, or the number of equally spaced levels, 2 to 65536, from the lower
            to the upper end of `value_range`; 256 for 8-bit images.
        dequantizer: With `levels`: None for uniform noise, or a conditional `Bijector` of noise
            (batch, *event_shape) whose condition is the image, scaled to [-1, 1]: variational dequantization.
        value_range: (low, high) of x, at whose ends samples are cut, or None for any finite numbers.
        condition: None, a space such as `spaces.Label(10)`, or the number of classes.
        ema: Decay in (0, 1) of the averages of the bijectors, which encode and sample, or None.
        seed, name: See `ZooModel`.

    Logs `loss`, minus the mean log-likelihood or its bound, nats an example.

    Raises:
        TypeError, ValueError: If an argument is none of these, or they do not go together.
    """

    weighted = True

    def __init__(
        self,
        bijector,
        event_shape,
        prior="normal",
        levels=None,
        dequantizer=None,
        value_range=None,
        condition=None,
        ema=None,
        seed=None,
        name=None,
    ):
        event = spaces.box(checks.shape("event_shape", event_shape, 1), value_range)
        condition = spaces.as_condition(condition)
        checks.choice("prior", prior, BASES)
        parts.check_levels(levels, dequantizer, event)
        parts.check_condition(bijector, condition)
        parts.build("bijector", bijector, event.shape)
        latent = spaces.Box(tuple(bijector.compute_output_shape((None, *event.shape)))[1:])
        super().__init__(event, latent, {"z": latent}, condition=condition, ema=ema, seed=seed, name=name)
        self.bijector, self.dequantizer, self.prior, self.num_levels = bijector, dequantizer, prior, levels
        self.average_bijector = self.average_of(bijector)
        self.average_dequantizer = dequantizer and self.average_of(dequantizer)
        self.base = PRIORS[prior](latent.shape)
        self.levels = None if levels is None else Levels(event, levels)
        graph = functools.partial(tf.function, autograph=False, reduce_retracing=True)
        self._graph_of = functools.cache(
            lambda warmth: graph(functools.partial(self.draw, temperature=warmth))
        )
        self._estimate = graph(self.estimated)

    @property
    def support(self):
        return "reals" if self.levels is None else "levels"

    @property
    def bound_words(self):
        kind = "uniform" if self.dequantizer is None else "variational"
        return f"the bound by {kind} dequantization, one draw an example"

    @property
    def single_device_reason(self):
        return "whose first batch initializes the bijector" if self.bijector.data_dependent else None

    # Training.

    def train_step(self, data):
        """A step up the mean of log p(f(x)) + log |det df/dx|: NICE, section 2."""
        x, condition, weight = self.unpack(data)
        noise = self.draw_noise(self.key(), tf.shape(x))
        if self.bijector.data_dependent:
            first = lambda: self.initialize(x, condition, weight, noise)
            tf.cond(tf.equal(self.iterations, 0), first, lambda: 0)
        with tf.GradientTape() as tape:
            loss = -mean(self.log_likelihood(x, condition, noise, training=True), weight)
        self.minimize(tape, loss, self, self.optimizer)
        return self.finish_step(loss=loss)

    def test_step(self, data):
        """The same of held-out data, by the averages, nothing updated."""
        x, condition, weight = self.unpack(data)
        noise = self.draw_noise(self.evaluation_key(), tf.shape(x))
        return self.track(weight, loss=-self.log_likelihood(x, condition, noise))

    def initialize(self, x, condition, weight, noise):
        """Sets what is read off the first batch; 0, since a branch of a graph gives something."""
        self.bijector.initialize(self.dequantized(x, noise, training=True)[0], condition, weight)
        return 0

    # Densities.

    def noise_source(self, training=False):
        """What makes numbers of a density of the levels, or None."""
        if self.levels is None:
            return None
        if self.dequantizer is None:
            return UniformNoise(self.levels)
        return LearnedNoise(self.levels, self.dequantizer if training else self.average_dequantizer)

    def draw_noise(self, key, shape):
        """What dequantization draws for examples of that shape, or None."""
        source = self.noise_source()
        return None if source is None else source.draw(key, shape)

    def dequantized(self, x, noise, training=False):
        """(numbers that the bijector takes, what the noise costs in nats) of examples."""
        if noise is None:
            return x, 0.0
        v, log_q = self.noise_source(training).dequantized(x, noise)
        return v, log_q + self.levels.offset

    def log_likelihood(self, x, condition=None, noise=None, training=False):
        """log p(x), or its bound at one draw of the noise: nats (batch,)."""
        v, cost = self.dequantized(x, noise, training)
        bijector = self.bijector if training else self.average_bijector
        z, log_det = bijector.forward(v, condition)
        return self.base.log_prob(z) + log_det - cost

    def log_prob(self, x, condition=None, num_samples=1, seed=0, progress=False):
        """log p(x) in nats, float32 (num,): exact without levels; a lower bound with them.

        The bound is that of k draws of the noise, log 1/k sum_i exp(log p(v_i) - log q(u_i | x)) - D log L,
        which rises to log P(x) with k (Hoogeboom et al., 2020, arXiv:2001.11235, section 3). Row i depends on
        (x[i], seed, i) alone.

        Args:
            x: Examples (num, *event.shape) as for `fit`; with levels the nearest ones are taken.
            condition: For a conditional model: one value, or one per row.
            num_samples: k >= 1; without levels nothing is drawn.
            seed: Int in [0, 2**32), or None for the next of the model's own stream.
            progress: Whether to show a bar.

        Raises:
            InvalidDataError: If `x` or `condition` is not of that kind.
        """
        return self._over_rows("importance", x, condition, num_samples, seed, progress)

    def elbo(self, x, condition=None, num_samples=1, seed=0, progress=False):
        """The mean of `num_samples` bounds of a single draw, as published figures are; else as `log_prob`."""
        return self._over_rows("elbo", x, condition, num_samples, seed, progress)

    def _over_rows(self, method, x, condition, num_samples, seed, progress):
        draws = tf.constant(checks.integer("num_samples", num_samples, 1, 2**31 - 1))
        checks.flag("progress", progress)
        x, *given = self.example_rows(x, condition)
        rows = x, self.row_keys(len(x), seed), *given
        return by_chunks(lambda *rows: self._estimate(method, draws, *rows), rows, self.chunk, progress)

    def estimated(self, method, draws, x, keys, condition=None):
        """The graph of `log_prob` ("importance") and `elbo` for a few examples."""
        if self.levels is None:
            return self.log_likelihood(x, condition)
        values = lambda j: self.log_likelihood(x, condition, self._noise_of_rows(keys, j))[None]
        return bounds.fold(values, method, draws, 1, x.shape[0])

    def _noise_of_rows(self, keys, j):
        """Draw number j of each row."""
        return rng.by_row(lambda key: self.draw_noise(rng.step(key, "draw", j), self.event.shape), keys)

    # Codes and samples.

    def call(self, x, condition=None, training=False):
        """The codes z = f(x) of examples, of levels at the middle of their cells: (batch, *latent.shape)."""
        v = x if self.levels is None else self.levels.middle(x)
        return self.average_bijector.forward(v, condition)[0]

    def encoded(self, x, condition=None):
        return {"z": self.call(x, condition)}

    def decoded(self, z, condition=None):
        x, _ = self.average_bijector.inverse(z, condition)
        return self.event.clip(x) if self.levels is None else self.levels.at(x)

    def draw_prior(self, keys, condition=None):
        return rng.by_row(self.base.sample, keys)

    def draw(self, keys, condition=None, temperature=1.0):
        return self.decoded(temperature * self.draw_prior(keys), condition)

    def drawing(self, progress=False, temperature=None):
        """As in `GenerativeModel`.

        Args:
            progress: Not used: one pass draws a chunk.
            temperature: T in (0, 100] by which z is multiplied; None takes 1. Samples of T < 1 are nearer to
                the
                middle of the distribution: Glow, arXiv:1807.03039, section 6.
        """
        if temperature is None:
            return self._draw
        return self._graph_of(checks.number("temperature", temperature, 0, 100, "(]"))

    # Saving and serving.

    def components(self):
        owned = {"bijector": self.bijector, "dequantizer": self.dequantizer}
        return {name: self.with_average(one) for name, one in owned.items() if one is not None}

    def endpoints(self):
        """Adds `log_prob`: x to nats; of levels, x and a row seed to the bound at one draw."""
        seed = {} if self.levels is None else {"seed": spaces.Seeds()}
        inputs, outputs = {"x": self.event} | seed | self.condition_input(), {"log_prob": spaces.Nats()}
        return super().endpoints() | {"log_prob": spaces.Endpoint(self._served, inputs, outputs)}

    def _served(self, x, *rest):
        if self.levels is None:
            return {"log_prob": self.log_likelihood(x, *rest)}
        seed, *condition = rest
        noise = self._noise_of_rows(rng.row_keys(seed), 0)
        return {"log_prob": self.log_likelihood(x, *(condition or [None]), noise)}

    def get_config(self):
        own = self.config_of("bijector", "dequantizer", "prior", "condition")
        own |= {"event_shape": self.event.shape, "value_range": self.event.range, "levels": self.num_levels}
        return super().get_config() | own
