"""Variational autoencoders with two stochastic layers."""

import keras
from keras import ops

from kerasgen.distributions import normal
from kerasgen.models import vamp
from kerasgen.models.variational import VariationalModel, check_outputs
from kerasgen.objectives import variational
from kerasgen.ops import rng


@keras.saving.register_keras_serializable("kerasgen")
class HierarchicalVAE(VariationalModel):
    """p(x | z_1, z_2) p(z_1 | z_2) p(z_2), read by q(z_2 | x) q(z_1 | x, z_2).

    Tomczak & Welling (2018), arXiv:1705.07120, equations 12 to 16: the top code z_2 also goes
    straight to x, so that it is not left idle. All laws of codes are normal, with independent
    components. The code z of `encode` and `decode` is [z_2, z_1].

    Args:
        encoder: Functional model, x (batch, *event_shape) to [mean (batch, d_2), log_std (batch, d_2),
            features (batch, any)]: q(z_2 | x), and what the posterior knows of x.
        posterior: Functional model, [features, z_2] to [mean, log_std], each (batch, d_1): q(z_1 | x, z_2).
        prior: Functional model, z_2 to [mean, log_std], each (batch, d_1): p(z_1 | z_2).
        decoder: Functional model, [z_2, z_1] as one vector (batch, d_2 + d_1), to the parameters of p(x | z).
        pseudo_inputs: None for p(z_2) = N(0, I), or the network of a VampPrior (`models.vamp`).
        **kwargs: Of `VariationalModel`: likelihood, beta, bound, num_samples, binarize, ...
    """

    def __init__(self, encoder, posterior, prior, decoder, pseudo_inputs=None, **kwargs):
        kwargs.setdefault("event_shape", encoder.inputs[0].shape[1:])
        self._check(encoder, posterior, prior, decoder)
        vamp.check(pseudo_inputs, kwargs["event_shape"])
        networks = {"encoder": encoder, "posterior": posterior, "prior": prior, "decoder": decoder}
        super().__init__(networks | {"pseudo_inputs": pseudo_inputs}, **kwargs)
        self.top_dim = encoder.outputs[0].shape[-1]

    def proposals(self, x, labels=None, training=False):
        encode = lambda x: self.network("encoder", training)(x, training=training)
        mean, log_std, features = encode(x)
        pseudo_inputs = self.network("pseudo_inputs", training)
        log_prior = pseudo_inputs and vamp.log_prob(pseudo_inputs, encode, training)

        def terms(noise):
            z_2 = mean + ops.exp(log_std) * noise[..., : self.top_dim]
            q, p = self.lower(features, z_2, training)
            z_1 = q[0] + ops.exp(q[1]) * noise[..., self.top_dim :]
            log_q = normal.log_prob(z_2, mean, log_std)
            log_p = log_prior(z_2) if log_prior else normal.log_prob(z_2, 0.0, 0.0)
            sampled = ops.mean(log_q - log_p, axis=0)[:, None]
            kl = sampled if log_prior else normal.kl_to_standard(mean, log_std)
            return variational.Terms(
                self.log_likelihood(x, ops.concatenate([z_2, z_1], axis=-1), None, training),
                log_p + normal.log_prob(z_1, *p),
                log_q + normal.log_prob(z_1, *q),
                ops.concatenate([kl, ops.mean(normal.kl(*q, *p), axis=0)], axis=-1),
            )

        return terms

    def lower(self, features, z_2, training=False):
        """[mean, log_std] of q(z_1 | x, z_2) and of p(z_1 | z_2), (k, batch, d_1); z_2 (k, batch, d_2)."""
        rows = lambda a: ops.reshape(a, (-1, a.shape[-1]))
        back = lambda outputs: [ops.reshape(a, (*z_2.shape[:1], -1, a.shape[-1])) for a in outputs]
        features = ops.broadcast_to(features, (z_2.shape[0], *ops.shape(features)))
        q = self.network("posterior", training)([rows(features), rows(z_2)], training=training)
        return back(q), back(self.network("prior", training)(rows(z_2), training=training))

    def draw_prior(self, keys, labels=None):
        noise = rng.by_row(lambda key: rng.normal(key, (self.noise_dim,)), keys)
        z_2, noise = noise[:, : self.top_dim], noise[:, self.top_dim :]
        if self.pseudo_inputs is not None:
            z_2 = vamp.draw(self.network("pseudo_inputs"), self.network("encoder"), keys, z_2)
        mean, log_std = self.network("prior")(z_2)
        return ops.concatenate([z_2, mean + ops.exp(log_std) * noise], axis=-1)

    def encoded(self, x, labels=None):
        """Mean and std of z_2, and of z_1 at that mean."""
        mean, log_std, features = self.network("encoder")(x)
        lower = self.network("posterior")([features, mean])
        both = [ops.concatenate(pair, axis=-1) for pair in zip((mean, log_std), lower, strict=True)]
        return {"mean": both[0], "std": ops.exp(both[1])}

    @staticmethod
    def _check(encoder, posterior, prior, decoder):
        top, features = encoder.outputs[0].shape[-1], encoder.outputs[-1].shape[-1]
        below = decoder.inputs[0].shape[-1] - top
        check_outputs("encoder", encoder, [(top,), (top,), (features,)])
        check_outputs("posterior", posterior, [(below,), (below,)])
        check_outputs("prior", prior, [(below,), (below,)])
