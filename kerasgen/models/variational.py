"""VariationalModel: a lower bound of log p(x), climbed through z = g(x, noise)."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.distributions import bernoulli
from kerasgen.distributions.likelihoods import LIKELIHOODS
from kerasgen.models.importance import Bounds
from kerasgen.models.latent import LatentModel
from kerasgen.objectives import variational
from kerasgen.ops import checks, rng

serialize = keras.saving.serialize_keras_object


class VariationalModel(Bounds, LatentModel):
    """q(z | x), p(x | z) and p(z) trained together; a family says what the first and the last are.

    It writes `proposals`, `encoded` and `draw_prior`, and names its networks.

    Args:
        networks: {name: network or None}; one is "decoder", z (batch, latent_dim), or
            [z, label], to the parameters of p(x | z). Each becomes an attribute, and its
            average `average_<name>`.
        likelihood: A name in `distributions.likelihoods.LIKELIHOODS`, the law p(x | z).
        beta: Weight >= 0 of the rate in the training loss.
        num_samples: k >= 1, draws of z for each example of a step.
        bound: "elbo", with k draws averaged, or "importance", the importance-weighted bound of
            k draws (IWAE, arXiv:1509.00519, equation 8).
        resample: Whether only one of the k draws, taken with the probability of its weight, goes
            back through the networks: an unbiased gradient of "importance" for the price
            of k forward passes and one backward (arXiv:1509.00519, section 3).
        free_bits: Nats >= 0 that each latent may cost for nothing; with "elbo" only.
        warmup_steps: Train steps over which the weight of the rate rises from 0 to beta.
        binarize: None or "dynamic": every train step draws new bits from grey x in [0, 1],
            for a likelihood of bits.
        pixels: What `sample` gives: "mean", E[x | z], or "sample", x ~ p(x | z).
        noise_dim: Numbers of noise behind one z; default latent_dim.
        value_range, num_classes, ema, seed: See `ZooModel`. The average is of every network.

    Logs: `loss`; `distortion`, -E_q log p(x | z), and `rate`, KL(q || p), nats an example.
    `evaluate` leaves out beta, warm-up and free bits: its `loss` is minus the bound itself.
    """

    def __init__(
        self,
        networks,
        likelihood="bernoulli",
        beta=1.0,
        num_samples=1,
        bound="elbo",
        resample=False,
        free_bits=0.0,
        warmup_steps=0,
        binarize=None,
        pixels="mean",
        noise_dim=None,
        value_range=(0.0, 1.0),
        **kwargs,
    ):
        law = LIKELIHOODS[checks.choice("likelihood", likelihood, LIKELIHOODS)]
        _check(law, beta, num_samples, bound, resample, free_bits, warmup_steps, binarize, pixels)
        decoder = networks["decoder"]
        _check_decoder(decoder, law, kwargs["event_shape"], kwargs.get("num_classes"))
        if value_range is None and likelihood == "discretized_logistic":
            raise ValueError("`value_range` must be given for the levels of a pixel. Received: None.")
        kwargs |= {"terms": ("loss", "distortion", "rate"), "value_range": value_range}
        super().__init__(decoder.inputs[0].shape[-1], **kwargs)
        self.networks = tuple(networks)
        for name, network in networks.items():
            setattr(self, name, network)
            setattr(self, f"average_{name}", network and self.average_of(network))
        self.noise_dim = noise_dim or self.latent_dim
        self.likelihood, self.law = likelihood, law
        self.beta, self.num_samples, self.bound, self.resample = beta, num_samples, bound, resample
        self.free_bits, self.warmup_steps = free_bits, warmup_steps
        self.binarize, self.pixels = binarize, pixels

    # What a family writes.

    def proposals(self, x, labels=None, training=False):
        """noise (k, batch, noise_dim) -> `variational.Terms` at the codes z that it becomes."""
        raise NotImplementedError(f"{type(self).__name__} has no posterior.")

    # Training.

    def train_step(self, data):
        """One step up the bound through z = g(x, noise): Kingma & Welling (2014), Algorithm 1."""
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        x, noise, key = self.drawn(x)
        labels, logs = self.labels_of(y), {}
        if self.resample:
            noise, logs = self.resampled(x, labels, noise, key)
        with tf.GradientTape() as tape:
            terms = self.proposals(x, labels, training=True)(noise)
            loss = -ops.mean(self.lower_bound(terms, self.rate_weight(), self.free_bits))
        self.descend(tape, loss, self, self.network_optimizer)
        return self.end_step(**{"loss": loss} | _logs(terms) | logs)

    def test_step(self, data):
        """The plain bound on held-out data, by the averaged networks, nothing updated."""
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        x, noise, _ = self.drawn(x)
        terms = self.proposals(x, self.labels_of(y))(noise)
        return self.track(loss=-self.lower_bound(terms), **_logs(terms))

    def drawn(self, x):
        """What a step draws: x, or bits of it; noise (num_samples, batch, noise_dim); a key to spare."""
        x_key, z_key, key = rng.split(self.key(), 3)
        noise = rng.normal(z_key, (self.num_samples, ops.shape(x)[0], self.noise_dim))
        return (x if self.binarize is None else bernoulli.binarize(x_key, x)), noise, key

    def resampled(self, x, labels, noise, key):
        """The noise (1, batch, noise_dim) of one draw an example, by its weight; the logs of all k."""
        terms = self.proposals(x, labels, training=True)(noise)
        weights = variational.log_weights(*terms[:3], self.rate_weight())
        chosen = variational.resample(weights, rng.uniform(key, (ops.shape(x)[0],)))
        loss = -ops.mean(variational.importance_bound(weights))
        noise = tf.gather(ops.transpose(noise, (1, 0, 2)), chosen, batch_dims=1)[None]
        return noise, {"loss": loss} | _logs(terms)

    @property
    def bits(self):
        return self.law.bits and self.binarize is None

    @property
    def support(self):
        return self.law.support

    def rate_weight(self):
        """beta, times the share of the warm-up that is over."""
        return self.beta * variational.warm_up(self.steps, self.warmup_steps)

    def lower_bound(self, terms, weight=1.0, free_bits=0.0):
        """The bound in nats, shape (batch,); with a weight or free bits, what is trained in its place."""
        if self.bound == "importance":
            return variational.importance_bound(variational.log_weights(*terms[:3], weight))
        kl = variational.free_bits(terms.kl, free_bits) if free_bits else terms.kl
        return variational.elbo(terms.log_likelihood, kl, weight)

    # The law of x.

    def network(self, name, training=False):
        """A network by name: the one that is trained, or its average."""
        return getattr(self, name if training else f"average_{name}")

    def log_likelihood(self, x, z, labels=None, training=False):
        """log p(x | z), (k, batch), of x (batch, *event_shape) and z (k, batch, latent_dim)."""
        k = z.shape[0]
        labels = None if labels is None else ops.tile(labels, [k])
        p = self.parameters(ops.reshape(z, (-1, self.latent_dim)), labels, training)
        p = ops.reshape(p, (k, -1, *p.shape[1:]))
        return self.law.log_prob(x, p, self.value_range, len(self.event_shape))

    def parameters(self, z, labels=None, training=False):
        """The decoder's output for z (num, latent_dim)."""
        return self.network("decoder", training)(z if labels is None else [z, labels], training=training)

    # Codes and samples.

    def call(self, x, labels=None, training=False):
        """E[x | z] at the mean z of q(z | x): reconstructions (batch, *event_shape)."""
        return self.reconstructed(x, labels)

    def decoded(self, z, labels=None):
        return self.law.mean(self.parameters(z, labels), self.value_range)

    def emitted(self, z, keys, labels=None):
        if self.pixels == "mean":
            return self.decoded(z, labels)
        pixels = lambda row: self.law.sample(rng.fold_in(row[0], 2), row[1], self.value_range)
        return tf.map_fn(pixels, (keys, self.parameters(z, labels)), fn_output_signature="float32")

    # Saving.

    def parts(self):
        networks = {name: getattr(self, name) for name in self.networks}
        return {name: self.both(network) for name, network in networks.items() if network is not None}

    def get_config(self):
        networks = {name: getattr(self, name) for name in self.networks}
        plain = ("likelihood", "beta", "num_samples", "bound", "resample", "free_bits", "warmup_steps")
        plain += ("binarize", "pixels")
        config = {name: network and serialize(network) for name, network in networks.items()}
        return super().get_config() | config | {name: getattr(self, name) for name in plain}


def check_outputs(name, network, shapes):
    """Refuses a network whose outputs have other shapes than `shapes`, those of single examples."""
    received = [tuple(output.shape[1:]) for output in network.outputs]
    if received != shapes:
        raise ValueError(f"`{name}` must give outputs of shapes {shapes}. Received: {received}.")


def check_labels(name, network, num_classes):
    """Refuses a network that takes labels where there are none, or none where there are."""
    if len(network.inputs) != 1 + (num_classes is not None):
        raise ValueError(
            f"`{name}` must take labels as its second input if `num_classes` is set, and only then. "
            f"Received: {len(network.inputs)} inputs, num_classes={num_classes}."
        )


def _logs(terms):
    """Means over a batch of -log p(x | z) and of the KL."""
    return {"distortion": -ops.mean(terms.log_likelihood), "rate": ops.mean(ops.sum(terms.kl, axis=-1))}


def _check(law, beta, num_samples, bound, resample, free_bits, warmup_steps, binarize, pixels):
    checks.number("beta", beta, 0)
    checks.integer("num_samples", num_samples, 1, 10**6)
    checks.choice("bound", bound, ("elbo", "importance"))
    checks.number("free_bits", free_bits, 0)
    if resample and bound != "importance":
        raise ValueError(f"`resample` needs bound='importance'. Received: bound={bound!r}.")
    if free_bits and bound != "elbo":
        raise ValueError(f"`free_bits` must be 0 where bound='importance'. Received: free_bits={free_bits}.")
    checks.integer("warmup_steps", warmup_steps, 0, 2**31 - 1)
    checks.choice("binarize", binarize, (None, "dynamic"))
    if binarize and not law.bits:
        raise ValueError(f"`binarize` needs a likelihood of bits. Received: binarize={binarize!r}.")
    checks.choice("pixels", pixels, ("mean", "sample"))


def _check_decoder(decoder, law, event_shape, num_classes):
    shape = (*event_shape[:-1], event_shape[-1] * law.parameters)
    if tuple(decoder.output_shape[1:]) != shape:
        raise ValueError(
            f"`decoder` must give parameters of shape {shape}. Received: {decoder.output_shape[1:]}."
        )
    check_labels("decoder", decoder, num_classes)
