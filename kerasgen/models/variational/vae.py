"""Variational autoencoders (Kingma & Welling, 2014, arXiv:1312.6114)."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen import spaces
from kerasgen.distributions.posteriors import POSTERIORS
from kerasgen.models.core import bounds
from kerasgen.models.core.latent import LatentModel
from kerasgen.models.core.weighting import mean
from kerasgen.models.variational import bound as steps, flowing, vamp
from kerasgen.models.variational.observation import Observation, check_condition, check_outputs, check_takes
from kerasgen.models.variational.pixel_observation import PixelObservation
from kerasgen.objectives import variational
from kerasgen.ops import checks, rng


@keras.saving.register_keras_serializable("kerasgen")
class VAE(LatentModel):
    """One code z between q(z | x) and p(x | z).

    With a `condition` everything is given it too, q(z | x, y) and p(x | z, y): the labeled
    half of model M2 (Kingma et al., 2014, arXiv:1406.5298, equation 6).

    Args:
        encoder: Functional model, x (batch, *event.shape) to [mean, log_std], each
            (batch, latent_dim). A conditional one takes [x, condition]. With
            posterior="von_mises_fisher": to [direction, log_concentration (batch, 1)].
        decoder: Functional model, z (batch, latent_dim) to the parameters of p(x | z). A
            conditional one takes [z, condition], and one with a `block` [x, z].
        posterior: A name in `distributions.posteriors.POSTERIORS`: the distribution q(z | x) and, with it,
            the prior p(z).
        pseudo_inputs: None, or the network of a VampPrior (`models.variational.vamp`) in that prior's place.
        likelihood: A name in `distributions.likelihoods.LIKELIHOODS`, the distribution p(x | z).
        bound, num_samples, beta, resample, free_bits, warmup_steps: What is climbed in training:
            see `models.variational.bound.Bound`.
        binarize: None or "dynamic": every train step draws new bits from gray x in [0, 1],
            for a likelihood of bits.
        sample_mode: What `sample` gives: "mean", E[x | z], or "sample", x ~ p(x | z).
        value_range: (low, high) of x, or None for any finite numbers.
        condition: None, a space such as `spaces.Label(10)`, or the number of classes.
        ema: Decay in (0, 1) of the averages of the networks, which encode and sample, or None.
        seed, name: See `ZooModel`.
        posterior_flow: None, or a `bijectors.Bijector` of vectors from z_0 ~ q(z_0 | x), a normal
            distribution, to z, such as planar or inverse autoregressive flows; `encode` then gives the z of
            the mean z_0.
        prior_flow: None, or a bijector from noise of the prior to z.
        block: None, or the side of the blocks of bits that an autoregressive decoder draws in raster order:
            see `models.variational.pixel_observation`.

    Logs: `loss`; `distortion`, -E_q log p(x | z), and `rate`, KL(q || p), nats an example.
    `evaluate` leaves out beta, warm-up and free bits: its `loss` is minus the bound itself.
    """

    weighted = True

    def __init__(
        self,
        encoder,
        decoder,
        posterior="normal",
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
        condition=None,
        ema=None,
        seed=None,
        name=None,
        posterior_flow=None,
        prior_flow=None,
        block=None,
    ):
        condition = spaces.as_condition(condition)
        kind = POSTERIORS[checks.choice("posterior", posterior, POSTERIORS)]
        shape = checks.network("encoder", encoder).inputs[0].shape[1:]
        check_condition("encoder", encoder, condition)
        settings = (value_range, condition, binarize, sample_mode)
        if block is None:
            observation = Observation(decoder, likelihood, shape, *settings)
        else:
            observation = PixelObservation(decoder, likelihood, *settings, block)
            check_takes(encoder, observation.event.shape)
        dim = observation.latent_dim
        check_outputs("encoder", encoder, [(dim,), (kind.scales(dim),)])
        vamp.check(pseudo_inputs, shape)
        if pseudo_inputs is not None and (posterior != "normal" or condition is not None):
            raise ValueError(
                "`pseudo_inputs` need posterior='normal' and no condition. "
                f"Received: posterior={posterior!r}, condition={condition}."
            )
        flowing.check(dim, posterior, pseudo_inputs, posterior_flow=posterior_flow, prior_flow=prior_flow)
        objective = steps.Bound(bound, num_samples, beta, resample, free_bits, warmup_steps)
        super().__init__(
            observation.event,
            spaces.Box((dim,)),
            kind.spaces(dim) if posterior_flow is None else {"z": spaces.Box((dim,))},
            condition=condition,
            ema=ema,
            seed=seed,
            metric_names=("loss", "distortion", "rate"),
            name=name,
        )
        self.encoder, self.decoder, self.pseudo_inputs = encoder, decoder, pseudo_inputs
        self.average_encoder, self.average_decoder = map(self.average_of, (encoder, decoder))
        self.average_pseudo_inputs = pseudo_inputs and self.average_of(pseudo_inputs)
        self.posterior_flow, self.prior_flow = posterior_flow, prior_flow
        self.average_posterior_flow = posterior_flow and self.average_of(posterior_flow)
        self.average_prior_flow = prior_flow and self.average_of(prior_flow)
        observation.average = self.average_decoder
        self.observation, self.bound, self.posterior_kind = observation, objective, kind
        self.posterior, self.likelihood, self.binarize = posterior, likelihood, binarize
        self.block = block
        self.noise_dim = kind.noise(dim)

    # Training.

    def train_step(self, data):
        """One step up the bound through z = g(x, noise): Kingma & Welling (2014), Algorithm 1."""
        x, condition, weight = self.unpack(data)
        x, noise, key = steps.draw(self, x, self.key())
        logs = {}
        if self.bound.resample:
            noise, logs = steps.resample(self, x, condition, noise, key, weight)
        with tf.GradientTape() as tape:
            terms = self.proposals(x, condition, training=True)(noise)
            loss = -mean(self.bound.trained(terms, self.iterations, weight), weight)
        self.minimize(tape, loss, self, self.optimizer)
        return self.finish_step(**{"loss": loss} | steps.logs(terms, weight) | logs)

    def test_step(self, data):
        """The plain bound on held-out data, by the averaged networks, nothing updated."""
        x, condition, weight = self.unpack(data)
        x, noise, _ = steps.draw(self, x, self.evaluation_key())
        terms = self.proposals(x, condition)(noise)
        return self.track(weight, loss=-self.bound.plain(terms), **steps.each(terms))

    def proposals(self, x, condition=None, training=False):
        """noise (k, batch, noise_dim) -> `variational.Terms` at the codes z that it becomes."""
        q, p = self.encoding(x, condition, training), self.prior(training)

        def terms(noise):
            z, log_q = q.draw(noise)
            log_p = p.log_prob(z)
            kl = q.kl(p) if self.closed else ops.mean(log_q - log_p, axis=0)[:, None]
            log_likelihood = self.observation.log_prob(x, z, condition, training)
            return variational.Terms(log_likelihood, log_p, log_q, kl)

        return terms

    def posterior_parameters(self, x, condition=None, training=False):
        """The two parameters of q(z | x): mean and log_std of a normal one."""
        network = self.encoder if training else self.average_encoder
        return network(x if condition is None else [x, condition], training=training)

    @property
    def closed(self):
        """Whether KL(q(z | x) || p(z)) has a closed form; else it is taken at the draws."""
        return self.pseudo_inputs is self.posterior_flow is self.prior_flow is None

    def encoding(self, x, condition=None, training=False):
        """q(z | x), a `Distribution`."""
        q = self.posterior_kind(*self.posterior_parameters(x, condition, training))
        return flowing.through(self.posterior_flow if training else self.average_posterior_flow, q)

    def prior(self, training=False):
        """p(z), a `Distribution`."""
        if self.pseudo_inputs is None:
            p = self.posterior_kind.prior(*self.latent.shape)
            return flowing.through(self.prior_flow if training else self.average_prior_flow, p)
        network = self.pseudo_inputs if training else self.average_pseudo_inputs
        encode = lambda x: self.posterior_parameters(x, training=training)
        return vamp.prior(network, encode, training)

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

    def call(self, x, condition=None, training=False):
        """E[x | z] at the mean z of q(z | x): reconstructions (batch, *event.shape)."""
        return self.reconstructed(x, condition)

    def encoded(self, x, condition=None):
        q = self.encoding(x, condition)
        values = self.posterior_kind.values(q) if self.posterior_flow is None else (flowing.middle(q),)
        return dict(zip(self.code_outputs, values, strict=True))

    def decoded(self, z, condition=None):
        return self.observation.mean(z, condition)

    def emitted(self, z, keys, condition=None):
        return self.observation.emitted(z, keys, condition)

    def draw_prior(self, keys, condition=None):
        noise = rng.by_row(lambda key: rng.normal(key, (self.noise_dim,)), keys)
        if self.pseudo_inputs is None:
            return self.prior().rsample(noise)
        return vamp.draw(self.average_pseudo_inputs, self.posterior_parameters, keys, noise)

    # Saving.

    def components(self):
        networks = {"encoder": self.encoder, "decoder": self.decoder, "pseudo_inputs": self.pseudo_inputs}
        networks |= {"posterior_flow": self.posterior_flow, "prior_flow": self.prior_flow}
        return {name: self.with_average(one) for name, one in networks.items() if one is not None}

    def get_config(self):
        names = ("encoder", "decoder", "pseudo_inputs", "posterior", "likelihood", "binarize", "condition")
        names += ("posterior_flow", "prior_flow", "block")
        return super().get_config() | self.config_of(*names) | steps.config(self)
