"""Mu-law: waveforms in [-1, 1] in few levels, which lie closer together where it is quiet.

    f(x) = sign(x) ln(1 + mu |x|) / ln(1 + mu),   mu = levels - 1

ITU-T G.711, as in van den Oord et al. (2016), arXiv:1609.03499, section 2.2.
"""

import numpy as np
import tensorflow as tf


def encode(x, levels=256):
    """int32 codes in [0, levels) of x in [-1, 1]: the level of f(x) among `levels` that are evenly spaced."""
    mu = levels - 1
    x = tf.clip_by_value(tf.cast(x, "float32"), -1, 1)
    y = tf.sign(x) * tf.math.log1p(mu * tf.abs(x)) / np.float32(np.log1p(mu))
    return tf.cast(tf.round((y + 1) * (mu / 2)), "int32")


def decode(codes, levels=256):
    """The waveform in [-1, 1] whose f(x) is the level of each code: float32."""
    mu = levels - 1
    y = tf.cast(codes, "float32") * (2 / mu) - 1
    return tf.sign(y) * tf.math.expm1(tf.abs(y) * np.float32(np.log1p(mu))) / mu
