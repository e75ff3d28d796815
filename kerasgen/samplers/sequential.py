"""Sequences drawn token by token: by a network with caches, or by whole passes of any network."""

import tensorflow as tf


def cached(steps, draw, start, length, conditions=(), known=None):
    """Sequences by a network in steps: each costs its own, and no more.

    Args:
        steps: `samplers.steps.Steps`.
        draw: Function (network's output (batch, any), step, the token before (batch,)) -> tokens (batch,).
        start: int32 (batch,): what the network reads before the first token.
        length: Tokens of a sequence.
        conditions: Other inputs of the network.
        known: None, or tokens and a mask of bools, (batch, length): they are kept where it is true.

    Returns:
        int32 (batch, length).
    """
    once = steps.once(conditions)
    known = known and [tf.transpose(part) for part in known]

    def body(at, token, caches, found):
        output, caches = steps.step(token, at, once, caches)
        token = kept(draw(output, at, token), known and [part[at] for part in known])
        return at + 1, token, caches, found.write(at, token)

    array = tf.TensorArray("int32", length, element_shape=start.shape)
    begin = tf.constant(0), start, steps.start(tf.shape(start)[0], once), array
    more = lambda at, *_: at < length
    found = tf.while_loop(more, body, begin, parallel_iterations=1, maximum_iterations=length)[-1]
    return tf.transpose(found.stack())


def naive(network, draw, start, length, conditions=(), known=None):
    """The same by a whole pass of any network for each token; other arguments as in `cached`."""
    place = tf.range(length)

    def body(at, x):
        output = network([x, *conditions] if conditions else x)[:, at]
        token = kept(draw(output, at, x[:, at]), known and [part[:, at] for part in known])
        return at + 1, tf.where(place == at + 1, token[:, None], x), token

    def loop(at, x, last):
        return body(at, x)

    x = tf.where(place == 0, start[:, None], 0)
    _, x, last = tf.while_loop(lambda at, *_: at < length, loop, (0, x, start), parallel_iterations=1)
    return tf.concat([x[:, 1:], last[:, None]], axis=1)


def kept(drawn, known):
    """What is known where the mask is true."""
    return drawn if known is None else tf.where(known[1], known[0], drawn)
