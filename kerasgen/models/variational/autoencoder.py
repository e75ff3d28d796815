"""Autoencoders whose decoder is used as a generator (Ghosh et al., 2020, arXiv:1903.12436)."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen import spaces
from kerasgen.models.core import optimizers
from kerasgen.models.core.latent import LatentModel
from kerasgen.models.core.mixture import Mixture
from kerasgen.ops import checks, rng

ITERATIONS = 30  # of EM, after a start


@keras.saving.register_keras_serializable("kerasgen")
class Autoencoder(LatentModel):
    """x -> code -> x by least squares, and a distribution of the codes that is fitted to them afterwards.

    Nothing in the loss says where codes lie, so that the decoder knows nothing of a code drawn
    from N(0, I). A mixture of Gaussians fitted to the codes of training examples draws such as it
    knows: "ex-post density estimation", section 4 of the paper. Codes move while the networks
    learn; therefore the mixture is fitted anew every `fit_every` train steps, to the
    latest of them. Before the first fit its components are all N(0, I).

    Args:
        encoder: Functional model, x (batch, *event.shape) to codes (batch, latent_dim), float32.
        decoder: Functional model, codes to x; what it makes is cut at the ends of `value_range`.
        components: Of the mixture, with full covariances.
        memory: Number of the latest codes that it is fitted to.
        fit_every: Train steps between two fits of the mixture.
        value_range: (low, high) of x, or None for any finite numbers.
        ema, seed, name: See `ZooModel`. The average is of both networks; its codes are those
            remembered.

    Logs: `loss`, the squared error of a number of x, mean over all of them.
    """

    single_device_reason = "on which its mixture is fitted to the codes"

    def __init__(
        self,
        encoder,
        decoder,
        components=10,
        memory=10_000,
        fit_every=500,
        value_range=(0.0, 1.0),
        ema=None,
        seed=None,
        name=None,
    ):
        _check_networks(encoder, decoder)
        components = checks.integer("components", components, 1, 2**20)
        self.memory = checks.integer("memory", memory, components, 2**31 - 1)
        self.fit_every = checks.integer("fit_every", fit_every, 1, 2**31 - 1)
        latent = spaces.Box(decoder.input_shape[1:])
        super().__init__(
            spaces.box(encoder.input_shape[1:], value_range),
            latent,
            {"codes": latent},
            ema=ema,
            seed=seed,
            name=name,
        )
        self.encoder, self.decoder = encoder, decoder
        self.average_encoder, self.average_decoder = map(self.average_of, (encoder, decoder))
        self.mixture = Mixture(components, latent.shape[0], "full", floor=1e-4)
        self.code_parameters = self.mixture.parameters
        noise = lambda keys: rng.by_row(lambda key: rng.normal(key, latent.shape), keys)
        self._normal = tf.function(lambda keys: self.decoded(noise(keys)), autograph=False)
        plain = {"initializer": "zeros", "trainable": False}
        self.latest = self.add_weight((memory, *latent.shape), **plain, name="latest")
        self.num_seen = self.add_weight((), **plain, dtype="int64", name="num_seen")

    # Training.

    def compile(self, optimizer="adam", jit_compile=False, steps_per_execution=1, run_eagerly=False):
        """One optimizer for both networks, without XLA.

        Raises:
            ValueError: If `jit_compile` is True: the number of codes that the mixture is fitted to grows.
        """
        optimizers.jit(jit_compile, "the codes are not fitted under XLA")
        super().compile(optimizer, False, steps_per_execution, run_eagerly)

    def train_step(self, data):
        """One step down the squared error; after `fit_every` of them the mixture is fitted to the codes."""
        x, _, _ = self.unpack(data)
        with tf.GradientTape() as tape:
            loss = ops.mean(ops.square(self.decoder(self.encoder(x, training=True), training=True) - x))
        self.minimize(tape, loss, self, self.optimizer)
        logs = self.finish_step(loss=loss)
        self.remember(self.average_encoder(x))
        tf.cond(self.iterations % self.fit_every == 0, self.fit_codes, lambda: 0)
        return logs

    def remember(self, z):
        """Puts codes (batch, latent_dim) before the latest ones."""
        self.num_seen.assign_add(tf.shape(z, out_type="int64")[0])
        self.latest.assign(ops.concatenate([z, self.latest], axis=0)[: self.memory])

    def fit_codes(self):
        """k-means++ and EM on the latest codes; 0, since a branch of a graph must give something."""
        num = tf.cast(tf.minimum(self.num_seen, self.memory), "int32")
        codes = ops.cast(tf.gather(self.latest, tf.range(num)), "float64")
        self.mixture.start(codes, self.key())
        body = lambda step: (self.mixture.iterate(codes), step + 1)[1:]
        tf.while_loop(lambda step: step < ITERATIONS, body, [0], parallel_iterations=1)
        return 0

    def test_step(self, data):
        """The squared error on held-out data, by the averaged networks."""
        x, _, _ = self.unpack(data)
        return self.track(loss=ops.mean(ops.square(self.average_decoder(self.average_encoder(x)) - x)))

    # Codes and samples.

    def call(self, x, training=False):
        """Reconstructions of x: (batch, *event.shape)."""
        return self.reconstructed(x)

    def encoded(self, x, condition=None):
        return {"codes": self.average_encoder(x)}

    def decoded(self, z, condition=None):
        return self.event.clip(self.average_decoder(z))

    def draw_prior(self, keys, condition=None):
        return self.mixture.draw(keys)

    def drawing(self, progress=False, codes="mixture"):
        """As in `GenerativeModel`; `codes` are drawn from the "mixture", or "normal": from N(0, I)."""
        mixture = checks.choice("codes", codes, ("mixture", "normal")) == "mixture"
        return self._draw if mixture else self._normal

    # Saving.

    def components(self):
        networks = {name: self.with_average(getattr(self, name)) for name in ("encoder", "decoder")}
        return networks | {"codes": [self.code_parameters]}

    def get_config(self):
        config = self.config_of("encoder", "decoder", "memory", "fit_every")
        own = {"components": self.mixture.components, "value_range": self.event.range}
        return super().get_config() | config | own


def _check_networks(encoder, decoder):
    """Refuses networks whose shapes do not go together."""
    checks.network("encoder", encoder), checks.network("decoder", decoder)
    for name, network, shape in (
        ("encoder", encoder, decoder.input_shape[1:]),
        ("decoder", decoder, encoder.input_shape[1:]),
    ):
        if network.output_shape[1:] != shape or len(decoder.input_shape) != 2:
            raise ValueError(f"`{name}` must give {shape}. Received: {network.output_shape[1:]}.")
