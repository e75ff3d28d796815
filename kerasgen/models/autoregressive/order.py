"""Whether a network keeps to the raster order, and how it is then evaluated."""

import numpy as np
import tensorflow as tf

from kerasgen.samplers import raster
from kerasgen.samplers.stages import Stages

SLACK = 1e-4  # of the largest output: what rounding may change


def stages_of(network, pixels):
    """`Stages` of a network, or None if it must be evaluated as a whole for each component.

    Raises:
        ValueError: If the network depends on what it is to predict.
    """
    try:
        stages = Stages(network)
    except NotImplementedError:
        stages = None
    if stages is None or pixels.channels > 1:
        check_order(network, pixels)
    return stages


def check_order(network, pixels):
    """Changes the later components of an example: ValueError if outputs of earlier ones change with them."""
    random = np.random.default_rng(0)
    height, width = network.inputs[0].shape[1:3]
    shape, size = (height, width, pixels.channels), height * width * pixels.channels
    starts = np.unique(np.linspace(0, size - 1, 5).astype(int))
    if pixels.joint:
        starts -= starts % pixels.channels
    examples = tf.constant(pixels.event.examples(2, random))
    first, other = pixels.rows(examples).numpy().reshape(2, size)
    changed = np.where(np.arange(size) < starts[:, None], first, other)
    x = np.concatenate([first[None], changed]).reshape(-1, *shape)
    given = [np.zeros((len(x), *one.shape[1:]), one.dtype) for one in network.inputs[1:]]
    output = np.asarray(network(raster.inputs(network, x, given)), "float32")
    told_apart = 1 if pixels.joint else pixels.channels
    output = output.reshape(len(x), height * width, -1, told_apart)
    output = output.transpose(0, 1, 3, 2).reshape(len(x), height * width * told_apart, -1)
    for start, one in zip(starts * told_apart // pixels.channels, output[1:], strict=True):
        if np.abs(one - output[0])[: start + 1].max() > SLACK * max(np.abs(output).max(), 1e-6):
            raise ValueError(
                "`network` must predict a component from those before it. "
                f"Received: {network.name}, whose output at {start} or before changes with what is there."
            )


def check_condition(network, condition):
    """`condition`, if the network takes it as its second input, and only then."""
    if len(network.inputs) != 1 + (condition is not None):
        raise ValueError(
            "`network` must take the condition as its second input if `condition` is set, and only then. "
            f"Received: {len(network.inputs)} inputs, condition={condition}."
        )
    if condition is not None and tuple(network.inputs[1].shape[1:]) != condition.shape:
        raise ValueError(
            f"`network` must take conditions of shape {condition.shape}. "
            f"Received: {tuple(network.inputs[1].shape[1:])}."
        )
    return condition
