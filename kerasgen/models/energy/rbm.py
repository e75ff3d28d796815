"""Restricted Boltzmann machines (Smolensky, 1986; Hinton, 2002)."""

import math

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kerasgen import spaces
from kerasgen.models.core.rows import by_chunks
from kerasgen.models.core.weighting import mean
from kerasgen.models.energy import partition
from kerasgen.models.energy.bipartite import BipartiteEnergy
from kerasgen.models.energy.chains import ChainModel
from kerasgen.ops import checks, rng

AVERAGED = 0.99  # decay of the means of the data


@keras.saving.register_keras_serializable("kerasgen")
class RBM(ChainModel):
    """p(v) = exp(-F(v)) / Z of bits v, F the free energy of `models.energy.bipartite.BipartiteEnergy`.

    The gradient of log p(x) is that of E_p F(v) - F(x). Contrastive divergence (Hinton, 2002,
    doi:10.1162/089976602760128018) takes for v ~ p what a Gibbs chain makes of x in a few steps; with chains
    that go on from one train step to the next it is persistent (Tieleman, 2008, doi:10.1145/1390156.1390290).

    Args:
        event_shape: Shape of one example of 0 and 1; its numbers are one vector.
        hidden: Number of hidden bits, 1 to 2^20.
        gibbs_steps: k >= 1, steps of the chain in a train step.
        persistent_chains: None, or the number of chains >= 1 that go on; they are saved with the model.
        sampling_steps: Steps >= 1 behind a sample, whose chain begins at bits with the means of the data.
        sample_mode: What `sample` gives: "sample", bits, or "mean", their probabilities in the last step.
        bias: Initial value of the biases of v, log-odds in [-80, 80].
        value_range: (0, 1), nothing else.
        ema: Decay in (0, 1) of the average of the parameters, which samples, or None.
        seed, name: See `ZooModel`.

    Logs: `loss`, the mean of F(x) - F(v), whose gradient is followed and which is no measure of progress;
    `pseudo_log_likelihood`, d log p(x_i | the other bits) at a random i, nats, for d bits.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    support = "bits"
    weighted = True
    single_device_reason = "whose chains and means are one state"

    def __init__(
        self,
        event_shape,
        hidden=500,
        gibbs_steps=1,
        persistent_chains=None,
        sampling_steps=1000,
        sample_mode="sample",
        bias=0.0,
        value_range=(0.0, 1.0),
        ema=None,
        seed=None,
        name=None,
    ):
        if checks.value_range("value_range", value_range) != (0, 1):
            raise ValueError(f"`value_range` must be (0, 1) for bits. Received: {value_range}.")
        event = spaces.Bits(checks.shape("event_shape", event_shape, 1))
        hidden = checks.integer("hidden", hidden, 1, 2**20)
        self.gibbs_steps = checks.integer("gibbs_steps", gibbs_steps, 1, 2**20)
        self.sampling_steps = checks.integer("sampling_steps", sampling_steps, 1, 2**20)
        self.sample_mode = checks.choice("sample_mode", sample_mode, ("sample", "mean"))
        if persistent_chains is not None:
            checks.integer("persistent_chains", persistent_chains, 1, 2**20)
        bias = checks.number("bias", bias, -80, 80)
        names = ("loss", "pseudo_log_likelihood")
        super().__init__(event, ema=ema, seed=seed, metric_names=names, name=name)
        size, self.hidden, self.bias = math.prod(event.shape), hidden, bias
        self.energy = BipartiteEnergy(size, hidden, bias, dtype="float32", name="energy")
        self.average_energy = self.average_of(self.energy)
        self.persistent_chains = persistent_chains
        if persistent_chains is not None:
            self.chains = self.add_weight((persistent_chains, size), "zeros", trainable=False, name="chains")
        graph = lambda function: tf.function(function, autograph=False, reduce_retracing=True)
        self._anneal, self._free_energy = graph(partition.anneal), graph(self.free_energies)
        self.make_chain_graphs()

    # Training.

    def train_step(self, data):
        """The chain from x, or from where it was, and a step down the mean of F(x) - F(v)."""
        x, _, weight = self.unpack(data)
        x = self.flat(x)
        chain_key, bit_key = rng.split(self.key(), 2)
        self.follow_means(x, weight)
        v, v_weight = self.negatives(x, weight, chain_key)
        with tf.GradientTape() as tape:
            loss = mean(self.energy.free_energy(x), weight) - mean(self.energy.free_energy(v), v_weight)
        self.minimize(tape, loss, self.energy, self.optimizer)
        pseudo = mean(self.pseudo_log_likelihood(self.energy, x, bit_key), weight)
        return self.finish_step(loss=loss, pseudo_log_likelihood=pseudo)

    def negatives(self, x, weight, key):
        """Bits v from the chain, and what each of them counts."""
        if self.persistent_chains is None:
            return self.energy.chain(x, key, self.gibbs_steps), weight
        v = self.energy.chain(ops.convert_to_tensor(self.chains), key, self.gibbs_steps)
        self.chains.assign(v)
        each = None if weight is None else ops.mean(weight) * ops.ones((self.persistent_chains,))
        return v, each

    def test_step(self, data):
        """The same of held-out data, by a chain from x and the average; nothing updated."""
        x, _, weight = self.unpack(data)
        x, energy = self.flat(x), self.average_energy
        chain_key, bit_key = rng.split(self.evaluation_key(), 2)
        v = energy.chain(x, chain_key, self.gibbs_steps)
        pseudo = self.pseudo_log_likelihood(energy, x, bit_key)
        return self.track(
            weight, loss=energy.free_energy(x) - energy.free_energy(v), pseudo_log_likelihood=pseudo
        )

    def follow_means(self, x, weight):
        """Moves the means of the data towards those of a batch."""
        weight = ops.ones_like(x[:, 0]) if weight is None else ops.cast(weight, x.dtype)
        total = ops.sum(weight)
        batch = tf.linalg.matvec(x, weight / ops.maximum(total, 1e-30), transpose_a=True)
        rate = ops.where(total > 0, 1 - AVERAGED, 0.0)
        self.energy.means.assign_add(rate * (batch - self.energy.means))

    def pseudo_log_likelihood(self, energy, x, key):
        """d log p(x_i | the other bits) of each example, i random: in the mean the sum over all bits."""
        size = energy.visible
        chosen = tf.one_hot(rng.integers(key, (ops.shape(x)[0],), size), size)
        flipped = energy.free_energy(x + chosen * (1 - 2 * x))
        return -size * ops.softplus(energy.free_energy(x) - flipped)

    def flat(self, x):
        return ops.reshape(x, (-1, self.energy.visible))

    # Likelihood.

    def free_energies(self, x):
        """F(x) by the average, nats (batch,)."""
        return self.average_energy.free_energy(self.flat(x))

    def free_energy(self, x, progress=False):
        """F(x) = -log p(x) - log Z in nats: float32 (num,).

        Args:
            x: Examples (num, *event.shape) of 0 and 1.
            progress: Whether to show a bar.

        Raises:
            InvalidDataError: If `x` is not of that kind.
        """
        checks.flag("progress", progress)
        return by_chunks(self._free_energy, (tf.constant(self.event.check(x, "x")),), self.chunk, progress)

    def log_partition(self, temperatures=10_000, chains=100, seed=0):
        """An estimate of log Z and its standard error: see `models.energy.partition.log_partition`.

        Args:
            temperatures: 1 to 2^24.
            chains: 2 to 2^20.
            seed: Int in [0, 2**32), or None for the next of the model's own stream.
        """
        temperatures = checks.integer("temperatures", temperatures, 1, 2**24)
        chains = checks.integer("chains", chains, 2, 2**20)
        key = self.row_keys(1, seed)[0]
        return partition.log_partition(self.average_energy, key, temperatures, chains, self._anneal)

    def log_prob(self, x, condition=None, temperatures=10_000, chains=100, seed=0, progress=False):
        """-F(x) - log Z in nats, float32 (num,), with `log_partition` in the place of log Z.

        Args:
            x, progress: As in `free_energy`.
            condition: None: there is no condition.
            temperatures, chains, seed: As in `log_partition`.
        """
        self.check_condition(condition, 1)
        energies = self.free_energy(x, progress)
        return -energies - np.float32(self.log_partition(temperatures, chains, seed).value)

    # Samples.

    def begin(self, keys):
        return self.average_energy.start(keys)

    def walk(self, x, keys, first, last):
        return self.average_energy.walk(x, keys, first, last)

    def chain(self, num=8, steps=20, seed=0):
        """Chains to be watched: probabilities of the bits in each step, float32 (num, steps, *event.shape).

        Args:
            num, steps: Chains, 1 to 1000, and steps, 2 to 1000.
            seed: As in `sample`; chain i is that behind row i.
        """
        num, steps = checks.integer("num", num, 1, 1000), checks.integer("steps", steps, 2, 1000)
        return self.means_of_steps(num, steps, seed)

    def call(self, x, training=False):
        """F(x), nats (batch,)."""
        return self.free_energies(x)

    # Saving and serving.

    def components(self):
        return {"energy": self.with_average(self.energy)}

    def endpoints(self):
        """Adds `free_energy`: x to nats."""
        energies = lambda x: {"free_energy": self.free_energies(x)}
        endpoint = spaces.Endpoint(energies, {"x": self.event}, {"free_energy": spaces.Nats()})
        return super().endpoints() | {"free_energy": endpoint}

    def get_config(self):
        own = ("hidden", "gibbs_steps", "persistent_chains", "sampling_steps", "sample_mode", "bias")
        shapes = {"event_shape": self.event.shape, "value_range": self.event.range}
        return super().get_config() | self.config_of(*own) | shapes
