"""Beam search: the most probable sequence, looked for among the best beginnings of each length."""

import tensorflow as tf


def beam_search(steps, symbols, start, width, conditions=(), known=None):
    """The best sequence that a beam of `width` beginnings finds, and not below the greedy one.

    Every beginning in the beam is followed by every token, and the `width` most probable of these stay
    (Lowerre, 1976; Sutskever et al., 2014, arXiv:1409.3215, section 3.2). A wider beam may lose the greedy
    path and end below it; therefore the greedy path is kept beside the beam. With V^(T-1) beginnings the
    search is exact, with one it is greedy.

    Args:
        steps: `samplers.steps.Steps`.
        symbols: `models.autoregressive.symbols.Symbols`: what may follow.
        start: int32 (batch,): what the network reads before the first token.
        width: Beginnings kept, an int >= 1.
        conditions: Other inputs of the network, (batch, ...).
        known: None, or tokens and a mask of bools, (batch, length): sequences have them where it is true.

    Returns:
        int32 (batch, length), and log p of each, float32 (batch,) in nats.
    """
    arguments = steps, symbols, start, conditions, known
    greedy, floor = best_of(*beam(*arguments, 1))
    if width == 1:
        return greedy, floor
    found, nats = best_of(*beam(*arguments, width))
    better = nats > floor
    return tf.where(better[:, None], found, greedy), tf.maximum(nats, floor)


def best_of(tokens, nats):
    """The first of the beginnings (batch, width, length), which are in the order of their probability."""
    return tokens[:, 0], nats[:, 0]


def beam(steps, symbols, start, conditions, known, width):
    """(tokens (batch, width, length), log p (batch, width)) of what stays, the most probable first."""
    batch, size, length = tf.shape(start)[0], symbols.size, symbols.length
    wide = lambda x: tf.repeat(x, width, axis=0)
    once = steps.once([wide(one) for one in conditions])
    known = known and [wide(part) for part in known]

    def body(at, previous, caches, nats, found):
        logits, caches = steps.step(previous, at, once, caches)
        each = following(symbols, logits, at, previous, known)
        total = tf.reshape(nats[..., None] + tf.reshape(each, (batch, width, size)), (batch, width * size))
        nats, chosen = tf.math.top_k(total, width)
        rows = lambda x: tf.ensure_shape(tf.reshape(x, [-1]), previous.shape)
        parents, token = rows(chosen // size + width * tf.range(batch)[:, None]), rows(chosen % size)
        take = lambda x: tf.gather(x, parents)
        found = tf.where(tf.range(length) == at, token[:, None], take(found))
        return at + 1, token, tf.nest.map_structure(take, caches), nats, found

    first = tf.where(tf.range(width) == 0, 0.0, -float("inf")) * tf.ones((batch, 1))
    begin = (
        0,
        wide(start),
        steps.start(batch * width, once),
        first,
        tf.zeros((batch * width, length), "int32"),
    )
    more = lambda at, *_: at < length
    *_, nats, found = tf.while_loop(more, body, begin, parallel_iterations=1, maximum_iterations=length)
    return tf.reshape(found, (batch, width, length)), nats


def following(symbols, logits, at, previous, known):
    """log p of every token at a step, (rows, V); minus infinity for what is decided otherwise."""
    each = tf.nn.log_softmax(symbols.permitted(tf.cast(logits, "float32"), at))
    never, tokens = -float("inf"), tf.range(symbols.size)
    if symbols.ends is not None:  # behind the end of a text
        decided = tf.where(tokens == 0, 0.0, never)
        each = tf.where(previous[:, None] == 0, decided, each)
    if known is not None:
        other = known[1][:, at, None] & (known[0][:, at, None] != tokens)
        each = tf.where(other, never, each)
    return each
