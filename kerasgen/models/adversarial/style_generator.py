"""A mapping and a synthesis as one generator."""

import tensorflow as tf
from keras import ops

from kerasgen.distributions.priors import StandardNormal
from kerasgen.layers.styles import TrackedMean
from kerasgen.ops import checks, rng


class StyleGenerator:
    """z -> w -> image, where every layer has a style w and noise of its own.

    Args:
        mapping: Functional model, z (batch, n) to w (batch, style), whose last layer is a
            `layers.styles.TrackedMean`.
        synthesis: Functional model, [styles (batch, layers, style), noise (batch, h, w, 1) of some layers] to
            images.

    Attributes:
        num_layers: Layers that have a style.
        prior: Distribution of z.

    Raises:
        TypeError, ValueError: If the networks are no such ones, or do not go together.
    """

    def __init__(self, mapping, synthesis):
        checks.network("mapping", mapping), checks.network("synthesis", synthesis)
        self.mapping, self.synthesis = mapping, synthesis
        self._mean = mapping.layers[-1]
        if not isinstance(self._mean, TrackedMean):
            raise ValueError(
                "`mapping` must end in a TrackedMean. "
                f"Received: a {type(self._mean).__name__} as its last layer."
            )
        styles, w = tuple(synthesis.inputs[0].shape[1:]), tuple(mapping.output_shape[1:])
        if len(styles) != 2 or styles[0] is None or styles[0] < 2 or styles[1:] != w:
            words = f"`synthesis` must first take styles (layers, {w[0]}) of 2 or more layers."
            raise ValueError(f"{words} Received: {styles}.")
        self.num_layers = styles[0]
        self.prior = StandardNormal(tuple(mapping.input_shape[1:]))

    # A part of a model, as optimizers see it.

    @property
    def layers(self):
        return [*self.mapping.layers, *self.synthesis.layers]

    @property
    def trainable_variables(self):
        return [*self.mapping.trainable_variables, *self.synthesis.trainable_variables]

    # In training.

    def styles(self, num, key, mixing):
        """Styles (num, layers, style); those from a random layer on are, at times, of another code.

        Args:
            num: Rows.
            key: Of random numbers.
            mixing: Share of the rows with two codes.
        """
        z_key, other_key, coin_key, layer_key = rng.split(key, 4)
        codes = [self.prior.sample(each, (num,)) for each in (z_key, other_key)]
        first, other = (self.mapping(z, training=True)[:, None] for z in codes)
        crossover = 1 + rng.integers(layer_key, (num, 1, 1), self.num_layers - 1)
        mixes = rng.uniform(coin_key, (num, 1, 1)) < mixing
        kept = (tf.range(self.num_layers)[None, :, None] < crossover) | ~mixes
        return ops.where(kept, first, other)

    def synthesized(self, styles, key):
        """Images of styles, with noise of a batch, in training."""
        num = tf.shape(styles)[0]
        noises = self._noises(lambda at, shape: rng.normal(rng.fold_in(key, at), (num, *shape)))
        return self.synthesis([styles, *noises], training=True)

    # In sampling.

    def truncated(self, z, truncation=1.0):
        """w of codes z, (num, style), drawn towards its mean: mean + truncation (w - mean)."""
        w = self.mapping(z)
        return w if truncation == 1 else self._mean.mean + truncation * (w - self._mean.mean)

    def drawn(self, w, keys):
        """Images of w (num, style), with noise of one key a row."""
        draw = lambda at, shape: rng.by_row(lambda key: rng.normal(rng.step(key, "noise", at), shape), keys)
        return self.synthesis([self._everywhere(w), *self._noises(draw)])

    def silent(self, w):
        """Images of w (num, style), without noise."""
        none = self._noises(lambda at, shape: tf.zeros((tf.shape(w)[0], *shape)))
        return self.synthesis([self._everywhere(w), *none])

    def _noises(self, draw):
        """`draw(index, shape)` of every input of noise."""
        return [draw(at, tuple(one.shape[1:])) for at, one in enumerate(self.synthesis.inputs[1:])]

    def _everywhere(self, w):
        return tf.repeat(w[:, None], self.num_layers, axis=1)
