"""Images drawn component by component: rows from the top, columns from the left, channels in their order."""

import tensorflow as tf

from kerasgen.layers.causal import Position


def cached(stages, draw, uniform, conditions=(), known=None, joint=False):
    """Images by a network in stages: every pixel costs its own window, and no more.

    Args:
        stages: `samplers.stages.Stages`.
        draw: Function of the network's output (..., any) and uniform numbers (..., n) that gives pixels
            (..., c), in the numbers that the network reads.
        uniform: Numbers in (0, 1), float32 (batch, h, w, n).
        conditions: Other inputs of the network.
        known: None, or pixels and a mask of 0 and 1, (batch, h, w, c): they are kept where it is 1.
        joint: Whether the network does not tell the channels of a pixel apart: all are drawn at once.

    Returns:
        (batch, h, w, c).
    """
    columns_first = lambda array: tf.transpose(array, (1, 2, 0, 3))
    uniform, known = columns_first(uniform), known and [columns_first(part) for part in known]
    channels = draw.channels
    once = stages.once(conditions)

    def pixel(position, values, caches):
        x = tf.zeros((tf.shape(uniform)[2], channels), draw.dtype)
        row, column = position.row, position.column
        for channel in range(channels):
            position = Position(row, column, channel)
            if channel == 0 or not joint:
                now, caches = stages.pixel(values, caches, position)
                drawn = draw(stages.parameters(now, position), uniform[row, column])
                drawn = drawn if known is None else kept(drawn, *(part[row, column] for part in known))
            if channels > 1:
                x = tf.concat([x[:, :channel], drawn[:, channel : channel + 1], x[:, channel + 1 :]], axis=1)
            else:
                x = drawn
            caches = stages.observe(now, caches, position, x)
        return x, caches

    def row(i, caches, rows):
        values, caches = stages.row(once, caches, Position(i))

        def column(j, caches, pixels):
            x, caches = pixel(Position(i, j), values, caches)
            return j + 1, caches, pixels.write(j, x)

        caches, pixels = loop(stages.width, column, caches, draw.dtype)
        return i + 1, caches, rows.write(i, pixels.stack())

    _, rows = loop(stages.height, row, stages.start(tf.shape(uniform)[2]), draw.dtype)
    return tf.transpose(rows.stack(), (2, 0, 1, 3))


def loop(num, body, caches, dtype):
    """(caches, array) after `num` turns of body(index, caches, array)."""
    start = tf.constant(0), caches, tf.TensorArray(dtype, num)
    return tf.while_loop(lambda at, *_: at < num, body, start, parallel_iterations=1)[1:]


def naive(network, draw, uniform, conditions=(), known=None, joint=False):
    """The same images by a whole pass of any network for each component; other arguments as in `cached`."""
    batch, height, width, _ = tf.unstack(tf.shape(uniform))
    sides = (1, *network.inputs[0].shape[1:3], draw.channels)
    place = tf.reshape(tf.range(sides[1] * sides[2] * sides[3]), sides)

    def component(at, x):
        drawn = draw(network(inputs(network, x, conditions)), uniform)
        drawn = drawn if known is None else kept(drawn, *known)
        return at + 1, tf.where(place == at, drawn, x)

    start = tf.constant(0), tf.zeros((batch, height, width, draw.channels), draw.dtype)
    num = tf.size(place)
    return tf.while_loop(lambda at, _: at < num, component, start, parallel_iterations=1)[1]


def inputs(network, x, conditions=()):
    """What a network is called with, of x (batch, h, w, c)."""
    x = x[..., 0] if len(network.inputs[0].shape) == 3 else x
    return [x, *conditions] if conditions else x


def kept(drawn, known, mask):
    """What is known where the mask is 1."""
    return tf.where(mask == 1, known, drawn)
