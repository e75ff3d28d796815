"""Several devices: the context in which a model is built for them."""

import contextlib

import tensorflow as tf

from kerasgen.ops import checks

STRATEGIES = (None, "mirrored")


def scope(strategy=None):
    """A context; a model built inside trains on the devices of a `tf.distribute` strategy.

    Every device holds a copy of the model and reads its share of each batch; gradients are summed, so
    that a step is that of one device with the whole batch. Noise differs between devices.

    Args:
        strategy: None for one device, or "mirrored" for all GPUs of this machine, or all
            its logical CPUs where it has none.

    Raises:
        ValueError: If `strategy` is neither.
    """
    if checks.choice("strategy", strategy, STRATEGIES) is None:
        return contextlib.nullcontext()
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return tf.distribute.MirroredStrategy([device.name for device in devices]).scope()
