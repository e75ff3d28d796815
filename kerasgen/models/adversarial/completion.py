"""Completion of images by a search among the codes of a generator (Yeh et al., 2017, arXiv:1607.07539)."""

import functools

import numpy as np
import tensorflow as tf
from keras import ops
from tqdm import tqdm

from kerasgen.models.core.masks import check_mask
from kerasgen.models.core.rows import by_chunks
from kerasgen.ops import checks, rng

WINDOW = 7  # side of the neighborhood whose unknown pixels make a known one count
PRIOR_WEIGHT = 0.003  # lambda of the paper, section 3.3
RATE = 0.03  # of Adam on the code


def inpaint(model, x, mask, seed=None, condition=None, num_steps=500, repeats=4, progress=False):
    """Examples whose known part is that of x, completed by the generator's best guess.

    For each row Adam descends from a random code z on

        sum W |G(z) - x| + 0.003 g(D(G(z))),

    the weighted distance from what is known and the generator's own loss. W is 0 where nothing is known, and
    else the share of unknown pixels in a window of 7x7 (equation 3). Of several searches the nearest counts.
    Hundreds of steps enlarge rounding: among another number of rows a search may end elsewhere.

    Args:
        model: `GAN` of images.
        x: Examples (num, *event.shape); what is not known may be anything finite in range.
        mask: 1 where x is known and 0 where it is to be drawn; broadcasts to x.
        seed, condition, progress: As in `sample`.
        num_steps: Steps of a search, 1 to 10,000.
        repeats: Searches, 1 to 1,000.

    Returns:
        float32, the shape of x: exactly x where the mask is 1, within the range elsewhere.

    Raises:
        InvalidDataError: If `x` or `mask` is not of that kind.
        ValueError: If the model is none of images, or packs them.
    """
    if len(model.event.shape) != 3 or model.rules.packing > 1:
        raise ValueError("`model` must make images, and judge them one by one. Received: another one.")
    x = model.event.check(x, "x")
    mask = check_mask("mask", mask, x.shape)
    num_steps = checks.integer("num_steps", num_steps, 1, 10_000)
    repeats = checks.integer("repeats", repeats, 1, 1000)
    hidden = not checks.flag("progress", progress)
    condition = model.check_condition(condition, len(x))
    keys, *given = model.with_condition(model.row_keys(len(x), seed), condition)
    search = tf.function(functools.partial(searched, model, num_steps), autograph=False)
    best, least = np.zeros_like(x), np.full(len(x), np.inf, "float32")
    for repeat in tqdm(range(repeats), "searching", disable=hidden):
        starts = tf.map_fn(functools.partial(rng.step, name="repainting", index=repeat), keys)
        rows = tf.constant(x), tf.constant(mask), starts, *given
        found, loss = by_chunks(search, rows, model.chunk)
        nearer = loss < least
        best, least = np.where(nearer[:, None, None, None], found, best), np.minimum(loss, least)
    return np.where(mask == 1, x, best)


def searched(model, num_steps, x, mask, keys, *condition):
    """(examples, distances from what is known) of one search a row."""
    weights = mask * (1 - ops.average_pool(mask, WINDOW, 1, "same"))
    over = tuple(range(1, len(x.shape)))
    judge = model.judge(model.discriminator)
    given = condition[0] if condition else None

    def losses(z):
        drawn = model(z, *condition)
        distance = ops.sum(weights * ops.abs(drawn - x), axis=over)
        deceit = model.rules.g_rows(judge(drawn, given)[0])
        return drawn, distance, distance + PRIOR_WEIGHT * deceit

    def step(at, z, mean, square):
        with tf.GradientTape() as tape:
            tape.watch(z)
            loss = ops.sum(losses(z)[2])
        gradient = tape.gradient(loss, z)
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        time = tf.cast(at + 1, "float32")
        size = RATE * tf.sqrt(1 - 0.999**time) / (1 - 0.9**time)
        return at + 1, z - size * mean / (tf.sqrt(square) + 1e-8), mean, square

    z = model.draw_prior(keys)
    loop = [tf.constant(0), z, tf.zeros_like(z), tf.zeros_like(z)]
    _, z, *_ = tf.while_loop(lambda at, *_: at < num_steps, step, loop, parallel_iterations=1)
    return losses(z)[:2]
