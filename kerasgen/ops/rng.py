"""Keyed random numbers: a key goes in, always the same numbers come out.

A key is an int32 tensor of shape (2,). A model owns one stream of keys, its
`keras.random.SeedGenerator`; everything below that stream is a pure function of
a key, so that Python, a traced graph and a SavedModel draw the same numbers.

Sampling gives every row of a batch a key of its own, made of `(seed, row)` and
of nothing else. The pair travels as one int64, the *row seed*

    row_seed = seed + row * 2**32,      0 <= seed < 2**32,  0 <= row < 2**31,

so that a server which batches requests still answers each row as if it were
alone, and the row seed `s < 2**32` is row 0 of `sample(num, seed=s)`.
"""

import math

import keras
import numpy as np
import tensorflow as tf

from kerasgen.ops import checks

SEEDS = 2**32  # seeds lie in [0, SEEDS)
_PHILOX = 1  # pinned: TensorFlow's choice is another on other devices
_SCRAMBLE = 0x02461E293EC8F720  # the key under which TensorFlow scrambles what it is given


def key(source):
    """The key of an int seed in [0, 2**32), or the next one of a `SeedGenerator`, shape (2,)."""
    if isinstance(source, keras.random.SeedGenerator):
        return tf.bitcast(tf.cast(source.next(), "uint32"), "int32")
    return row_keys(tf.cast(source, "int64"))


def check_key(name, value):
    """`value`, if it is a key, int32 of shape (2,); TypeError otherwise."""
    array = tf.is_tensor(value) or isinstance(value, np.ndarray)
    if not array or tuple(value.shape) != (2,) or value.dtype != "int32":
        raise TypeError(
            f"`{name}` must be a key of `kerasgen.ops.rng`. Received: {name}={checks.received(value)}."
        )
    return value


def row_seeds(seed, num):
    """Row seeds of rows 0..num-1 under one int `seed`: int64, shape (num,)."""
    return tf.cast(seed, "int64") + tf.range(num, dtype="int64") * SEEDS


def row_keys(row_seeds):
    """Keys of int64 row seeds of any shape s: int32, shape (*s, 2)."""
    return tf.bitcast(row_seeds, "int32")


# Streams of one key have names. Within a scope, the numbers behind two names cannot meet; the key of a row
# of a sample serves one scope only, and so does that of a row of an estimate.
STREAMS = {
    "sample": {"label": 1, "pixels": 2, "pseudo_input": 3, "tokens": 4, "start": 10_000, "condition": 10_001},
    "mixture": {"component": 0, "value": 1},
    "importance": {"binarized": 0},
    "elbo": {"read_out": 0},
}
# Streams of a loop, (first, stride, most steps): step i has the number first + stride i.
STEPS = {
    "sample": {"noise": (2**20, 1, 2**20), "repainting": (2**25, 1, 2**30)},
    "importance": {"draw": (1, 1, 2**30)},
    "elbo": {"time": (2, 2, 2**20), "noise_of_time": (3, 2, 2**20)},
    "divergence": {"probe": (0, 1, 2**20)},
    "seeding": {"center": (0, 1, 2**30)},
}
_STREAMS = {name: number for scope in STREAMS.values() for name, number in scope.items()}
_STEPS = {name: numbers for scope in STEPS.values() for name, numbers in scope.items()}


def stream(key, name):
    """The key of a named stream: one of the names in `STREAMS`."""
    return fold_in(key, _STREAMS[name])


def step(key, name, index):
    """The key of step `index`, an int tensor >= 0, of a named loop: one of the names in `STEPS`."""
    first, stride, _ = _STEPS[name]
    return fold_in(key, first + stride * index)


def split(key, num):
    """`num` independent keys, as a list."""
    return tf.unstack(_bits(key, (num, 2), "int32"))


def fold_in(key, step):
    """The key of one `step` of a loop; `step` is an int tensor."""
    step = tf.convert_to_tensor(step)
    return tf.stack([_bits(key, (), step.dtype), step])


def by_row(draw, keys):
    """Stacks `draw(key)` over keys of shape (n, 2): row i depends on `keys[i]` alone."""
    return tf.map_fn(draw, keys, fn_output_signature="float32")


def uniform(key, shape, low=0.0, high=1.0):
    """Uniform noise in (low, high), float32: the midpoints of 2**24 equal cells."""
    return low + (high - low) * (0.5 + 0.5 * _symmetric(key, shape))


def normal(key, shape):
    """Standard normal noise, float32, |x| < 5.5: the inverse of the distribution function."""
    return _normal(_symmetric(key, shape))


def truncated_normal(key, shape):
    """Standard normal noise given |x| <= 2, float32."""
    return 2**0.5 * tf.math.erfinv(math.erf(2**0.5) * _symmetric(key, shape))


def integers(key, shape, high):
    """Uniform integers in [0, high), int32."""
    bounds = {"minval": tf.constant(0), "maxval": tf.cast(high, "int32")}
    return tf.raw_ops.StatelessRandomUniformIntV2(shape=shape, **bounds, **_philox(key))


def choice(key, weights):
    """An index i with probability weights[i] / sum(weights), by the inverse of the distribution function.

    Args:
        weights: Floats >= 0, shape (n,), not all 0. Where they are, the last index is taken.

    Returns:
        int32 scalar in [0, n).
    """
    heights = tf.cumsum(tf.cast(weights, "float64"))
    u = heights[-1] * tf.cast(uniform(key, ()), "float64")
    index = tf.searchsorted(heights, u[None], side="right")[0]  # right: never one of weight 0
    return tf.minimum(index, tf.size(heights) - 1)


def _normal(u):
    """The normal quantile of (1 + u) / 2, for u in (-1, 1).

    Taken of the tail (1 - |u|) / 2, which is exact: `tf.math.erfinv(u)` rounds 1 + u, is a
    hundredth off at 5 standard deviations and infinite at the last u, one draw in 2**24.
    """
    return tf.sign(u) * -tf.math.ndtri((1 - tf.abs(u)) / 2)


def _symmetric(key, shape):
    """Odd multiples of 2**-24 in (-1, 1), float32.

    Made of the generator's bits, which XLA, eager and graph kernels share; their own
    float draws differ from each other.
    """
    bits = _bits(key, shape, "uint32")
    cell = tf.cast(tf.bitwise.right_shift(bits, tf.constant(8, "uint32")), "int32")  # 24 bits
    return tf.cast(2 * cell + 1 - 2**24, "float32") * 2**-24


def _bits(key, shape, dtype):
    """All bits of integers, at random: the numbers of `tf.random.stateless_uniform` over a whole dtype."""
    return tf.raw_ops.StatelessRandomUniformFullIntV2(shape=shape, dtype=dtype, **_philox(key))


def _philox(key):
    """What TensorFlow's kernels are told of a key: that of Philox and where to begin to count.

    Salmon et al. (2011), https://doi.org/10.1145/2063384.2063405. The same scrambling as that of
    `tf.random.stateless_uniform`, in 6 operations where that takes 20.
    """
    pair = tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=(2,), key=[_SCRAMBLE], counter=tf.cast(key, "uint64"), alg=_PHILOX, dtype="uint64"
    )
    return {"key": pair[:1], "counter": pair * tf.constant([0, 1], "uint64"), "alg": _PHILOX}
