"""The lower bound that variational models climb, and how it is weighed in training."""

import dataclasses

import tensorflow as tf
from keras import ops

from kerasgen.distributions import bernoulli
from kerasgen.models.core.weighting import mean
from kerasgen.objectives import variational
from kerasgen.ops import checks, rng


@dataclasses.dataclass(frozen=True)
class Bound:
    """Which bound of log p(x) is climbed, and how its rate, KL(q(z | x) || p(z)), counts in training.

    Args:
        kind: "elbo", with k draws averaged, or "importance", the importance-weighted bound of
            k draws (IWAE, arXiv:1509.00519, equation 8).
        num_samples: k >= 1, draws of z for each example of a step.
        beta: Weight >= 0 of the rate in the training loss.
        resample: Whether only one of the k draws, taken with the probability of its weight, goes
            back through the networks: an unbiased gradient of "importance" for the price
            of k forward passes and one backward (arXiv:1509.00519, section 3).
        free_bits: Nats >= 0 that each latent may cost for nothing; with "elbo" only.
        warmup_steps: Train steps over which the weight of the rate rises from 0 to beta.
    """

    kind: str
    num_samples: int
    beta: float
    resample: bool
    free_bits: float
    warmup_steps: int

    def __post_init__(self):
        checks.choice("bound", self.kind, ("elbo", "importance"))
        checks.integer("num_samples", self.num_samples, 1, 10**6)
        checks.number("beta", self.beta, 0)
        checks.number("free_bits", self.free_bits, 0)
        checks.integer("warmup_steps", self.warmup_steps, 0, 2**31 - 1)
        if checks.flag("resample", self.resample) and self.kind != "importance":
            raise ValueError(f"`resample` needs bound='importance'. Received: bound={self.kind!r}.")
        if self.free_bits and self.kind != "elbo":
            raise ValueError(
                f"`free_bits` must be 0 where bound='importance'. Received: free_bits={self.free_bits}."
            )

    def rate_weight(self, iterations):
        """beta, times the share of the warm-up that is over."""
        return self.beta * variational.warm_up(iterations, self.warmup_steps)

    def plain(self, terms):
        """The bound itself in nats, shape (batch,), of `variational.Terms`."""
        return self._value(terms, 1.0, 0.0)

    def trained(self, terms, iterations, weight=None):
        """What training climbs in its place: with the weight of the rate and the free bits.

        Args:
            terms: `variational.Terms`.
            iterations: Train steps taken.
            weight: Of each example, (batch,), in the means over the batch that free bits look at; or None.
        """
        return self._value(terms, self.rate_weight(iterations), self.free_bits, weight)

    def _value(self, terms, rate_weight, free_bits, weight=None):
        if self.kind == "importance":
            return variational.importance_bound(variational.log_weights(*terms[:3], rate_weight))
        kl = variational.free_bits(terms.kl, free_bits, weight) if free_bits else terms.kl
        return variational.elbo(terms.log_likelihood, kl, rate_weight)


def draw(model, x, key):
    """What a step draws: x, or bits of it; noise (num_samples, batch, noise_dim); a key to spare."""
    x_key, z_key, spare = rng.split(key, 3)
    noise = rng.normal(z_key, (model.bound.num_samples, ops.shape(x)[0], model.noise_dim))
    return (x if model.binarize is None else bernoulli.binarize(x_key, x)), noise, spare


def resample(model, x, condition, noise, key, weight=None):
    """The noise (1, batch, noise_dim) of one draw of each example, taken by its weight; the logs of all k."""
    terms = model.proposals(x, condition, training=True)(noise)
    weights = variational.log_weights(*terms[:3], model.bound.rate_weight(model.iterations))
    chosen = variational.resample(weights, rng.uniform(key, (ops.shape(x)[0],)))
    loss = -mean(variational.importance_bound(weights), weight)
    noise = tf.gather(ops.transpose(noise, (1, 0, 2)), chosen, batch_dims=1)[None]
    return noise, {"loss": loss} | logs(terms, weight)


def logs(terms, weight=None):
    """Means over a batch of -log p(x | z) and of the KL, weighted as the loss is."""
    return {name: mean(value, weight) for name, value in each(terms).items()}


def each(terms):
    """-log p(x | z) and the KL of each example, (batch,)."""
    return {"distortion": -ops.mean(terms.log_likelihood, axis=0), "rate": ops.sum(terms.kl, axis=-1)}


def config(model):
    """What a variational model's bound and observation were made with, for `get_config`."""
    settings = {"bound" if name == "kind" else name: value for name, value in vars(model.bound).items()}
    observation = model.observation
    return settings | {"sample_mode": observation.sample_mode, "value_range": observation.value_range}
