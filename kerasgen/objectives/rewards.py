"""What a whole sequence is worth to a policy."""

import dataclasses

import keras
import tensorflow as tf

from kerasgen.ops import checks
from kerasgen.ops.configured import Configured

BITS = 62  # of the number that an n-gram is


class Reward(Configured):
    """A function of sequences. A subclass is a frozen dataclass."""

    def __call__(self, x, references):
        """float32 (batch,), the larger the better.

        Args:
            x: Sequences (batch, length).
            references: Those of the data, (num, length): the batch that a train step is given.
        """
        raise NotImplementedError


@keras.saving.register_keras_serializable("kerasgen")
@dataclasses.dataclass(frozen=True)
class Bleu(Reward):
    """BLEU-n of sequences of tokens, all of one length and of which every token counts.

        (prod_k p_k)^(1/n),   k = 1 to n

    p_k is the share of a sequence's k-grams that a reference has, each at most as often as the one that has
    it most often (Papineni et al., 2002, doi:10.3115/1073083.1073135); no length is penalized, since there is
    one. `metrics.ngrams.bleu` is the same of arrays.

    Args:
        n: From 1 to 4; tokens must be below 2^(62 // n).

    Raises:
        TypeError, ValueError: If it is no int in this range.
    """

    n: int = 2

    def __post_init__(self):
        checks.integer("n", self.n, 1, 4)

    def __call__(self, x, references):
        shares = [self._share(self._grams(x, k), self._grams(references, k)) for k in range(1, self.n + 1)]
        return tf.reduce_prod(tf.stack(shares), axis=0) ** (1 / self.n)

    def _grams(self, x, k):
        """The k-grams of sequences as numbers, int64 (batch, length - k + 1)."""
        x, size = tf.cast(x, "int64"), x.shape[1] - k + 1
        number = tf.zeros_like(x[:, :size])
        for at in range(k):
            number = number * 2 ** (BITS // self.n) + x[:, at : at + size]
        return number

    @staticmethod
    def _share(grams, of_references):
        """p_k, (batch,): a gram that a sequence has c times and a reference m times counts min(1, m / c)."""
        flat, counts = tf.reshape(of_references, [-1]), tf.reshape(_counts(of_references), [-1])
        order = tf.argsort(flat)
        flat, counts = tf.gather(flat, order), tf.gather(counts, order)
        begins = tf.concat([[0], tf.cast(flat[1:] != flat[:-1], "int32")], axis=0)
        kind = tf.cumsum(begins)  # equal n-grams stand side by side
        most = tf.math.unsorted_segment_max(counts, kind, tf.size(flat))
        wanted = tf.reshape(grams, [-1])
        at = tf.minimum(tf.searchsorted(flat, wanted), tf.size(flat) - 1)
        known = tf.where(tf.gather(flat, at) == wanted, tf.gather(most, tf.gather(kind, at)), 0.0)
        return tf.reduce_mean(tf.minimum(1.0, tf.reshape(known, tf.shape(grams)) / _counts(grams)), axis=1)


def _counts(grams):
    """How often a sequence has each of its n-grams, float32 of the same shape."""
    return tf.reduce_sum(tf.cast(grams[:, :, None] == grams[:, None], "float32"), axis=2)
