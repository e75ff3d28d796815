"""What a discriminator is asked about conditions."""

import tensorflow as tf
from keras import ops

from kerasgen.ops import rng


def mismatched(condition, key):
    """For each row the condition of another row that differs from its own, by chance.

    Args:
        condition: (batch, ...).
        key: Of random numbers.

    Returns:
        Conditions of the same shape, and bools (batch,): False where no row has another condition.
    """
    num = tf.shape(condition)[0]
    rows = tf.reshape(condition, (num, -1))
    equal = tf.reduce_all(rows[:, None] == rows[None], axis=-1)  # (batch, batch)
    chance = tf.where(equal, -1.0, rng.uniform(key, (num, num)))
    return tf.gather(condition, tf.argmax(chance, axis=1)), ~tf.reduce_all(equal, axis=1)


def class_loss(logits, labels):
    """Mean cross-entropy of labels (batch,) under logits (batch, num_classes), in nats."""
    return ops.mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, ops.cast(logits, "float32")))


def class_accuracy(logits, labels):
    """Whether the largest of the logits is that of the label: float32 (batch,)."""
    return ops.cast(ops.equal(ops.argmax(logits, axis=-1), labels), "float32")
