"""Codes with a meaning that can be read back (Chen et al., 2016, InfoGAN, arXiv:1606.03657)."""

import dataclasses
import math

import tensorflow as tf
from keras import ops

from kerasgen.models.adversarial import conditions
from kerasgen.ops import checks, rng


@dataclasses.dataclass(frozen=True)
class Codes:
    """z = (noise, category, factors): N(0, I), one of several classes as a one-hot vector, and U(-1, 1).

    Args:
        noise: Numbers without a meaning, >= 0.
        categories: Number of classes, 2 or more.
        factors: Number of continuous codes, >= 0.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    noise: int
    categories: int
    factors: int

    def __post_init__(self):
        checks.integer("noise", self.noise, 0, 2**16)
        checks.integer("categories", self.categories, 2, 2**16)
        checks.integer("factors", self.factors, 0, 2**16)

    @property
    def size(self):
        """Numbers of z."""
        return self.noise + self.categories + self.factors

    def sample(self, key, shape=()):
        """(z, category, factors) of shapes (*shape, size), (*shape,) and (*shape, factors)."""
        noise_key, category_key, factor_key = rng.split(key, 3)
        category = rng.integers(category_key, shape, self.categories)
        factors = rng.uniform(factor_key, (*shape, self.factors), -1.0, 1.0)
        return self.join(rng.normal(noise_key, (*shape, self.noise)), category, factors), category, factors

    def join(self, noise, category, factors):
        """z of its parts."""
        return tf.concat([noise, tf.one_hot(category, self.categories), factors], axis=-1)

    def information(self, logits, category):
        """Lower bound of the mutual information of category and example, nats: E log Q(c | x) + H(c).

        Equation 5. At most H(c) = log categories, which a reader that is always certain and right attains.

        Args:
            logits: Of Q, (batch, categories).
            category: Ints (batch,).
        """
        return math.log(self.categories) - conditions.class_loss(logits, category)


def factor_loss(means, factors):
    """-log Q(factors | x) of a Gaussian of variance 1 without its constant, a mean over the batch."""
    return ops.mean(ops.sum(ops.square(ops.cast(means, "float32") - factors), axis=-1)) / 2
