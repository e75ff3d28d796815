"""Small layers between those of a StyleGAN2: constants, noise, means."""

import keras
import tensorflow as tf
from keras import ops

from kerasgen.layers.equalized import leaky
from kerasgen.ops import checks


@keras.saving.register_keras_serializable("kerasgen")
class LearnedImage(keras.layers.Layer):
    """One learned image (height, width, channels) for every row of its input: where a synthesis begins.

    Args:
        shape: (height, width, channels).

    Raises:
        TypeError, ValueError: If `shape` is none.
    """

    def __init__(self, shape, **kwargs):
        super().__init__(**kwargs)
        self.image_shape = checks.shape("shape", shape, least_rank=3)
        self.image = self.add_weight(
            self.image_shape, keras.initializers.RandomNormal(stddev=1.0), name="image"
        )
        self.built = True

    def call(self, rows):
        num = ops.shape(rows)[0]
        return ops.broadcast_to(ops.cast(self.image, self.compute_dtype), (num, *self.image_shape))

    def compute_output_shape(self, shape):
        return (shape[0], *self.image_shape)

    def get_config(self):
        return super().get_config() | {"shape": self.image_shape}


@keras.saving.register_keras_serializable("kerasgen")
class NoiseInjection(keras.layers.Layer):
    """[x (batch, h, w, c), noise (batch, h, w, 1)] -> `leaky` of x + strength noise.

    The strength is learned, one number, and 0 at first.
    """

    def build(self, shapes):
        self.strength = self.add_weight((), "zeros", name="strength")

    def call(self, inputs):
        x, noise = inputs
        return leaky(x + ops.cast(self.strength, x.dtype) * ops.cast(noise, x.dtype))

    def compute_output_shape(self, shapes):
        return shapes[0]


@keras.saving.register_keras_serializable("kerasgen")
class TrackedMean(keras.layers.Layer):
    """x (batch, n) -> x, of which a moving mean over the batches of training is kept in `mean` (n,).

    Args:
        decay: Of the mean, in [0, 1).

    Raises:
        TypeError, ValueError: If `decay` is none.
    """

    def __init__(self, decay=0.995, **kwargs):
        super().__init__(**kwargs)
        self.decay = checks.number("decay", decay, 0, 1, "[)")

    def build(self, shape):
        self.mean = self.add_weight((shape[-1],), "zeros", trainable=False, name="mean")

    def call(self, x, training=False):
        if training:
            mean = ops.cast(ops.mean(tf.stop_gradient(x), axis=0), "float32")
            self.mean.assign(self.mean + (1 - self.decay) * (mean - self.mean))
        return x

    def get_config(self):
        return super().get_config() | {"decay": self.decay}


@keras.saving.register_keras_serializable("kerasgen")
class BatchSpread(keras.layers.Layer):
    """Appends one channel: the mean standard deviation of the features over examples of the batch.

    Karras et al. (2018), arXiv:1710.10196, section 3: what varies too little over a batch is not real.

    Args:
        group: Examples whose spread is taken together, 1 to 1024; a batch that it does not divide is
            one group.

    Raises:
        TypeError, ValueError: If `group` is none.
    """

    def __init__(self, group=4, **kwargs):
        super().__init__(**kwargs)
        self.group = checks.integer("group", group, 1, 1024)

    def call(self, x):
        num, numbers = tf.shape(x)[0], ops.cast(x, "float32")
        size = tf.where(num % self.group == 0, self.group, num)
        groups = tf.reshape(numbers, (size, num // size, *x.shape[1:]))
        spread = tf.sqrt(tf.math.reduce_variance(groups, axis=0) + 1e-8)  # (groups, h, w, c)
        spread = tf.reduce_mean(spread, axis=(1, 2, 3))
        rows = tf.tile(spread, [size])[:, None, None, None]
        rows = ops.cast(rows, x.dtype) * ops.ones_like(x[..., :1])
        return ops.concatenate([x, rows], axis=-1)

    def compute_output_shape(self, shape):
        return (*shape[:-1], shape[-1] + 1)

    def get_config(self):
        return super().get_config() | {"group": self.group}
