"""Images moved by a few pixels, and a network that is told by how many."""

import dataclasses

import tensorflow as tf
from keras import ops

from kerasgen import spaces
from kerasgen.ops import checks, rng

STAYING = 0.5  # of the examples


@dataclasses.dataclass(frozen=True)
class Shifts:
    """Distribution augmentation (Jun et al., 2020, proceedings.mlr.press/v119/jun20a, section 3).

    The network learns p(moved x | shift) of all shifts at once, and p(x) is that of no shift: an exact
    likelihood of the images themselves, by weights that have seen (2 most + 1)^2 times as many. Half of the
    images stay where they are, since they are what counts. Pixels that come in repeat those of the edge.

    Args:
        most: Pixels along each axis, 0 to 16.
    """

    most: int

    def __post_init__(self):
        checks.integer("shifts", self.most, 0, 16)

    @property
    def space(self):
        """What the network is told: (row shift + most) (2 most + 1) + column shift + most."""
        return spaces.Label((2 * self.most + 1) ** 2) if self.most else None

    def draw(self, x, key):
        """(moved x, shift): every second example, at random, by a shift of its own, all equally probable."""
        batch, sides = ops.shape(x)[0], 2 * self.most + 1
        stays, where = rng.split(key, 2)
        shift = rng.integers(where, (batch,), sides**2)
        shift = tf.where(rng.uniform(stays, (batch,)) < STAYING, self.none(batch), shift)
        for axis, by in ((1, shift // sides), (2, shift % sides)):
            places = tf.range(x.shape[axis])[None] - (by - self.most)[:, None]
            x = tf.gather(x, tf.clip_by_value(places, 0, x.shape[axis] - 1), axis=axis, batch_dims=1)
        return x, shift

    def none(self, batch):
        """The label of no shift, (batch,)."""
        return tf.fill([batch], (2 * self.most + 1) ** 2 // 2)
