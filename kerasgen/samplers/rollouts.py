"""Monte Carlo search: what the beginnings of sequences are worth, by sequences that go on from them."""

import tensorflow as tf


def action_values(steps, tokens, start, draw, reward, num, conditions=()):
    """Q(x_1, ..., x_t-1; x_t) of every token: the mean reward of sequences drawn to go on from x_1, ..., x_t.

        Q_t = 1/num sum_n reward(x_1, ..., x_t, x^n_t+1, ..., x^n_T),   Q_T = reward(x_1, ..., x_T)

    Yu et al. (2017), arXiv:1609.05473, equation 4. The network is told the beginnings once, and goes on from
    what its layers then remember: T (T - 1) / 2 steps, where T^2 would be taken from the start.

    Args:
        steps: `samplers.steps.Steps` of the network.
        tokens: int32 (batch, T).
        start: int32 (batch,): what the network reads before the first token.
        draw: Function (t) -> function (output (num batch, any), step, the token before) -> tokens: what
            goes on from the beginnings of t + 1 tokens.
        reward: Function of int32 (num batch, T), `num` copies of the batch one behind the other, -> float32
            (num batch,); also of the batch itself.
        num: Sequences from each beginning, >= 1.
        conditions: Other inputs of the network.

    Returns:
        float32 (batch, T).
    """
    batch, length = tf.shape(tokens)[0], tokens.shape[1]
    copies = lambda rows: tf.tile(rows, [num] + [1] * (len(rows.shape) - 1))
    once, of_copies = steps.once(conditions), steps.once(tuple(map(copies, conditions)))
    places, columns = tf.range(length)[:, None], tf.transpose(tokens)  # (T, batch)
    before = tf.concat([start[None], columns[:-1]], axis=0)

    def value(t, caches):
        """Q_t from the caches behind step t."""
        go_on = draw(t)

        def body(at, x, caches):
            output, caches = steps.step(x[at - 1], at, of_copies, caches)
            return at + 1, tf.where(places == at, go_on(output, at, x[at - 1])[None], x), caches

        loop = t + 1, tf.transpose(copies(tokens)), tf.nest.map_structure(copies, caches)
        _, x, _ = tf.while_loop(lambda at, *_: at < length, body, loop, parallel_iterations=1)
        return tf.reduce_mean(tf.reshape(reward(tf.transpose(x)), (num, batch)), axis=0)

    def advance(t, caches, found):
        _, caches = steps.step(before[t], t, once, caches)
        return t + 1, caches, found.write(t, value(t, caches))

    found = tf.TensorArray("float32", length, element_shape=start.shape)
    loop = tf.constant(0), steps.start(batch, once), found.write(length - 1, reward(tokens))
    more = lambda t, *_: t < length - 1
    return tf.transpose(tf.while_loop(more, advance, loop, parallel_iterations=1)[-1].stack())
