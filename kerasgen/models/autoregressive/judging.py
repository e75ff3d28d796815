"""What models of sequences that are judged share: their discriminator, and whose turn it is."""

import tensorflow as tf
from keras import ops

from kerasgen.ops import checks

TERMS = ("d_loss", "d_real", "d_fake")
SINGLE = "since its generator rests in some train steps"


def check(discriminator, shape, condition):
    """Refuses a discriminator that does not take examples of a shape, and their condition.

    Raises:
        TypeError, ValueError: If it does not, or does not give one logit an example.
    """
    checks.network("discriminator", discriminator)
    expected = [tuple(shape), *([] if condition is None else [condition.shape])]
    found = [tuple(one.shape[1:]) for one in discriminator.inputs]
    if found != expected:
        raise ValueError(f"`discriminator` must take {expected}. Received: {found}.")
    outputs = [tuple(one.shape[1:]) for one in discriminator.outputs]
    if outputs != [(1,)]:
        raise ValueError(f"`discriminator` must give one logit, [(1,)]. Received: {outputs}.")


def judge(discriminator, x, condition=None, training=False):
    """The logits of examples, (batch, 1)."""
    return discriminator(x if condition is None else [x, condition], training=training)


def losses(game, discriminator, real, fake, condition=None, training=False):
    """{term of `TERMS`: scalar} of a game between examples of equal conditions."""
    d_real, d_fake = (judge(discriminator, x, condition, training) for x in (real, fake))
    return {
        "d_loss": ops.mean(game.d(d_real, d_fake)),
        "d_real": ops.mean(d_real),
        "d_fake": ops.mean(d_fake),
    }


def players(model, optimizer, d_optimizer):
    """What `compile_players` takes: the network's optimizer, and the discriminator's if there is one."""
    found = {"optimizer": (optimizer, model.network)}
    if model.discriminator is not None:
        return found | {"d_optimizer": ("adam" if d_optimizer is None else d_optimizer, model.discriminator)}
    if d_optimizer is not None:
        raise ValueError("`d_optimizer` must be None: there is no discriminator. Received: an optimizer.")
    return found


def in_turn(iterations, every, warmup, step):
    """`step()`, a scalar, in one of `every` train steps behind the first `warmup`; 0 in the others."""
    if every == 1 and not warmup:
        return step()
    now = (iterations >= warmup) & tf.equal(iterations % every, 0)
    return tf.cond(now, step, lambda: tf.constant(0.0))
