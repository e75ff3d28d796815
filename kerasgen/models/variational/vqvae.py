"""Vector-quantized autoencoders (van den Oord et al., 2017, arXiv:1711.00937)."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen import spaces
from kerasgen.layers.codebook import Codebook, perplexity, straight_through
from kerasgen.models.core.latent import LatentModel
from kerasgen.models.core.pixelwise import Pixelwise
from kerasgen.models.core.rows import by_chunks
from kerasgen.models.variational import code_prior
from kerasgen.ops import checks, paths, rng

FIRST_STAGE = ("loss", "distortion", "commitment", "perplexity")


@keras.saving.register_keras_serializable("kerasgen")
class VQVAE(LatentModel):
    """x -> a grid of integers -> x: the encoder's vectors are rounded to those of a codebook.

    The networks descend equation 3 with its middle term replaced by moving averages (appendix
    A.1; see `layers.codebook`), summed over the numbers of an example:

        |x - decoder(e)|^2 + commitment |z - sg[e]|^2,      z = encoder(x), e nearest to z,

    the gradient at e being handed to z as it is. `sample` draws the code of every cell for itself,
    as often as that cell had it in training: a factorized prior, which knows where a
    stroke may be but not how it goes on.

    With a `prior` the second stage begins (section 3.3): encoder, codebook and decoder stand still, and
    `fit` climbs the likelihood of their codes under an autoregressive network, which then draws them.

    Args:
        encoder: Functional model, x (batch, *event.shape) to float32 (batch, *grid, d).
        decoder: Functional model, (batch, *grid, d) to float32 (batch, *event.shape); what it
            makes is cut at the ends of `value_range`.
        num_embeddings: K >= 1, the size of the codebook. `encode` gives ints in [0, K).
        commitment: Weight beta >= 0 of the last term; 0.25 in section 3.2.
        decay: Decay in [0, 1) of the codebook's averages; 0.99 in appendix A.1.
        restart: Share in (0, 1] of the mean use, below which a code is dead and starts again
            from a random vector of the batch.
        value_range: (low, high) of x, or None for any finite numbers.
        ema, seed, name: See `ZooModel`. The average is of the networks and the codebook.
        prior: None, or the network of p(codes), which is causal in raster order: codes (batch, h, w), int32,
            to K logits for each cell.

    Logs with a prior: `loss`, -log p(codes) of an example in nats; `factorized`, the same by how often each
    cell had its code. Without: `loss`; `distortion`, |x - decoder(e)|^2, and `commitment`, |z - e|^2,
    unweighted, both sums over an example; `perplexity`, exp of the entropy of a batch's codes, 1 to K.
    """

    def __init__(
        self,
        encoder,
        decoder,
        num_embeddings=512,
        commitment=0.25,
        decay=0.99,
        restart=0.05,
        value_range=(-1.0, 1.0),
        ema=None,
        seed=None,
        name=None,
        prior=None,
    ):
        checks.integer("num_embeddings", num_embeddings, 1, 2**20)
        self.commitment = checks.number("commitment", commitment, 0)
        decay = checks.number("decay", decay, 0, 1, "[)")
        restart = checks.number("restart", restart, 0, 1, "(]")
        _check_networks(encoder, decoder)
        *grid, latent_dim = encoder.output_shape[1:]
        latent = spaces.Tokens(tuple(grid), num_embeddings)
        book = Codebook(num_embeddings, decay, restart, dtype="float32", name="book")
        cells = None if prior is None else code_prior.check(prior, latent)
        super().__init__(
            spaces.box(encoder.input_shape[1:], value_range),
            latent,
            {"codes": latent},
            ema=ema,
            seed=seed,
            metric_names=FIRST_STAGE if prior is None else ("loss", "factorized"),
            name=name,
        )
        self.num_embeddings, self.decay, self.restart = num_embeddings, decay, restart
        self.encoder, self.decoder = encoder, decoder
        self.codebook = keras.Sequential([keras.Input((*grid, latent_dim)), book], name="codebook")
        players = self.encoder, self.codebook, self.decoder
        self.average_encoder, self.average_codebook, self.average_decoder = map(self.average_of, players)
        self.prior = prior
        if prior is not None:
            self.average_prior = self.average_of(prior)
            self.codes_in_order = Pixelwise(prior, self.average_prior, cells)
        self._log_prior = tf.function(self.log_prior, autograph=False, reduce_retracing=True)

    # Training.

    def compile(self, optimizer="adam", jit_compile="auto", steps_per_execution=1, run_eagerly=False):
        """As in `ZooModel`; the optimizer moves the prior, if there is one, and nothing else."""
        settings = {"jit_compile": jit_compile, "steps_per_execution": steps_per_execution}
        players = {"optimizer": (optimizer, self if self.prior is None else self.prior)}
        self.compile_players(players, run_eagerly=run_eagerly, **settings)

    def train_step(self, data):
        """One step of the networks down equation 3, then one of the codebook after its points."""
        x, _, _ = self.unpack(data)
        if self.prior is not None:
            return self.prior_step(x)
        with tf.GradientTape() as tape:
            terms, z, codes = self.objective(x, self.encoder, self.codebook, self.decoder, training=True)
        self.minimize(tape, terms["loss"], self, self.optimizer)
        self.codebook.layers[-1].update(z, codes, self.key())
        return self.finish_step(**terms)

    def prior_step(self, x):
        """One step of the prior down the mean of -log p(codes), the autoencoder standing still."""
        codes = self.encoded(x)["codes"]
        with tf.GradientTape() as tape:
            loss = -ops.mean(self.codes_in_order.log_prob(codes, training=True))
        self.minimize(tape, loss, self.prior, self.optimizer)
        return self.finish_step(loss=loss, factorized=-self.factorized(codes))

    def test_step(self, data):
        """The same terms on held-out data, by the averaged networks, nothing updated."""
        x, _, _ = self.unpack(data)
        if self.prior is not None:
            codes = self.encoded(x)["codes"]
            return self.track(loss=-self.log_prior(codes), factorized=-self.factorized(codes))
        players = self.average_encoder, self.average_codebook, self.average_decoder
        return self.track(**self.objective(x, *players)[0])

    def objective(self, x, encoder, codebook, decoder, training=False):
        """({term: scalar}, z (batch, *grid, d), codes (batch, *grid)) of x: equation 3."""
        z = encoder(x, training=training)
        codes = codebook(z)
        e = codebook.layers[-1].lookup(codes)
        distortion = _squares(x - decoder(straight_through(z, e), training=training))
        commitment = _squares(z - ops.stop_gradient(e))
        loss = ops.mean(distortion + self.commitment * commitment)
        terms = {"distortion": ops.mean(distortion), "commitment": ops.mean(commitment)}
        return terms | {"loss": loss, "perplexity": perplexity(codes, self.num_embeddings)}, z, codes

    # Codes and samples.

    def call(self, x, training=False):
        """Reconstructions of x: (batch, *event.shape)."""
        return self.reconstructed(x)

    def encoded(self, x, condition=None):
        return {"codes": self.average_codebook(self.average_encoder(x))}

    def decoded(self, z, condition=None):
        return self.event.clip(self.average_decoder(self.average_codebook.layers[-1].lookup(z)))

    def log_prior(self, codes):
        """log p(codes) in nats, (batch,), by the prior, or cell by cell without one."""
        return self.factorized(codes) if self.prior is None else self.codes_in_order.log_prob(codes)

    def factorized(self, codes):
        """log p(codes) in nats, (batch,), by how often each cell had each code."""
        return self.average_codebook.layers[-1].log_prob(codes)

    def log_prob_of_codes(self, z):
        """log p(z) in nats of codes as `encode` gives them, float32 (num,); over log 2 minus its bits.

        Args:
            z: Codes (num, *latent.shape).

        Raises:
            InvalidDataError: If `z` is not of that kind.
        """
        return by_chunks(self._log_prior, (tf.constant(self.latent.check(z, "z")),), self.chunk)

    def draw_prior(self, keys, condition=None):
        if self.prior is not None:
            return self.codes_in_order.draw(keys)
        uniform = rng.by_row(lambda key: rng.uniform(key, self.latent.shape), keys)
        return self.average_codebook.layers[-1].sample(uniform)

    def path(self, start, end, steps):
        """The codes nearest to the straight line from each vector of `start` to that of `end`."""
        book = self.average_codebook.layers[-1]
        return book(paths.between(book.lookup(start), book.lookup(end), steps))

    # Saving and serving.

    def components(self):
        names = ("encoder", "codebook", "decoder") + ("prior",) * (self.prior is not None)
        return {name: self.with_average(getattr(self, name)) for name in names}

    def get_config(self):
        names = ("encoder", "decoder", "num_embeddings", "commitment", "decay", "restart", "prior")
        return super().get_config() | self.config_of(*names) | {"value_range": self.event.range}


def _squares(x):
    """|x|^2 of each example: shape (batch,)."""
    return ops.sum(ops.square(x), axis=tuple(range(1, len(x.shape))))


def _check_networks(encoder, decoder):
    """Refuses networks whose shapes do not go together."""
    checks.network("encoder", encoder), checks.network("decoder", decoder)
    shape = encoder.output_shape[1:]
    if len(shape) < 2 or None in shape:
        raise ValueError(f"`encoder` must give (batch, *grid, d), all known. Received: {shape}.")
    pairs = (
        ("take", decoder.input_shape[1:], shape),
        ("give", decoder.output_shape[1:], encoder.input_shape[1:]),
    )
    for verb, got, expected in pairs:
        if got != expected:
            raise ValueError(f"`decoder` must {verb} shape {expected}. Received: {got}.")
