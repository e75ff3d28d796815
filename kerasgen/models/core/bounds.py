"""Bounds of log p(x) from thousands of draws of a code, in the memory of a few.

Functions of a model that writes `proposals`, and has `noise_dim`, `binarize` and `observation`: see
`models.variational.vae`.
"""

import tensorflow as tf
from keras import ops

from kerasgen.distributions import bernoulli
from kerasgen.models.core.rows import by_chunks
from kerasgen.objectives import variational
from kerasgen.ops import checks, rng

ROWS = 16  # examples at a time
DRAWS = 128  # draws of each at a time: 2,048 codes go through a decoder together


def log_prob(model, x, condition=None, method="importance", num_samples=5000, seed=0, progress=False):
    """Lower bounds of log p(x) in nats, float32 (num,), by the averaged networks of `model`.

    Row i depends on (x[i], seed, i) alone. Under binarize="dynamic" gray examples become
    bits first, drawn by the same seed.

    Args:
        model: See above.
        x: Examples (num, *event.shape) as for `fit`.
        condition: For a conditional model, one value or one per row: log p(x | condition).
        method: "importance", log 1/k sum_i p(x, z_i) / q(z_i | x), near log p(x) for large k
            (arXiv:1509.00519, section 5), or "elbo".
        num_samples: k >= 1, draws of z for each example.
        seed: Int in [0, 2**32), or None for the next of the model's own stream.
        progress: Whether to show a bar.

    Raises:
        InvalidDataError: If `x` or `condition` is not of that kind.
        NotImplementedError: If the likelihood is no density ("cross_entropy").
    """
    checks.choice("method", method, FOLDS)
    num_samples = checks.integer("num_samples", num_samples, 1, 2**31 - 1)
    checks.flag("progress", progress)
    if not model.observation.density:
        raise NotImplementedError(
            f"likelihood={model.likelihood!r} is no density: {model.name} has no bound."
        )
    x, *given = model.example_rows(x, condition)
    rows = x, model.row_keys(len(x), seed), *given
    graph, k, draws = _graph(model), tf.constant(num_samples), min(num_samples, DRAWS)
    return by_chunks(lambda *rows: graph(k, draws, method, *rows), rows, ROWS, progress)


def estimate(model, num_samples, draws, method, x, keys, condition=None):
    """The graph of `log_prob` for a few examples, `draws` codes of each at a time."""
    if model.binarize is not None:
        pixel = lambda row: bernoulli.binarize(rng.stream(row[0], "binarized"), row[1])
        x = tf.map_fn(pixel, (keys, x), fn_output_signature="float32")
    proposals = model.proposals(x, condition)

    def values(j):
        draw = lambda key: rng.normal(rng.step(key, "draw", j), (draws, model.noise_dim))
        terms = proposals(tf.transpose(rng.by_row(draw, keys), (1, 0, 2)))
        if method == "elbo":
            return terms.log_likelihood - ops.sum(terms.kl, axis=-1)
        return variational.log_weights(*terms[:3])

    return fold(values, method, num_samples, draws, x.shape[0])


def _graph(model):
    """`estimate` of a model as one graph, kept with it; by XLA if the model is compiled so."""
    jit_compile = bool(model.compiled and model.jit_compile) or None
    kept = vars(model).setdefault("_bound_graphs", {})
    if jit_compile not in kept:
        function = lambda *arguments: estimate(model, *arguments)
        kept[jit_compile] = tf.function(function, jit_compile=jit_compile, autograph=False)
    return kept[jit_compile]


def logaddexp(a, b):
    """log(e^a + e^b), elementwise."""
    return tf.maximum(a, b) + tf.math.softplus(-tf.abs(a - b))


FOLDS = {  # method -> (reduction of a chunk, of two results, neutral element)
    "importance": (tf.reduce_logsumexp, logaddexp, -1e30),
    "elbo": (tf.reduce_sum, tf.add, 0.0),
}


def fold(values, method, num_samples, draws, rows):
    """The mean ("elbo") or log mean exp ("importance") of `num_samples` draws of each example.

    Args:
        values: chunk number j, int32 -> float32 (draws, rows), nats.
        method: "elbo" or "importance".
        num_samples: int32 tensor, k >= 1; draws of the last chunk beyond it are left out.
        draws, rows: Ints, the shape of a chunk.

    Returns:
        Nats, float32 (rows,).
    """
    reduce, add, neutral = FOLDS[method]

    def add_chunk(j, total):
        asked = j * draws + tf.range(draws) < num_samples
        chunk = tf.where(asked[:, None], values(j), neutral)
        return j + 1, add(total, reduce(chunk, axis=0))

    chunks = (num_samples + draws - 1) // draws
    start = (0, tf.fill([rows], tf.constant(neutral, "float32")))
    _, total = tf.while_loop(lambda j, _: j < chunks, add_chunk, start, parallel_iterations=1)
    k = tf.cast(num_samples, "float32")
    return total - tf.math.log(k) if method == "importance" else total / k
