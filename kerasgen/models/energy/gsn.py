"""Generative stochastic networks (Bengio et al., 2014, arXiv:1306.1091)."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kerasgen import spaces
from kerasgen.distributions.bernoulli import Bernoulli
from kerasgen.models.core.weighting import mean
from kerasgen.models.energy import chains
from kerasgen.ops import checks, rng


@keras.saving.register_keras_serializable("kerasgen")
class GSN(chains.ChainModel):
    """A Markov chain that corrupts an image of bits and draws one that it may have come from:

        x~ ~ C(x~ | x),     x' ~ P(x' | x~).

    Where P is the posterior of x under the data and C, the chain's distribution is that of the data
    (theorem 1); no partition function is needed, and there is no density. P has independent bits, so that
    it is near that posterior only where little is corrupted; the chain goes far by many steps. C is
    salt and pepper: with probability `corruption` a bit becomes a fair coin's.

    Training is by walkback (Bengio et al., 2013, arXiv:1305.6663, Algorithm 1): a chain of
    `walkback_steps` begins at x, and from every x~ on its way P has to find back to x, so that the chain
    leaves again where it has gone astray.

    Args:
        network: Functional model, bits (batch, *event.shape) to the logits of P, of the same shape.
        corruption: In (0, 1).
        walkback_steps: 1 to 100.
        sampling_steps: Steps >= 1 behind a sample, whose chain begins at fair coins.
        sample_mode: What `sample` gives: "sample", bits, or "mean", their probabilities in the last step.
        value_range: (0, 1), nothing else.
        ema, seed, name: See `ZooModel`; the average of the network is what samples.

    Logs: `loss`, the mean of -log P(x | x~) over the steps of a walk, in nats.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    support = "bits"
    weighted = True

    def __init__(
        self,
        network,
        corruption=0.4,
        walkback_steps=5,
        sampling_steps=100,
        sample_mode="sample",
        value_range=(0.0, 1.0),
        ema=None,
        seed=None,
        name=None,
    ):
        if checks.value_range("value_range", value_range) != (0, 1):
            raise ValueError(f"`value_range` must be (0, 1) for bits. Received: {value_range}.")
        self.corruption = checks.number("corruption", corruption, 0, 1, "()")
        self.walkback_steps = checks.integer("walkback_steps", walkback_steps, 1, 100)
        self.sampling_steps = checks.integer("sampling_steps", sampling_steps, 1, 2**20)
        self.sample_mode = checks.choice("sample_mode", sample_mode, ("sample", "mean"))
        event = spaces.Bits(tuple(checks.network("network", network).inputs[0].shape[1:]))
        if len(network.inputs) > 1 or tuple(network.output_shape[1:]) != event.shape:
            raise ValueError(
                f"`network` must give logits of shape {event.shape}, that of what it takes. "
                f"Received: {network.output_shape[1:]}."
            )
        super().__init__(event, ema=ema, seed=seed, name=name)
        self.network, self.average = network, self.average_of(network)
        self.make_chain_graphs()

    # Training.

    def train_step(self, data):
        """One step down the mean of -log P(x | x~) along a walk from x."""
        x, _, weight = self.unpack(data)
        with tf.GradientTape() as tape:
            loss = mean(self.walkback(x, self.network, self.key(), training=True), weight)
        self.minimize(tape, loss, self.network, self.optimizer)
        return self.finish_step(loss=loss)

    def test_step(self, data):
        """The same of held-out data, by the averaged network, nothing updated."""
        x, _, weight = self.unpack(data)
        return self.track(weight, loss=self.walkback(x, self.average, self.evaluation_key()))

    def walkback(self, x, network, key, training=False):
        """-log P(x | x~) in nats, (batch,), in the mean over the x~ of a walk."""
        total, here = 0.0, x
        for step in rng.split(key, self.walkback_steps):
            u = rng.uniform(step, (2, *ops.shape(x)))
            p = self.reconstruction(network, self.corrupt(here, u[0]), training)
            total -= p.log_prob(x)
            here = ops.stop_gradient(p.from_uniform(u[1]))
        return total / self.walkback_steps

    def reconstruction(self, network, x, training=False):
        """P(. | x~), a `Distribution`."""
        logits = ops.cast(network(x, training=training), "float32")
        return Bernoulli(logits, event_rank=len(self.event.shape))

    def corrupt(self, x, u):
        """x~ ~ C(x~ | x) of uniform noise of the shape of x: u tells the coins from the bits that stay."""
        coin = ops.cast(u < self.corruption / 2, x.dtype)
        return ops.where(u < self.corruption, coin, x)

    # The chain.

    def transition(self, x, u):
        """One step: (x', E[x' | x~]) of x (num, d) and uniform noise (num, 2 d)."""
        noise, coins = ops.split(u, 2, axis=-1)
        shaped = ops.reshape(self.corrupt(x, noise), (-1, *self.event.shape))
        flat = ops.reshape(self.reconstruction(self.average, shaped).mean(), ops.shape(x))
        return ops.cast(coins < flat, "float32"), flat

    def walk(self, x, keys, first, last):
        """(x, E[x | x~]) after steps `first` to `last` - 1 of the chains of `keys`: see `chains.walk`."""
        return chains.walk(self.transition, 2 * x.shape[1], x, keys, first, last)

    def begin(self, keys):
        """Where the chain of each key begins: fair coins, (num, d)."""
        size = int(np.prod(self.event.shape))
        draw = lambda key: rng.uniform(rng.stream(key, "start"), (size,))
        return ops.cast(rng.by_row(draw, keys) < 0.5, "float32")

    def trajectory(self, num=8, steps=20, seed=None):
        """Chains to be watched: E[x | x~] of each step, float32 (num, steps, *event.shape).

        Args:
            num, steps: Chains, and steps of each, 1 to 1000.
            seed: As in `sample`; chain i is that behind row i.
        """
        num, steps = checks.integer("num", num, 1, 1000), checks.integer("steps", steps, 1, 1000)
        return self.means_of_steps(num, steps, seed)

    def call(self, x, training=False):
        """E[x' | x~ = x]: probabilities (batch, *event.shape)."""
        return self.reconstruction(self.average, x).mean()

    # Saving.

    def components(self):
        return {"network": self.with_average(self.network)}

    def get_config(self):
        own = ("network", "corruption", "walkback_steps", "sampling_steps", "sample_mode")
        return super().get_config() | self.config_of(*own) | {"value_range": self.event.range}
