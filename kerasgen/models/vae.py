"""Variational autoencoders (Kingma & Welling, 2014, arXiv:1312.6114)."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.distributions import bernoulli, normal
from kerasgen.distributions.likelihoods import LIKELIHOODS
from kerasgen.models import importance
from kerasgen.models.latent import LatentModel
from kerasgen.objectives import variational
from kerasgen.ops import checks, rng

serialize = keras.saving.serialize_keras_object
deserialize = keras.saving.deserialize_keras_object


@keras.saving.register_keras_serializable("kerasgen")
class VAE(importance.Bounds, LatentModel):
    """q(z | x), p(x | z) and p(z), trained together by a lower bound of log p(x).

    With `num_classes` everything is given the label too, q(z | x, y) and p(x | z, y): the labelled
    half of model M2 (Kingma et al., 2014, arXiv:1406.5298, equation 6).

    Args:
        encoder: Functional model, x (batch, *event_shape) to [mean, log_std], each
            (batch, latent_dim). A conditional one takes [x, int32 label (batch,)].
        decoder: Functional model, z (batch, latent_dim) to the parameters of p(x | z). A
            conditional one takes [z, label].
        likelihood: A name in `distributions.likelihoods.LIKELIHOODS`, the law p(x | z).
        beta: Weight >= 0 of the rate in the training loss.
        num_samples: k >= 1, draws of z for each example of a step.
        bound: "elbo", with k draws averaged and the KL in closed form, or "importance", the
            importance-weighted bound of k draws (IWAE, arXiv:1509.00519, equation 8).
        free_bits: Nats >= 0 that each latent may cost for nothing; with "elbo" only.
        warmup_steps: Train steps over which the weight of the rate rises from 0 to beta.
        binarize: None or "dynamic": every train step draws new bits from grey x in [0, 1],
            for a likelihood of bits.
        pixels: What `sample` gives: "mean", E[x | z], or "sample", x ~ p(x | z).
        value_range, num_classes, ema, seed: See `ZooModel`. The average is of both networks.

    Logs: `loss`; `distortion`, -E_q log p(x | z), and `rate`, KL(q || p), nats an example.
    `evaluate` leaves out beta, warm-up and free bits: its `loss` is minus the bound itself.
    """

    def __init__(
        self,
        encoder,
        decoder,
        likelihood="bernoulli",
        beta=1.0,
        num_samples=1,
        bound="elbo",
        free_bits=0.0,
        warmup_steps=0,
        binarize=None,
        pixels="mean",
        value_range=(0.0, 1.0),
        **kwargs,
    ):
        law = LIKELIHOODS[checks.choice("likelihood", likelihood, LIKELIHOODS)]
        _check(law, beta, num_samples, bound, free_bits, warmup_steps, binarize, pixels)
        kwargs.setdefault("event_shape", encoder.inputs[0].shape[1:])
        _check_networks(encoder, decoder, law, kwargs["event_shape"], kwargs.get("num_classes"))
        if value_range is None and likelihood == "discretized_logistic":
            raise ValueError("`value_range` must be given for the levels of a pixel. Received: None.")
        kwargs |= {"terms": ("loss", "distortion", "rate"), "value_range": value_range}
        super().__init__(decoder.inputs[0].shape[-1], **kwargs)
        self.encoder, self.decoder = encoder, decoder
        self.average_encoder, self.average_decoder = map(self.average_of, (encoder, decoder))
        self.likelihood, self.law = likelihood, law
        self.beta, self.num_samples, self.bound = beta, num_samples, bound
        self.free_bits, self.warmup_steps = free_bits, warmup_steps
        self.binarize, self.pixels = binarize, pixels

    def compile(self, optimizer="adam", **kwargs):
        """Builds the optimizer at once; the rest goes to `keras.Model.compile`."""
        super().compile(optimizer=None, **kwargs)
        self.network_optimizer = self.prepare(optimizer, self)

    # Training.

    def train_step(self, data):
        """One step up the bound through z = mean + std eps: Algorithm 1."""
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        x, noise = self.drawn(x)
        with tf.GradientTape() as tape:
            terms = self.proposals(x, self.labels_of(y), training=True)(noise)
            loss = -ops.mean(self.lower_bound(terms, self.rate_weight(), self.free_bits))
        self.descend(tape, loss, self, self.network_optimizer)
        return self.end_step(loss=loss, **_logs(terms))

    def test_step(self, data):
        """The plain bound on held-out data, by the averaged networks, nothing updated."""
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        x, noise = self.drawn(x)
        terms = self.proposals(x, self.labels_of(y))(noise)
        return self.track(loss=-self.lower_bound(terms), **_logs(terms))

    def drawn(self, x):
        """What a step draws: x, or bits of it, and noise (num_samples, batch, latent_dim)."""
        x_key, z_key = rng.split(self.key(), 2)
        noise = rng.normal(z_key, (self.num_samples, ops.shape(x)[0], self.latent_dim))
        return (x if self.binarize is None else bernoulli.binarize(x_key, x)), noise

    @property
    def bits(self):
        return self.law.bits and self.binarize is None

    def labels_of(self, y):
        return None if self.num_classes is None else ops.cast(y, "int32")

    def rate_weight(self):
        """beta, times the share of the warm-up that is over."""
        return self.beta * variational.warm_up(self.steps, self.warmup_steps)

    def proposals(self, x, labels=None, training=False):
        """noise (k, batch, latent_dim) -> `variational.Terms` at z = mean + std noise."""
        mean, log_std = self.posterior(x, labels, training)

        def terms(noise):
            z = mean + ops.exp(log_std) * noise
            return variational.Terms(
                self.log_likelihood(x, z, labels, training),
                self.log_prior(z),
                normal.log_prob(z, mean, log_std),
                self.kl(mean, log_std, z),
            )

        return terms

    def lower_bound(self, terms, weight=1.0, free_bits=0.0):
        """The bound in nats, shape (batch,); with a weight or free bits, what is trained in its place."""
        if self.bound == "importance":
            return variational.importance_bound(variational.log_weights(*terms[:3], weight))
        kl = variational.free_bits(terms.kl, free_bits) if free_bits else terms.kl
        return variational.elbo(terms.log_likelihood, kl, weight)

    # The three laws.

    def posterior(self, x, labels=None, training=False):
        """[mean, log_std] of q(z | x), each (batch, latent_dim)."""
        encoder = self.encoder if training else self.average_encoder
        return encoder(x if labels is None else [x, labels], training=training)

    def log_likelihood(self, x, z, labels=None, training=False):
        """log p(x | z), (k, batch), of x (batch, *event_shape) and z (k, batch, latent_dim)."""
        k = z.shape[0]
        labels = None if labels is None else ops.tile(labels, [k])
        p = self.parameters(ops.reshape(z, (-1, self.latent_dim)), labels, training)
        p = ops.reshape(p, (k, -1, *p.shape[1:]))
        return self.law.log_prob(x, p, self.value_range, len(self.event_shape))

    def parameters(self, z, labels=None, training=False):
        """The decoder's output for z (num, latent_dim)."""
        decoder = self.decoder if training else self.average_decoder
        return decoder(z if labels is None else [z, labels], training=training)

    def log_prior(self, z):
        """log p(z), z (..., latent_dim): the standard normal."""
        return normal.log_prob(z, 0.0, 0.0)

    def kl(self, mean, log_std, z):
        """KL(q(z | x) || p(z)), (batch, groups): in closed form, each latent a group of its own."""
        return normal.kl_to_standard(mean, log_std)

    def draw_prior(self, keys, labels=None):
        return rng.by_row(lambda key: rng.normal(key, (self.latent_dim,)), keys)

    # Codes and samples.

    def call(self, x, labels=None, training=False):
        """E[x | z] at the mean z of q(z | x): reconstructions (batch, *event_shape)."""
        return self.reconstructed(x, labels)

    def encoded(self, x, labels=None):
        mean, log_std = self.posterior(x, labels)
        return {"mean": mean, "std": ops.exp(log_std)}

    def decoded(self, z, labels=None):
        return self.law.mean(self.parameters(z, labels), self.value_range)

    def emitted(self, z, keys, labels=None):
        if self.pixels == "mean":
            return self.decoded(z, labels)
        pixels = lambda row: self.law.sample(rng.fold_in(row[0], 2), row[1], self.value_range)
        return tf.map_fn(pixels, (keys, self.parameters(z, labels)), fn_output_signature="float32")

    # Saving and serving.

    def parts(self):
        pairs = {
            "encoder": (self.average_encoder, self.encoder),
            "decoder": (self.average_decoder, self.decoder),
        }
        return {name: list(dict.fromkeys(pair)) for name, pair in pairs.items()}

    def get_config(self):
        networks = {"encoder": serialize(self.encoder), "decoder": serialize(self.decoder)}
        plain = ("likelihood", "beta", "num_samples", "bound", "free_bits", "warmup_steps")
        plain += ("binarize", "pixels", "num_classes")
        return super().get_config() | networks | {name: getattr(self, name) for name in plain}

    def get_compile_config(self):
        rest = super().get_compile_config()  # jit_compile, steps_per_execution, ...
        return rest | {"optimizer": serialize(self.network_optimizer)}

    def compile_from_config(self, config):
        self.compile(**{name: deserialize(value) for name, value in config.items()})


def _logs(terms):
    """Means over a batch of -log p(x | z) and of the KL."""
    return {"distortion": -ops.mean(terms.log_likelihood), "rate": ops.mean(ops.sum(terms.kl, axis=-1))}


def _check(law, beta, num_samples, bound, free_bits, warmup_steps, binarize, pixels):
    checks.number("beta", beta, 0)
    checks.integer("num_samples", num_samples, 1, 10**6)
    checks.choice("bound", bound, ("elbo", "importance"))
    checks.number("free_bits", free_bits, 0)
    if free_bits and bound != "elbo":
        raise ValueError(f"`free_bits` must be 0 where bound='importance'. Received: free_bits={free_bits}.")
    checks.integer("warmup_steps", warmup_steps, 0, 2**31 - 1)
    checks.choice("binarize", binarize, (None, "dynamic"))
    if binarize and not law.bits:
        raise ValueError(f"`binarize` needs a likelihood of bits. Received: binarize={binarize!r}.")
    checks.choice("pixels", pixels, ("mean", "sample"))


def _check_networks(encoder, decoder, law, event_shape, num_classes):
    """Refuses networks whose shapes do not go together."""
    latent = [tuple(decoder.inputs[0].shape[1:])] * 2
    posterior = [tuple(output.shape[1:]) for output in encoder.outputs]
    if posterior != latent:
        raise ValueError(
            f"`encoder` must give a mean and a log_std of shapes {latent}. Received: {posterior}."
        )
    shape = (*event_shape[:-1], event_shape[-1] * law.parameters)
    if tuple(decoder.output_shape[1:]) != shape:
        raise ValueError(
            f"`decoder` must give parameters of shape {shape}. Received: {decoder.output_shape[1:]}."
        )
    for name, network in (("encoder", encoder), ("decoder", decoder)):
        if len(network.inputs) != 1 + (num_classes is not None):
            raise ValueError(
                f"`{name}` must take labels as its second input if `num_classes` is set, and only then. "
                f"Received: {len(network.inputs)} inputs, num_classes={num_classes}."
            )
