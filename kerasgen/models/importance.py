"""Bounds of log p(x) from thousands of draws of a code, in the memory of a few."""

import numpy as np
import tensorflow as tf
from keras import ops
from tqdm import tqdm

from kerasgen.distributions import bernoulli
from kerasgen.objectives import variational
from kerasgen.ops import checks, rng

ROWS = 16  # examples at a time
DRAWS = 128  # draws of each at a time: 2,048 codes go through a decoder together


class Bounds:
    """`elbo` and `log_prob` of a `LatentModel` that writes `proposals`; see `models.vae`."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._estimate = tf.function(self.estimate, autograph=False)

    def compile(self, *args, **kwargs):
        super().compile(*args, **kwargs)
        jit_compile = bool(self.jit_compile) or None
        self._estimate = tf.function(self.estimate, jit_compile=jit_compile, autograph=False)

    def elbo(self, x, label=None, num_samples=1, seed=0, progress=False):
        """E_q[log p(x | z)] - KL(q(z | x) || p(z)) in nats: float32 (num,). Arguments as in `log_prob`."""
        return self.log_prob(x, label, "elbo", num_samples, seed, progress)

    def log_prob(self, x, label=None, method="importance", num_samples=5000, seed=0, progress=False):
        """Lower bounds of log p(x) in nats, float32 (num,), by the averaged networks.

        Row i depends on (x[i], seed, i) alone. Under binarize="dynamic" grey examples become
        bits first, drawn by the same seed.

        Args:
            x: Examples (num, *event_shape) as for `fit`.
            label: For a conditional model, an int or one per row: log p(x | label).
            method: "importance", log 1/k sum_i p(x, z_i) / q(z_i | x), near log p(x) for large k
                (arXiv:1509.00519, section 5), or "elbo".
            num_samples: k >= 1, draws of z for each example.
            seed: Int in [0, 2**32), or None for the next of the model's own stream.
            progress: Whether to show a bar.

        Raises:
            InvalidDataError: If `x` or `label` is not of that kind.
            NotImplementedError: If the likelihood is no density ("cross_entropy").
        """
        checks.choice("method", method, FOLDS)
        checks.integer("num_samples", num_samples, 1, 2**31 - 1)
        if not self.law.density:
            raise NotImplementedError(
                f"likelihood={self.likelihood!r} is no density: {self.name} has no bound."
            )
        x, *labels = self.rows(x, label)
        rows = x, self.row_keys(len(x), seed), *labels
        k, draws = tf.constant(num_samples), min(num_samples, DRAWS)
        return by_chunks(lambda *rows: self._estimate(k, draws, method, *rows), rows, ROWS, progress)

    def estimate(self, num_samples, draws, method, x, keys, labels=None):
        """The graph of `log_prob` for a few examples, `draws` codes of each at a time."""
        if self.binarize is not None:
            pixel = lambda row: bernoulli.binarize(rng.fold_in(row[0], 0), row[1])
            x = tf.map_fn(pixel, (keys, x), fn_output_signature="float32")
        proposals = self.proposals(x, labels)

        def values(j):
            draw = lambda key: rng.normal(rng.fold_in(key, j + 1), (draws, self.noise_dim))
            terms = proposals(tf.transpose(rng.by_row(draw, keys), (1, 0, 2)))
            if method == "elbo":
                return terms.log_likelihood - ops.sum(terms.kl, axis=-1)
            return variational.log_weights(*terms[:3])

        return folded(values, method, num_samples, draws, x.shape[0])


def logaddexp(a, b):
    """log(e^a + e^b), elementwise."""
    return tf.maximum(a, b) + tf.math.softplus(-tf.abs(a - b))


FOLDS = {  # method -> (fold of a chunk, fold of two results, what adds nothing)
    "importance": (tf.reduce_logsumexp, logaddexp, -1e30),
    "elbo": (tf.reduce_sum, tf.add, 0.0),
}


def folded(values, method, num_samples, draws, rows):
    """The mean ("elbo") or log mean exp ("importance") of `num_samples` draws an example.

    Args:
        values: chunk number j, int32 -> float32 (draws, rows), nats.
        method: "elbo" or "importance".
        num_samples: int32 tensor, k >= 1; what the last chunk has beyond it is left out.
        draws, rows: Ints, the shape of a chunk.

    Returns:
        Nats, float32 (rows,).
    """
    reduce, add, nothing = FOLDS[method]

    def fold(j, total):
        asked = j * draws + tf.range(draws) < num_samples
        chunk = tf.where(asked[:, None], values(j), nothing)
        return j + 1, add(total, reduce(chunk, axis=0))

    chunks = (num_samples + draws - 1) // draws
    start = (0, tf.fill([rows], tf.constant(nothing, "float32")))
    _, total = tf.while_loop(lambda j, _: j < chunks, fold, start, parallel_iterations=1)
    k = tf.cast(num_samples, "float32")
    return total - tf.math.log(k) if method == "importance" else total / k


def by_chunks(function, arrays, size, progress=False):
    """`function(*arrays)` by `size` rows, the last of them padded: one graph serves every chunk.

    Args:
        function: Tensors of equal length -> one of that length, or a tuple of them.
        arrays: The arguments, each (num, ...), num >= 1.
        size: Rows of a chunk; fewer where there are not so many.
        progress: Whether to show a bar.

    Returns:
        An array (num, ...), or a tuple of them.
    """
    num = len(arrays[0])
    size = min(size, num)
    results = []
    for at in tqdm(range(0, num, size), unit="chunk", disable=not progress):
        index = np.minimum(np.arange(at, at + size), num - 1)  # the last row again, as padding
        chunk = function(*(tf.gather(array, index) for array in arrays))
        results.append([np.asarray(part) for part in (chunk if isinstance(chunk, tuple) else (chunk,))])
    parts = [np.concatenate(part)[:num] for part in zip(*results, strict=True)]
    return tuple(parts) if len(parts) > 1 else parts[0]
