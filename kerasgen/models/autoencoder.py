"""Autoencoders whose decoder is used as a generator (Ghosh et al., 2020, arXiv:1903.12436)."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.models.importance import by_chunks
from kerasgen.models.latent import LatentModel
from kerasgen.models.mixture import GaussianMixture
from kerasgen.ops import checks, rng

serialize = keras.saving.serialize_keras_object

ITERATIONS = 30  # of EM, after a start


@keras.saving.register_keras_serializable("kerasgen")
class Autoencoder(LatentModel):
    """x -> code -> x by least squares, and a law of the codes that is fitted to them afterwards.

    Nothing in the loss says where codes lie, so that the decoder knows nothing of a code drawn
    from N(0, I). A mixture of Gaussians fitted to the codes of training examples draws such as it
    knows: "ex-post density estimation", section 4 of the paper. Codes move while the networks
    learn; therefore the mixture is fitted anew every `fit_every` train steps, to the
    latest of them. Before the first fit its components are all N(0, I).

    Args:
        encoder: Functional model, x (batch, *event_shape) to codes (batch, latent_dim), float32.
        decoder: Functional model, codes to x; what it makes is cut at the ends of `value_range`.
        components: Of the mixture, with full covariances.
        memory: The latest codes that it is fitted to.
        fit_every: Train steps between two fits of the mixture.
        value_range, ema, seed: See `ZooModel`. The average is of both networks; its codes are those
            remembered.

    Logs: `loss`, the squared error of a number of x, mean over all of them.
    """

    alone = "on which its mixture is fitted to the codes"

    def __init__(
        self,
        encoder,
        decoder,
        components=10,
        memory=10_000,
        fit_every=500,
        value_range=(0.0, 1.0),
        **kwargs,
    ):
        for name, network, shape in (
            ("encoder", encoder, decoder.input_shape[1:]),
            ("decoder", decoder, encoder.input_shape[1:]),
        ):
            if network.output_shape[1:] != shape or len(decoder.input_shape) != 2:
                raise ValueError(f"`{name}` must give {shape}. Received: {network.output_shape[1:]}.")
        checks.integer("memory", memory, checks.integer("components", components, 1, 2**20), 2**31 - 1)
        checks.integer("fit_every", fit_every, 1, 2**31 - 1)
        kwargs.setdefault("event_shape", encoder.input_shape[1:])
        super().__init__(decoder.input_shape[-1], value_range=value_range, **kwargs)
        self.components, self.memory, self.fit_every = components, memory, fit_every
        self.encoder, self.decoder = encoder, decoder
        self.average_encoder, self.average_decoder = map(self.average_of, (encoder, decoder))
        self.mixture = GaussianMixture(
            (self.latent_dim,), components, floor=1e-4, seed=self.seed, name="codes"
        )
        noise = lambda keys: rng.by_row(lambda key: rng.normal(key, (self.latent_dim,)), keys)
        self._normal = tf.function(lambda keys: self.decoded(noise(keys)), autograph=False)
        plain = {"initializer": "zeros", "trainable": False}
        self.latest = self.add_weight((memory, self.latent_dim), **plain, name="latest")
        self.seen = self.add_weight((), **plain, dtype="int64", name="seen")

    # Training.

    def compile(self, optimizer="adam", jit_compile=False, **kwargs):
        """One optimizer for both networks, without XLA.

        Raises:
            ValueError: If `jit_compile` is True: the number of codes that the mixture is fitted to grows.
        """
        if jit_compile is True:
            raise ValueError(
                "`jit_compile` must be False: the codes are not fitted under XLA. Received: True."
            )
        super().compile(optimizer, jit_compile=False, **kwargs)

    def train_step(self, data):
        """One step down the squared error; now and then, a fit of the mixture to the latest codes."""
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            loss = ops.mean(ops.square(self.decoder(self.encoder(x, training=True), training=True) - x))
        self.descend(tape, loss, self, self.network_optimizer)
        logs = self.end_step(loss=loss)
        self.remember(self.average_encoder(x))
        tf.cond(self.steps % self.fit_every == 0, self.fit_codes, lambda: 0)
        return logs

    def remember(self, z):
        """Puts codes (batch, latent_dim) before the latest ones."""
        self.seen.assign_add(tf.shape(z, out_type="int64")[0])
        self.latest.assign(ops.concatenate([z, self.latest], axis=0)[: self.memory])

    def fit_codes(self):
        """k-means++ and EM on the latest codes; 0, since a branch must give something."""
        codes = tf.gather(self.latest, tf.range(tf.cast(tf.minimum(self.seen, self.memory), "int32")))
        self.mixture.start(codes)
        body = lambda step: (self.mixture.iterate(codes), step + 1)[1:]
        tf.while_loop(lambda step: step < ITERATIONS, body, [0], parallel_iterations=1)
        return 0

    def test_step(self, data):
        """The squared error on held-out data, by the averaged networks."""
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        return self.track(loss=ops.mean(ops.square(self.average_decoder(self.average_encoder(x)) - x)))

    # Codes and samples.

    def call(self, x, training=False):
        """Reconstructions of x: (batch, *event_shape)."""
        return self.reconstructed(x)

    def encoded(self, x, labels=None):
        return {"codes": self.average_encoder(x)}

    def decoded(self, z, labels=None):
        x = self.average_decoder(z)
        return x if self.value_range is None else ops.clip(x, *self.value_range)

    def draw_prior(self, keys, labels=None):
        return self.mixture.draw(keys)

    def sample(self, num, seed=None, label=None, progress=False, codes="mixture"):
        """As `GenerativeModel.sample`; `codes` are drawn from the "mixture", or "normal": from N(0, I)."""
        if checks.choice("codes", codes, ("mixture", "normal")) == "mixture":
            return super().sample(num, seed, label, progress)
        if label is not None:
            raise ValueError(
                f"`label` is not known to {self.name}: it has no condition. Received: {label!r}."
            )
        keys = self.row_keys(checks.integer("num", num, 1, self.max_rows), seed)
        return by_chunks(self._normal, (keys,), self.chunk, progress)

    # Saving.

    def parts(self):
        networks = {name: self.both(getattr(self, name)) for name in ("encoder", "decoder")}
        return networks | {"codes": [self.mixture.parameters]}

    def get_config(self):
        networks = {"encoder": serialize(self.encoder), "decoder": serialize(self.decoder)}
        return (
            super().get_config()
            | networks
            | {name: getattr(self, name) for name in ("components", "memory", "fit_every")}
        )
