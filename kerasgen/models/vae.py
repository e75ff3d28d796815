"""Variational autoencoders (Kingma & Welling, 2014, arXiv:1312.6114)."""

import keras
from keras import ops

from kerasgen.distributions.posteriors import POSTERIORS
from kerasgen.models import vamp
from kerasgen.models.variational import VariationalModel, check_labels, check_outputs
from kerasgen.objectives import variational
from kerasgen.ops import checks, rng


@keras.saving.register_keras_serializable("kerasgen")
class VAE(VariationalModel):
    """One code z between q(z | x) and p(x | z).

    With `num_classes` everything is given the label too, q(z | x, y) and p(x | z, y): the labelled
    half of model M2 (Kingma et al., 2014, arXiv:1406.5298, equation 6).

    Args:
        encoder: Functional model, x (batch, *event_shape) to [mean, log_std], each
            (batch, latent_dim). A conditional one takes [x, int32 label (batch,)]. With
            posterior="von_mises_fisher": to [direction, log_concentration (batch, 1)].
        decoder: Functional model, z (batch, latent_dim) to the parameters of p(x | z). A
            conditional one takes [z, label].
        posterior: A name in `distributions.posteriors.POSTERIORS`: the law q(z | x) and, with it,
            the prior p(z).
        pseudo_inputs: None, or the network of a VampPrior (`models.vamp`) in that prior's place.
        **kwargs: Of `VariationalModel`: likelihood, beta, bound, num_samples, binarize, ...
    """

    def __init__(self, encoder, decoder, posterior="normal", pseudo_inputs=None, **kwargs):
        law = POSTERIORS[checks.choice("posterior", posterior, POSTERIORS)]
        kwargs.setdefault("event_shape", encoder.inputs[0].shape[1:])
        dim = decoder.inputs[0].shape[-1]
        check_outputs("encoder", encoder, [(dim,), (law.scales(dim),)])
        check_labels("encoder", encoder, kwargs.get("num_classes"))
        vamp.check(pseudo_inputs, kwargs["event_shape"])
        if pseudo_inputs is not None and (posterior != "normal" or kwargs.get("num_classes")):
            raise ValueError(
                "`pseudo_inputs` need posterior='normal' and no labels. "
                f"Received: posterior={posterior!r}, num_classes={kwargs.get('num_classes')}."
            )
        networks = {"encoder": encoder, "decoder": decoder, "pseudo_inputs": pseudo_inputs}
        super().__init__(networks, noise_dim=law.noise(dim), **kwargs)
        self.posterior, self.latent_law = posterior, law

    def parameters_of_z(self, x, labels=None, training=False):
        """The two parameters of q(z | x): mean and log_std of a normal one."""
        return self.network("encoder", training)(x if labels is None else [x, labels], training=training)

    def proposals(self, x, labels=None, training=False):
        law, (a, b) = self.latent_law, self.parameters_of_z(x, labels, training)
        log_prior = self.log_prior(training)

        def terms(noise):
            z = law.draw(noise, a, b)
            log_p, log_q = log_prior(z), law.log_prob(z, a, b)
            closed = self.pseudo_inputs is None
            kl = law.kl(a, b) if closed else ops.mean(log_q - log_p, axis=0)[:, None]
            return variational.Terms(self.log_likelihood(x, z, labels, training), log_p, log_q, kl)

        return terms

    def log_prior(self, training=False):
        """z (..., latent_dim) -> log p(z)."""
        if self.pseudo_inputs is None:
            return self.latent_law.log_prior
        encode = lambda x: self.parameters_of_z(x, training=training)
        return vamp.log_prob(self.network("pseudo_inputs", training), encode, training)

    def draw_prior(self, keys, labels=None):
        noise = rng.by_row(lambda key: rng.normal(key, (self.noise_dim,)), keys)
        if self.pseudo_inputs is None:
            return self.latent_law.draw_prior(noise)
        return vamp.draw(self.network("pseudo_inputs"), self.parameters_of_z, keys, noise)

    def encoded(self, x, labels=None):
        values = self.latent_law.codes(*self.parameters_of_z(x, labels))
        return dict(zip(self.latent_law.names, values, strict=True))

    def get_config(self):
        return super().get_config() | {"posterior": self.posterior, "num_classes": self.num_classes}
