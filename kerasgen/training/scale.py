"""Several devices: the context in which a model is built for them."""

import contextlib
import functools
import os

import tensorflow as tf

from kerasgen.ops import checks

STRATEGIES = (None, "mirrored", "multiworker")
REFUSED = {"parameter_server": "Keras 3 cannot `fit` on one", "tpu": "nothing here was run on one"}


def scope(strategy=None):
    """A context; a model built inside trains on the devices of a `tf.distribute` strategy.

    Every device holds a copy of the model and reads its share of each batch; gradients are summed, so
    that a step is that of one device with the whole batch. Noise differs between devices.

    Args:
        strategy: None for one device; "mirrored" for all GPUs of this machine, or all its
            logical CPUs where it has none; "multiworker" for those of all machines that the
            environment variable TF_CONFIG names: to be entered before anything else is
            computed, by the same program on every machine.

    Raises:
        ValueError: If `strategy` is none of them, or TF_CONFIG is not set.
        RuntimeError: If TensorFlow has computed something before "multiworker" was entered.
    """
    checks.choice("strategy", strategy, (*STRATEGIES, *REFUSED))
    if strategy in REFUSED:
        raise ValueError(f"`strategy` is not supported: {REFUSED[strategy]}. Received: {strategy!r}.")
    if strategy is None:
        return contextlib.nullcontext()
    return _workers().scope() if strategy == "multiworker" else _devices().scope()


def _devices():
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return tf.distribute.MirroredStrategy([device.name for device in devices])


@functools.cache  # TensorFlow takes part in one cluster a process
def _workers():
    if not os.environ.get("TF_CONFIG"):
        raise ValueError("`strategy` multiworker needs the environment variable TF_CONFIG. Received: none.")
    return tf.distribute.MultiWorkerMirroredStrategy()
