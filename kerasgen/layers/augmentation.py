"""Differentiable augmentation: the discriminator never sees an image that has not been changed at random.

Zhao et al. (2020), DiffAugment, arXiv:2006.10738: real and generated images are changed alike, and the
generator learns through the change, so that it is not learned itself. Karras et al. (2020), ADA,
arXiv:2006.06676: each change is made with a probability that follows how certain the discriminator is of
real images.
"""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.ops import checks, rng

REACH = 1 / 8  # of a translation, as a share of the side
HOLE = 1 / 2  # side of a cutout, as a share of the image's


def brightness(x, key):
    """Adds one number of U[-1/2, 1/2) to an image."""
    return x + _per_image(x, key, -0.5, 0.5)


def saturation(x, key):
    """Moves colors away from the gray of their pixel by a factor of U[0, 2)."""
    return _about(ops.mean(x, axis=-1, keepdims=True), x, _per_image(x, key, 0.0, 2.0))


def contrast(x, key):
    """Moves pixels away from the mean of their image by a factor of U[1/2, 3/2)."""
    return _about(ops.mean(x, axis=(1, 2, 3), keepdims=True), x, _per_image(x, key, 0.5, 1.5))


def flip(x, key):
    """Exchanges left and right of every second image."""
    return ops.where(_per_image(x, key, 0.0, 1.0) < 0.5, ops.flip(x, axis=2), x)


def translation(x, key):
    """Moves an image by whole pixels, at most an eighth of its sides; zeros come in."""
    for axis, one in zip((1, 2), rng.split(key, 2), strict=True):
        side = x.shape[axis]
        most = int(side * REACH + 0.5)
        shift = rng.integers(one, (ops.shape(x)[0], 1, 1), 2 * most + 1) - most
        places = tf.range(side)
        moves = ops.cast(places[None, :, None] + shift == places[None, None, :], x.dtype)  # (batch, new, old)
        x = tf.einsum("bij,bjwc->biwc" if axis == 1 else "bij,bhjc->bhic", moves, x)
    return x


def cutout(x, key):
    """Sets a square of half the sides, whose center is anywhere, to zero."""
    inside = True
    for axis, one in zip((1, 2), rng.split(key, 2), strict=True):
        side = x.shape[axis]
        center = rng.integers(one, (ops.shape(x)[0], 1, 1, 1), side + 1)
        shape = [1, 1, 1, 1]
        shape[axis] = side
        places = tf.reshape(tf.range(side), shape)
        inside &= ops.abs(2 * (places - center) + 1) < int(side * HOLE + 0.5)
    return ops.where(inside, ops.zeros_like(x), x)


KINDS = {
    "brightness": brightness,
    "saturation": saturation,
    "contrast": contrast,
    "flip": flip,
    "translation": translation,
    "cutout": cutout,
}


@keras.saving.register_keras_serializable("kerasgen")
class Augmentation(keras.layers.Layer):
    """Changes images (batch, height, width, channels), in [-1, 1] or about 0, at random.

    Args:
        kinds: Names in `KINDS`, made in this order. A gray image has no saturation.
        probability: In [0, 1], of each change to an image, at the beginning. 1 is DiffAugment.
        target: None, or the mean sign of the logits of real images, in (0, 1), above which the probability
            rises and below which it falls: 0.6 in ADA.
        ramp: Number of real images, > 0, after which the probability can be 1 from 0.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    def __init__(
        self, kinds=("brightness", "translation"), probability=1.0, target=None, ramp=500_000, **kwargs
    ):
        super().__init__(**kwargs)
        self.kinds = tuple(checks.choice("kinds", kind, KINDS) for kind in checks.texts("kinds", kinds))
        self.initial = checks.number("probability", probability, 0, 1)
        self.target = None if target is None else checks.number("target", target, 0, 1, "()")
        self.ramp = checks.positive("ramp", ramp)
        start = keras.initializers.Constant(self.initial)
        self.probability = self.add_weight((), start, "float32", trainable=False, name="probability")
        self.built = True

    def call(self, x, key):
        """Images of the same shape, by a key of `kerasgen.ops.rng`."""
        for kind, one in zip(self.kinds, rng.split(key, len(self.kinds)), strict=True):
            kind_key, coin_key = rng.split(one, 2)
            changed = KINDS[kind](x, kind_key)
            always = self.target is None and self.initial == 1
            x = changed if always else ops.where(_per_image(x, coin_key, 0, 1) < self.probability, changed, x)
        return x

    def adapt(self, real_logits):
        """Moves the probability by what the logits of a batch of real images say, if there is a target."""
        if self.target is None:
            return
        certain = ops.mean(ops.sign(real_logits)) - self.target
        step = ops.sign(certain) * ops.cast(ops.shape(real_logits)[0], "float32") / self.ramp
        self.probability.assign(ops.clip(self.probability + step, 0.0, 1.0))

    def get_config(self):
        own = {"kinds": self.kinds, "probability": self.initial, "target": self.target, "ramp": self.ramp}
        return super().get_config() | own


def _per_image(x, key, low, high):
    return ops.cast(rng.uniform(key, (ops.shape(x)[0], 1, 1, 1), low, high), x.dtype)


def _about(center, x, factor):
    return center + factor * (x - center)
