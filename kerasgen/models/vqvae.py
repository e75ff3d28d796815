"""Vector-quantised autoencoders (van den Oord et al., 2017, arXiv:1711.00937)."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.layers.codebook import Codebook, perplexity, straight_through
from kerasgen.models.latent import LatentModel
from kerasgen.ops import checks, paths, rng

serialize = keras.saving.serialize_keras_object


@keras.saving.register_keras_serializable("kerasgen")
class VQVAE(LatentModel):
    """x -> a grid of integers -> x: the encoder's vectors are rounded to those of a codebook.

    The networks descend equation 3 with its middle term replaced by moving averages (appendix
    A.1; see `layers.codebook`), summed over the numbers of an example:

        |x - decoder(e)|^2 + commitment |z - sg[e]|^2,      z = encoder(x), e nearest to z,

    the gradient at e being handed to z as it is. `sample` draws the code of every cell for itself,
    as often as that cell had it in training: a factorised prior, which knows where a
    stroke may be but not how it goes on. The paper's autoregressive prior is a model of its
    own over `encode(x)`, whose samples `decode` takes.

    Args:
        encoder: Functional model, x (batch, *event_shape) to float32 (batch, *grid, d).
        decoder: Functional model, (batch, *grid, d) to float32 (batch, *event_shape); what it
            makes is cut at the ends of `value_range`.
        codes: K >= 1, the size of the codebook. `encode` gives ints in [0, K).
        commitment: Weight beta >= 0 of the last term; 0.25 in section 3.2.
        decay: Decay in [0, 1) of the codebook's averages; 0.99 in appendix A.1.
        restart: Share in (0, 1] of the mean use, below which a code is dead and starts again
            from a random vector of the batch.
        value_range, ema, seed: See `ZooModel`. The average is of both networks and the codebook.

    Logs: `loss`; `distortion`, |x - decoder(e)|^2, and `commitment`, |z - e|^2, unweighted, both
    sums over an example; `perplexity`, exp of the entropy of a batch's codes, 1 to K.
    """

    def __init__(
        self,
        encoder,
        decoder,
        codes=512,
        commitment=0.25,
        decay=0.99,
        restart=0.05,
        value_range=(-1.0, 1.0),
        **kwargs,
    ):
        checks.number("commitment", commitment, 0)
        _check_networks(encoder, decoder)
        kwargs.setdefault("event_shape", encoder.input_shape[1:])
        kwargs |= {"terms": ("loss", "distortion", "commitment", "perplexity"), "value_range": value_range}
        *grid, latent_dim = encoder.output_shape[1:]
        book = Codebook(codes, decay, restart, dtype="float32", name="book")
        super().__init__(latent_dim, **kwargs)
        self.grid, self.codes, self.commitment = tuple(grid), codes, commitment
        self.decay, self.restart = decay, restart
        self.encoder, self.decoder = encoder, decoder
        self.codebook = keras.Sequential([keras.Input((*grid, latent_dim)), book], name="codebook")
        players = self.encoder, self.codebook, self.decoder
        self.average_encoder, self.average_codebook, self.average_decoder = map(self.average_of, players)

    @property
    def latent_shape(self):
        return self.grid

    # Training.

    def train_step(self, data):
        """One step of the networks down equation 3, then one of the codebook after its points."""
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            terms, z, codes = self.objective(x, self.encoder, self.codebook, self.decoder, training=True)
        self.descend(tape, terms["loss"], self, self.network_optimizer)
        self.codebook.layers[-1].follow(z, codes, self.key())
        return self.end_step(**terms)

    def test_step(self, data):
        """The same terms on held-out data, by the averaged networks, nothing updated."""
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
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
        return terms | {"loss": loss, "perplexity": perplexity(codes, self.codes)}, z, codes

    # Codes and samples.

    def call(self, x, training=False):
        """Reconstructions of x: (batch, *event_shape)."""
        return self.reconstructed(x)

    def encoded(self, x, labels=None):
        return {"codes": self.average_codebook(self.average_encoder(x))}

    def decoded(self, z, labels=None):
        x = self.average_decoder(self.average_codebook.layers[-1].lookup(z))
        return x if self.value_range is None else ops.clip(x, *self.value_range)

    def draw_prior(self, keys, labels=None):
        uniform = rng.by_row(lambda key: rng.uniform(key, self.grid), keys)
        return self.average_codebook.layers[-1].draw(uniform)

    def path(self, start, end, steps):
        """The codes nearest to the straight line from each vector of `start` to that of `end`."""
        book = self.average_codebook.layers[-1]
        return book(paths.between(book.lookup(start), book.lookup(end), steps))

    # Saving and serving.

    def parts(self):
        return {name: self.both(getattr(self, name)) for name in ("encoder", "codebook", "decoder")}

    def get_config(self):
        networks = {"encoder": serialize(self.encoder), "decoder": serialize(self.decoder)}
        plain = ("codes", "commitment", "decay", "restart")
        return super().get_config() | networks | {name: getattr(self, name) for name in plain}


def _squares(x):
    """|x|^2 of each example: shape (batch,)."""
    return ops.sum(ops.square(x), axis=tuple(range(1, len(x.shape))))


def _check_networks(encoder, decoder):
    """Refuses networks whose shapes do not go together."""
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
