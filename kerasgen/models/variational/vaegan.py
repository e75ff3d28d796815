"""Autoencoders with a learned similarity: VAE/GAN (Larsen et al., 2016, arXiv:1512.09300)."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen import spaces
from kerasgen.distributions.normal import Normal
from kerasgen.distributions.priors import StandardNormal
from kerasgen.models.core.latent import LatentModel
from kerasgen.objectives.adversarial import GAMES
from kerasgen.ops import checks, rng

TERMS = ("e_loss", "g_loss", "d_loss", "distortion", "rate", "d_real", "d_fake")


@keras.saving.register_keras_serializable("kerasgen")
class VAEGAN(LatentModel):
    """A VAE whose decoder is a generator, and whose errors are those that a discriminator sees.

    With f the input of the discriminator's last layer, x~ = decoder(z), z ~ q(z | x), a
    reconstruction, and x_p = decoder(z_p), z_p ~ N(0, I), a sample, the players descend
    (Algorithm 1)

        encoder        beta L_prior + L_llike
        decoder        gamma L_llike + g(x~) + g(x_p)
        discriminator  L_GAN = real(x) + fake(x~) + fake(x_p),

    L_prior = KL(q(z | x) || N(0, I)) and L_llike = |f(x) - f(x~)|^2 / 2, which is -log N(f(x); f(x~), I)
    but for a constant, in nats; real, fake and g are those of the game. L_llike does not reach the
    discriminator, which could make it 0 by making f constant.

    Args:
        encoder: Functional model, x (batch, *event.shape) to [mean, log_std] of q(z | x), each
            float32 (batch, latent_dim).
        decoder: Functional model, z (batch, latent_dim) to x in `value_range`.
        discriminator: Functional model, x to float32 logits; its last layer makes them of f.
        reconstruction_weight: gamma >= 0: the game asks for style, L_llike for content.
        beta: Weight >= 0 of L_prior; 1 in the paper.
        game: A name in `objectives.adversarial.GAMES`. The paper's decoder ascends L_GAN, which
            is "minimax"; "non_saturating" does not tire where the discriminator is sure.
        value_range: (low, high) of x, or None for any finite numbers.
        ema, seed, name: See `ZooModel`. The average is of encoder and decoder.

    Logs: `e_loss`, `g_loss` and `d_loss`, what the three descend; `distortion`, L_llike, and
    `rate`, L_prior, unweighted, nats an example; `d_real` and `d_fake`, mean logits of x and of x_p.
    """

    def __init__(
        self,
        encoder,
        decoder,
        discriminator,
        reconstruction_weight=0.1,
        beta=1.0,
        game="non_saturating",
        value_range=(-1.0, 1.0),
        ema=None,
        seed=None,
        name=None,
    ):
        reconstruction_weight = checks.number("reconstruction_weight", reconstruction_weight, 0)
        beta = checks.number("beta", beta, 0)
        checks.choice("game", game, GAMES)
        _check_networks(encoder, decoder, discriminator)
        latent = spaces.Box(decoder.input_shape[1:])
        super().__init__(
            spaces.box(decoder.output_shape[1:], value_range),
            latent,
            {"mean": latent, "std": latent},
            ema=ema,
            seed=seed,
            metric_names=TERMS,
            name=name,
        )
        self.reconstruction_weight, self.beta, self.game = reconstruction_weight, beta, game
        self.encoder, self.decoder, self.discriminator = encoder, decoder, discriminator
        self.average_encoder, self.average_decoder = map(self.average_of, (encoder, decoder))
        last = discriminator.layers[-1]
        self.judge = keras.Model(discriminator.inputs, [last.input, *discriminator.outputs], name="judge")

    def compile(
        self,
        e_optimizer="adam",
        g_optimizer="adam",
        d_optimizer="adam",
        jit_compile="auto",
        steps_per_execution=1,
        run_eagerly=False,
    ):
        """Gives encoder, decoder and discriminator their optimizers, built at once.

        Otherwise as `ZooModel.compile`.
        """
        players = {
            "e_optimizer": (e_optimizer, self.encoder),
            "g_optimizer": (g_optimizer, self.decoder),
            "d_optimizer": (d_optimizer, self.discriminator),
        }
        settings = {"jit_compile": jit_compile, "steps_per_execution": steps_per_execution}
        self.compile_players(players, run_eagerly=run_eagerly, **settings)

    # Training.

    def train_step(self, data):
        """Algorithm 1: one pass through everything, then each player down its own loss."""
        x, _, _ = self.unpack(data)
        with tf.GradientTape(persistent=True) as tape:
            terms = self.objective(x, self.key(), self.encoder, self.decoder, training=True)
        self.minimize(tape, terms["e_loss"], self.encoder, self.e_optimizer)
        self.minimize(tape, terms["g_loss"], self.decoder, self.g_optimizer)
        self.minimize(tape, terms["d_loss"], self.discriminator, self.d_optimizer)
        return self.finish_step(**terms)

    def test_step(self, data):
        """The same terms on held-out data, by the averaged networks, nothing updated."""
        x, _, _ = self.unpack(data)
        return self.track(
            **self.objective(x, self.evaluation_key(), self.average_encoder, self.average_decoder)
        )

    def objective(self, x, key, encoder, decoder, training=False):
        """{term: scalar}, the losses of the three players and what they are made of."""
        game = GAMES[self.game]
        z_key, prior_key = rng.split(key, 2)
        q, p = Normal(*encoder(x, training=training)), StandardNormal(self.latent.shape)
        rate = ops.mean(ops.sum(q.kl(p), axis=-1))  # L_prior
        rebuilt = decoder(q.sample(z_key), training=training)
        drawn = decoder(p.sample(prior_key, ops.shape(x)[:1]), training=training)
        features, d_real = self.judge(x, training=training)
        rebuilt_features, d_rebuilt = self.judge(rebuilt, training=training)
        d_drawn = self.discriminator(drawn, training=training)
        distortion = ops.mean(_half_squares(features - rebuilt_features))  # L_llike
        deceit = ops.mean(game.g(d_rebuilt)) + ops.mean(game.g(d_drawn))
        fakes = ops.mean(game.fake(d_rebuilt)) + ops.mean(game.fake(d_drawn))
        losses = {
            "e_loss": self.beta * rate + distortion,
            "g_loss": self.reconstruction_weight * distortion + deceit,
            "d_loss": ops.mean(game.real(d_real, 0.0)) + fakes,
        }
        logits = {"d_real": ops.mean(d_real), "d_fake": ops.mean(d_drawn)}
        return losses | {"distortion": distortion, "rate": rate} | logits

    # Codes and samples.

    def call(self, x, training=False):
        """Reconstructions of x at the mean of q(z | x): (batch, *event.shape)."""
        return self.reconstructed(x)

    def encoded(self, x, condition=None):
        mean, log_std = self.average_encoder(x)
        return {"mean": mean, "std": ops.exp(log_std)}

    def decoded(self, z, condition=None):
        return self.average_decoder(z)

    def draw_prior(self, keys, condition=None):
        return rng.by_row(StandardNormal(self.latent.shape).sample, keys)

    # Saving and serving.

    def components(self):
        return {
            name: self.with_average(getattr(self, name)) for name in ("encoder", "decoder", "discriminator")
        }

    def get_config(self):
        names = ("encoder", "decoder", "discriminator", "reconstruction_weight", "beta", "game")
        return super().get_config() | self.config_of(*names) | {"value_range": self.event.range}


def _half_squares(x):
    """|x|^2 / 2 of each example, in float32: shape (batch,)."""
    return ops.sum(ops.square(ops.cast(x, "float32")), axis=tuple(range(1, len(x.shape)))) / 2


def _check_networks(encoder, decoder, discriminator):
    """Refuses networks whose shapes do not go together."""
    for name, network in (("encoder", encoder), ("decoder", decoder), ("discriminator", discriminator)):
        checks.network(name, network)
    latent = [tuple(decoder.input_shape[1:])] * 2
    posterior = [tuple(output.shape[1:]) for output in encoder.outputs]
    if posterior != latent:
        raise ValueError(
            f"`encoder` must give a mean and a log_std of shapes {latent}. Received: {posterior}."
        )
    shape = decoder.output_shape[1:]
    for name, network in (("encoder", encoder), ("discriminator", discriminator)):
        if network.input_shape[1:] != shape:
            raise ValueError(
                f"`{name}` must take what `decoder` makes. Received: {network.input_shape[1:]} after {shape}."
            )
