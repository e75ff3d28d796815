"""Variational autoencoders with two stochastic layers."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen import spaces
from kerasgen.distributions.normal import Normal
from kerasgen.distributions.priors import StandardNormal
from kerasgen.models.core import bounds
from kerasgen.models.core.latent import LatentModel
from kerasgen.models.core.weighting import mean
from kerasgen.models.variational import bound as steps, vamp
from kerasgen.models.variational.observation import Observation, check_outputs
from kerasgen.objectives import variational
from kerasgen.ops import checks, rng

NETWORKS = ("encoder", "posterior", "prior", "decoder", "pseudo_inputs")


@keras.saving.register_keras_serializable("kerasgen")
class HierarchicalVAE(LatentModel):
    """p(x | z_1, z_2) p(z_1 | z_2) p(z_2), read by q(z_2 | x) q(z_1 | x, z_2).

    Tomczak & Welling (2018), arXiv:1705.07120, equations 12 to 16: the top code z_2 also goes
    straight to x, so that it is not left idle. All distributions of codes are normal, with independent
    components. The code z of `encode` and `decode` is [z_2, z_1].

    Args:
        encoder: Functional model, x (batch, *event.shape) to [mean (batch, d_2), log_std (batch, d_2),
            features (batch, any)]: q(z_2 | x), and what the posterior knows of x.
        posterior: Functional model, [features, z_2] to [mean, log_std], each (batch, d_1): q(z_1 | x, z_2).
        prior: Functional model, z_2 to [mean, log_std], each (batch, d_1): p(z_1 | z_2).
        decoder: Functional model, [z_2, z_1] as one vector (batch, d_2 + d_1), to the parameters of p(x | z).
        pseudo_inputs: None for p(z_2) = N(0, I), or the network of a VampPrior (`models.variational.vamp`).
        likelihood, bound, num_samples, beta, resample, free_bits, warmup_steps, binarize, sample_mode,
            value_range, ema, seed, name: See `VAE`.

    Logs: See `VAE`.
    """

    weighted = True

    def __init__(
        self,
        encoder,
        posterior,
        prior,
        decoder,
        pseudo_inputs=None,
        likelihood="bernoulli",
        bound="elbo",
        num_samples=1,
        beta=1.0,
        resample=False,
        free_bits=0.0,
        warmup_steps=0,
        binarize=None,
        sample_mode="mean",
        value_range=(0.0, 1.0),
        ema=None,
        seed=None,
        name=None,
    ):
        shape = checks.network("encoder", encoder).inputs[0].shape[1:]
        observation = Observation(decoder, likelihood, shape, value_range, None, binarize, sample_mode)
        self._check(encoder, posterior, prior, decoder)
        vamp.check(pseudo_inputs, shape)
        objective = steps.Bound(bound, num_samples, beta, resample, free_bits, warmup_steps)
        latent = spaces.Box((observation.latent_dim,))
        super().__init__(
            observation.event,
            latent,
            {"mean": latent, "std": latent},
            ema=ema,
            seed=seed,
            metric_names=("loss", "distortion", "rate"),
            name=name,
        )
        networks = encoder, posterior, prior, decoder, pseudo_inputs
        for role, network in zip(NETWORKS, networks, strict=True):
            setattr(self, role, network)
            setattr(self, f"average_{role}", network and self.average_of(network))
        observation.average = self.average_decoder
        self.observation, self.bound = observation, objective
        self.likelihood, self.binarize = likelihood, binarize
        self.noise_dim, self.top_dim = observation.latent_dim, encoder.outputs[0].shape[-1]

    # Training.

    def train_step(self, data):
        """One step up the bound through z = g(x, noise), as of a `VAE`."""
        x, _, weight = self.unpack(data)
        x, noise, key = steps.draw(self, x, self.key())
        logs = {}
        if self.bound.resample:
            noise, logs = steps.resample(self, x, None, noise, key, weight)
        with tf.GradientTape() as tape:
            terms = self.proposals(x, training=True)(noise)
            loss = -mean(self.bound.trained(terms, self.iterations, weight), weight)
        self.minimize(tape, loss, self, self.optimizer)
        return self.finish_step(**{"loss": loss} | steps.logs(terms, weight) | logs)

    def test_step(self, data):
        """The plain bound on held-out data, by the averaged networks, nothing updated."""
        x, _, weight = self.unpack(data)
        x, noise, _ = steps.draw(self, x, self.evaluation_key())
        terms = self.proposals(x)(noise)
        return self.track(weight, loss=-self.bound.plain(terms), **steps.each(terms))

    def network(self, role, training=False):
        """A network by its role: the one that is trained, or its average."""
        return getattr(self, role if training else f"average_{role}")

    def proposals(self, x, condition=None, training=False):
        """noise (k, batch, noise_dim) -> `variational.Terms` at the codes z that it becomes."""
        encode = lambda x: self.network("encoder", training)(x, training=training)
        *parameters, features = encode(x)
        q_2, pseudo_inputs = Normal(*parameters), self.network("pseudo_inputs", training)
        learned = pseudo_inputs is not None
        p_2 = vamp.prior(pseudo_inputs, encode, training) if learned else StandardNormal((self.top_dim,))

        def terms(noise):
            z_2 = q_2.rsample(noise[..., : self.top_dim])
            q_1, p_1 = self.lower(features, z_2, training)
            z_1 = q_1.rsample(noise[..., self.top_dim :])
            log_q, log_p = q_2.log_prob(z_2), p_2.log_prob(z_2)
            kl_2 = ops.mean(log_q - log_p, axis=0)[:, None] if learned else q_2.kl(p_2)
            return variational.Terms(
                self.observation.log_prob(x, ops.concatenate([z_2, z_1], axis=-1), None, training),
                log_p + p_1.log_prob(z_1),
                log_q + q_1.log_prob(z_1),
                ops.concatenate([kl_2, ops.mean(q_1.kl(p_1), axis=0)], axis=-1),
            )

        return terms

    def lower(self, features, z_2, training=False):
        """q(z_1 | x, z_2) and p(z_1 | z_2), of z_1 (k, batch, d_1), at z_2 (k, batch, d_2)."""
        rows = lambda a: ops.reshape(a, (-1, a.shape[-1]))
        back = lambda outputs: Normal(*(ops.reshape(a, (*z_2.shape[:1], -1, a.shape[-1])) for a in outputs))
        features = ops.broadcast_to(features, (z_2.shape[0], *ops.shape(features)))
        q = self.network("posterior", training)([rows(features), rows(z_2)], training=training)
        return back(q), back(self.network("prior", training)(rows(z_2), training=training))

    # Likelihoods.

    @property
    def support(self):
        return self.observation.likelihood.support

    def log_prob(self, x, condition=None, method="importance", num_samples=5000, seed=0, progress=False):
        """Lower bounds of log p(x) in nats, float32 (num,): see `models.core.bounds.log_prob`."""
        return bounds.log_prob(self, x, condition, method, num_samples, seed, progress)

    def elbo(self, x, condition=None, num_samples=1, seed=0, progress=False):
        """E_q[log p(x | z)] - KL(q(z | x) || p(z)) in nats: float32 (num,). Arguments as in `log_prob`."""
        return bounds.log_prob(self, x, condition, "elbo", num_samples, seed, progress)

    # Codes and samples.

    def call(self, x, training=False):
        """E[x | z] at the means of both posteriors: reconstructions (batch, *event.shape)."""
        return self.reconstructed(x)

    def encoded(self, x, condition=None):
        """Mean and std of z_2, and of z_1 at that mean."""
        mean, log_std, features = self.average_encoder(x)
        lower = self.average_posterior([features, mean])
        both = [ops.concatenate(pair, axis=-1) for pair in zip((mean, log_std), lower, strict=True)]
        return {"mean": both[0], "std": ops.exp(both[1])}

    def decoded(self, z, condition=None):
        return self.observation.mean(z)

    def emitted(self, z, keys, condition=None):
        return self.observation.emitted(z, keys)

    def draw_prior(self, keys, condition=None):
        noise = rng.by_row(lambda key: rng.normal(key, (self.noise_dim,)), keys)
        z_2, noise = noise[:, : self.top_dim], noise[:, self.top_dim :]
        if self.pseudo_inputs is not None:
            z_2 = vamp.draw(self.average_pseudo_inputs, self.average_encoder, keys, z_2)
        mean, log_std = self.average_prior(z_2)
        return ops.concatenate([z_2, Normal(mean, log_std).rsample(noise)], axis=-1)

    # Saving.

    def components(self):
        networks = {role: getattr(self, role) for role in NETWORKS}
        return {role: self.with_average(one) for role, one in networks.items() if one is not None}

    def get_config(self):
        return super().get_config() | self.config_of(*NETWORKS, "likelihood", "binarize") | steps.config(self)

    @staticmethod
    def _check(encoder, posterior, prior, decoder):
        for name, network in (("posterior", posterior), ("prior", prior)):
            checks.network(name, network)
        top, features = encoder.outputs[0].shape[-1], encoder.outputs[-1].shape[-1]
        below = decoder.inputs[0].shape[-1] - top
        check_outputs("encoder", encoder, [(top,), (top,), (features,)])
        check_outputs("posterior", posterior, [(below,), (below,)])
        check_outputs("prior", prior, [(below,), (below,)])
