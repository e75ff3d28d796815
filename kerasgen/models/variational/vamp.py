"""VampPrior (Tomczak & Welling, 2018, arXiv:1705.07120): p(z) = 1/K sum_k q(z | u_k), equation 9.

The K pseudo-inputs u are learned with the rest; they come as a network, one-hot numbers (batch, K) to
examples (batch, *event_shape), such as `networks.vae.pseudo_inputs`.
"""

import tensorflow as tf

from kerasgen.distributions import normal
from kerasgen.ops import checks, rng


def check(network, event_shape):
    """Refuses a network that makes no examples of one-hot numbers; None is taken."""
    if network is None:
        return
    checks.network("pseudo_inputs", network)
    if tuple(network.output_shape[1:]) != tuple(event_shape):
        raise ValueError(
            f"`pseudo_inputs` must give examples of shape {tuple(event_shape)}. "
            f"Received: {network.output_shape[1:]}."
        )


def prior(network, encode, training=False):
    """p(z) as a `Distribution`; each pseudo-input is encoded once.

    Args:
        network: The pseudo-inputs.
        encode: x -> [mean, log_std, ...] of q(z | x).
    """
    means, log_stds, *_ = encode(network(tf.eye(network.input_shape[-1]), training=training))
    return normal.EqualMixture(means, log_stds)


def draw(network, encode, keys, noise):
    """One code per key: that of a pseudo-input drawn uniformly, by noise (num, latent_dim)."""
    num = network.input_shape[-1]
    pick = lambda key: rng.integers(rng.stream(key, "pseudo_input"), (), num)
    chosen = tf.map_fn(pick, keys, fn_output_signature="int32")
    mean, log_std, *_ = encode(network(tf.one_hot(chosen, num)))
    return normal.Normal(mean, log_std).rsample(noise)
