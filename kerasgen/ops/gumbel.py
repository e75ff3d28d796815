"""Gumbel noise: draws of categories that are a maximum, and their relaxation, which has a gradient.

argmax_k (l_k + g_k) of logits l and independent g_k = -log(-log u_k) is a draw from softmax(l) (Gumbel, 1954;
see Maddison et al., 2014, arXiv:1411.0030). Jang et al. (2017), arXiv:1611.01144, and Maddison et al. (2017),
arXiv:1611.00712, put a softmax in its place.
"""

import tensorflow as tf

from kerasgen.ops import rng


def noise(key, shape):
    """Standard Gumbel noise, float32 from -2.8 to 17.3: the upper tail, which decides, is the finer one."""
    u = tf.minimum(rng.uniform(key, shape), 1 - 2**-24)  # of 2^24 numbers one is rounded to 1
    return -tf.math.log(-tf.math.log1p(-u))


def argmax(logits, noise):
    """The category of the largest l_k + g_k, int32 (...,); no gradient passes.

    Args:
        logits, noise: (..., K).
    """
    return tf.argmax(logits + noise, axis=-1, output_type="int32")


def softmax(logits, noise, inverse_temperature=1.0):
    """softmax(beta (l + g)): weights of the categories, (..., K), the largest that of `argmax`.

    Args:
        logits, noise: (..., K).
        inverse_temperature: beta > 0.
    """
    return tf.nn.softmax(inverse_temperature * (logits + noise))
