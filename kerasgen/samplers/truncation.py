"""Distributions of tokens made narrower before they are drawn from: temperature, top-k, top-p."""

import tensorflow as tf

LOWEST = -1e9  # the logit of what is left out


def truncated(logits, temperature=1.0, top_k=None, top_p=None):
    """Logits of softmax(logits / temperature), restricted to its most probable tokens.

    First the k most probable ones are kept (Fan et al., 2018, arXiv:1805.04833, section 5.4), then, of
    these, the fewest whose probability is p or more (Holtzman et al., 2020, arXiv:1904.09751, equation 2).
    Tokens as probable as the last one that is kept are kept, too.

    Args:
        logits: (batch, tokens).
        temperature: > 0, a number or (batch,).
        top_k: Ints >= 1, a number or (batch,), or None for all.
        top_p: In (0, 1], a number or (batch,), or None for all.
    """
    column = lambda value: tf.reshape(value, (-1, 1))
    logits = logits / column(temperature)
    if top_k is None and top_p is None:
        return logits
    falling = tf.sort(logits, direction="DESCENDING")
    rank = tf.range(tf.shape(logits)[1])
    kept = rank < column(tf.shape(logits)[1] if top_k is None else top_k)
    if top_p is not None:
        p = tf.nn.softmax(tf.where(kept, falling, LOWEST))
        kept &= (tf.cumsum(p, axis=-1, exclusive=True) < column(top_p)) | (rank == 0)
    least = tf.reduce_min(tf.where(kept, falling, falling[:, :1]), axis=-1, keepdims=True)
    return tf.where(logits >= least, logits, LOWEST)
