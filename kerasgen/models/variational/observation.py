"""p(x | z): a decoder network and the distribution whose parameters it gives."""

import tensorflow as tf
from keras import ops

from kerasgen import spaces
from kerasgen.distributions.likelihoods import LIKELIHOODS
from kerasgen.ops import checks, rng


class Observation:
    """p(x | z) of a variational model, by its trained decoder or by the average of it.

    Args:
        decoder: Functional model, z (batch, latent_dim), or [z, condition], to the parameters of p(x | z).
        likelihood: A name in `distributions.likelihoods.LIKELIHOODS`.
        event: Space of x.
        condition: Space of conditions, or None.
        binarize: None or "dynamic".
        sample_mode: What a sample is: "mean", E[x | z], or "sample", x ~ p(x | z).

    Raises:
        TypeError, ValueError: If one of them is wrong, or they do not go together.
    """

    def __init__(self, decoder, likelihood, shape, value_range, condition, binarize, sample_mode):
        self.likelihood = LIKELIHOODS[checks.choice("likelihood", likelihood, LIKELIHOODS)]
        checks.choice("binarize", binarize, (None, "dynamic"))
        checks.choice("sample_mode", sample_mode, ("mean", "sample"))
        if binarize and not self.likelihood.bits:
            raise ValueError(f"`binarize` needs a likelihood of bits. Received: binarize={binarize!r}.")
        self.value_range = checks.value_range("value_range", value_range)
        if self.value_range is None and likelihood == "discretized_logistic":
            raise ValueError("`value_range` must be given for the levels of a pixel. Received: None.")
        if self.likelihood.support == "bits" and self.value_range != (0.0, 1.0):
            raise ValueError(
                f"`value_range` must be (0, 1) for likelihood={likelihood!r}. Received: {value_range}."
            )
        bits = self.likelihood.bits and binarize is None
        self.event = spaces.Bits(shape) if bits else spaces.box(shape, self.value_range)
        self.sample_mode = sample_mode
        check_decoder(decoder, self.likelihood, self.event.shape)
        check_condition("decoder", decoder, condition)
        self.latent_dim = decoder.inputs[0].shape[-1]
        self.decoder = self.average = decoder

    @property
    def density(self):
        """Whether log p(x | z) is the logarithm of a density or a probability."""
        return self.likelihood.density

    def parameters(self, z, condition=None, training=False):
        """The decoder's output for z (num, latent_dim), by the network that is trained, or by its average."""
        network = self.decoder if training else self.average
        return network(z if condition is None else [z, condition], training=training)

    def log_prob(self, x, z, condition=None, training=False):
        """log p(x | z), (k, batch), of x (batch, *event.shape) and z (k, batch, latent_dim)."""
        k = z.shape[0]
        if condition is not None:
            condition = ops.tile(condition, [k] + [1] * (len(condition.shape) - 1))
        p = self.parameters(ops.reshape(z, (-1, self.latent_dim)), condition, training)
        p = ops.reshape(p, (k, -1, *p.shape[1:]))
        return self.given(p).log_prob(x)

    def given(self, p):
        """p(x | z) with the decoder's output p, (*batch, *event)."""
        return self.likelihood(p, self.value_range, len(self.event.shape))

    def mean(self, z, condition=None):
        """E[x | z], (num, *event.shape), by the average."""
        return self.given(self.parameters(z, condition)).mean()

    def emitted(self, z, keys, condition=None):
        """What a sample is, as `sample_mode` says; row i draws from keys[i]."""
        if self.sample_mode == "mean":
            return self.mean(z, condition)
        draw = lambda row: self.given(row[1]).sample(rng.stream(row[0], "pixels"))
        return tf.map_fn(draw, (keys, self.parameters(z, condition)), fn_output_signature="float32")


def check_decoder(decoder, likelihood, shape):
    """Refuses a decoder that does not give the parameters of a distribution of x."""
    checks.network("decoder", decoder)
    expected = (*shape[:-1], shape[-1] * likelihood.parameters)
    if tuple(decoder.output_shape[1:]) != expected:
        raise ValueError(
            f"`decoder` must give parameters of shape {expected}. Received: {decoder.output_shape[1:]}."
        )


def check_condition(name, network, condition):
    """Refuses a network that takes a condition where there is none, or none where there is one."""
    if len(network.inputs) != 1 + (condition is not None):
        raise ValueError(
            f"`{name}` must take the condition as its second input if `condition` is set, and only then. "
            f"Received: {len(network.inputs)} inputs, condition={condition}."
        )
    if condition is not None and tuple(network.inputs[1].shape[1:]) != condition.shape:
        raise ValueError(
            f"`{name}` must take conditions of shape {condition.shape}. "
            f"Received: {tuple(network.inputs[1].shape[1:])}."
        )


def check_outputs(name, network, shapes):
    """Refuses a network whose outputs have not the given shapes, the batch axis left out."""
    checks.network(name, network)
    got = [tuple(output.shape[1:]) for output in network.outputs]
    if got != [tuple(shape) for shape in shapes]:
        raise ValueError(f"`{name}` must give outputs of shapes {shapes}. Received: {got}.")


def check_takes(encoder, shape):
    """Refuses an encoder that does not read examples of this shape."""
    got = tuple(encoder.inputs[0].shape[1:])
    if got != tuple(shape):
        raise ValueError(f"`encoder` must take examples of shape {tuple(shape)}. Received: {got}.")
