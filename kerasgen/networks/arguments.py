"""Checks of the arguments of networks, made before any layer is.

A check is a function (name, value) -> the value in the type that the network works with; it raises TypeError
or ValueError with the name and what was received. `checked` puts them before a function.
"""

import functools
import inspect
import math

import keras
import numpy as np
import tensorflow as tf

from kerasgen.ops import checks

MOST_UNITS = 2**16  # of a layer
MOST_LAYERS = 256
MOST_LEVELS = 16  # a side of 2^16 pixels is 1 after so many halvings
MOST_CLASSES = 2**20
MOST_WEIGHTS = 2**28  # of a network: a gigabyte in float32


def checked(**kinds):
    """A decorator: arguments go through their checks before the function is called.

    Args:
        **kinds: {name of an argument: its check}. Defaults are not checked.
    """

    def decorate(function):
        signature = inspect.signature(function)

        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            bound = signature.bind(*args, **kwargs)
            for name in bound.arguments.keys() & kinds.keys():
                bound.arguments[name] = kinds[name](name, bound.arguments[name])
            return function(*bound.args, **bound.kwargs)

        return wrapper

    return decorate


def units(name, value):
    """Number of units, filters or heads of a layer: an int from 1 to 2^16."""
    return checks.integer(name, value, 1, MOST_UNITS)


def periodic_units(name, value):
    """The same of a layer whose units are also the sinusoids of a time: an int from 4 to 2^16."""
    return checks.integer(name, value, 4, MOST_UNITS)


def layers(name, value):
    """Number of layers or blocks, which may be 0: an int up to 256."""
    return checks.integer(name, value, 0, MOST_LAYERS)


def levels(name, value):
    """Number of levels between which the sides of an image are halved: an int from 1 to 16."""
    return checks.integer(name, value, 1, MOST_LEVELS)


def down_levels(name, value):
    """The same where there may be no halving: an int from 0 to 16."""
    return checks.integer(name, value, 0, MOST_LEVELS)


def classes(name, value):
    """Number of classes: an int >= 1."""
    return checks.integer(name, value, 1, MOST_CLASSES)


def outputs(name, value):
    """Number of outputs that there may be none of: an int from 0 to 2^16."""
    return checks.integer(name, value, 0, MOST_UNITS)


def optional(check):
    """The check of an argument that may be None."""
    return lambda name, value: None if value is None else check(name, value)


def rate(name, value):
    """Rate of a dropout, a float in [0, 1)."""
    return checks.number(name, value, 0, 1, "[)")


def rates(name, value):
    """Two rates."""
    pair = sequence(name, value)
    if len(pair) != 2:
        raise ValueError(f"`{name}` must be two rates in [0, 1). Received: {name}={checks.received(value)}.")
    return tuple(rate(name, one) for one in pair)


def real(name, value):
    """A float that single precision holds with room to spare: at most 1e30 in size."""
    return checks.number(name, value, -1e30, 1e30)


def log_scale(name, value):
    """The logarithm of a scale that single precision can hold: a float in [-80, 80]."""
    return checks.number(name, value, -80, 80)


def spread(name, value):
    """A standard deviation, which may be 0: a float up to 1e30."""
    return checks.number(name, value, 0, 1e30)


def sequence(name, value):
    """A list of what stands in a tuple, a list or an array of one axis; TypeError if it is none of them."""
    known = isinstance(value, (tuple, list, range, tf.TensorShape))
    if not known and not (isinstance(value, np.ndarray) and value.ndim == 1):
        raise TypeError(f"`{name}` must be a tuple. Received: {name}={checks.received(value)}.")
    return list(value)


def event(name, value):
    """Shape of one example: a tuple of at least one int >= 1."""
    return checks.shape(name, sequence(name, value), least_rank=1)


def image(name, value):
    """Shape of one image: (height, width, channels), at most 2^16 of each."""
    sides = sequence(name, value)
    if len(sides) != 3:
        raise ValueError(
            f"`{name}` must be (height, width, channels). Received: {name}={checks.received(value)}."
        )
    return tuple(units(name, side) for side in sides)


def several_units(name, value):
    """At least one and at most 16 numbers of units, those of levels or inputs: a tuple."""
    numbers = sequence(name, value)
    if not 1 <= len(numbers) <= MOST_LEVELS:
        words = f"`{name}` must hold from 1 to {MOST_LEVELS} ints."
        raise ValueError(f"{words} Received: {name}={checks.received(value)}.")
    return tuple(units(name, number) for number in numbers)


def dilations(name, value):
    """Dilations of layers, one each: a tuple of from 1 to 256 ints from 1 to 2^16."""
    numbers = sequence(name, value)
    if not 1 <= len(numbers) <= MOST_LAYERS:
        words = f"`{name}` must hold from 1 to {MOST_LAYERS} ints."
        raise ValueError(f"{words} Received: {name}={checks.received(value)}.")
    return tuple(units(name, number) for number in numbers)


def indices(name, value):
    """A tuple of ints from 0 to 255, such as of levels or blocks."""
    return tuple(checks.integer(name, number, 0, MOST_LAYERS - 1) for number in sequence(name, value))


def activation(name, value):
    """Name of a Keras activation."""
    checks.text(name, value)
    try:
        keras.activations.get(value)
    except ValueError as error:
        words = f"`{name}` must be the name of a Keras activation."
        raise ValueError(f"{words} Received: {name}={value!r:.200}.") from error
    return value


def layer_name(name, value):
    """Name of a network, as Keras allows it."""
    if "/" in checks.text(name, value):
        raise ValueError(f"`{name}` must not contain '/'. Received: {name}={value!r:.200}.")
    return value


def broadcast(name, value, shape):
    """A number of at most 1e30 in size, or an array of them that broadcasts to a shape: one of that shape."""
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"`{name}` must be a number or an array. Received: {name}={value}.")
    numbers = checks.array(name, value)
    if (np.abs(numbers) > 1e30).any():
        words = f"`{name}` must lie in [-1e30, 1e30]."
        raise ValueError(f"{words} Received: {name}={checks.received(value)}.")
    try:
        return np.broadcast_to(numbers, shape)
    except ValueError as error:
        words = f"`{name}` must broadcast to shape {tuple(shape)}."
        raise ValueError(f"{words} Received: {name} of shape {numbers.shape}.") from error


def limit(weights, **arguments):
    """Refuses a network that would have more than 2^28 weights: ValueError with all that make it large.

    Args:
        weights: About how many it has, an int.
        **arguments: Those on which that depends.
    """
    if weights > MOST_WEIGHTS:
        names = ", ".join(f"`{name}`" for name in arguments)
        values = ", ".join(f"{name}={checks.received(value)}" for name, value in arguments.items())
        raise ValueError(f"{names} must ask for at most 2^28 weights. Received: {values}.")


def perceptron(inputs, width, depth, outputs):
    """How many weights `depth` hidden layers of `width` units and their output layer have."""
    return width * (inputs + outputs + max(depth - 1, 0) * width) if depth else inputs * outputs


def limit_convolutions(image_shape, latent_dim, width, depth, hidden, num_classes, parameters=1):
    """Refuses convolutions and a dense layer of too many weights."""
    *sides, channels = image_shape
    filters = width * 2 ** (depth - 1) if depth else channels
    positions = math.prod(-(-side // 2**depth) for side in sides)
    weights = 11 * filters**2 + 16 * width * channels * parameters
    weights += hidden * (positions * filters + 2 * latent_dim + (num_classes or 0))
    sizes = {"image_shape": image_shape, "latent_dim": latent_dim, "width": width, "depth": depth}
    limit(weights, hidden=hidden, num_classes=num_classes, parameters=parameters, **sizes)
