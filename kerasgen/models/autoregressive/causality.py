"""Whether a network of sequences reads them in order, and how it is then evaluated."""

import keras
import numpy as np

from kerasgen.ops import checks
from kerasgen.samplers.steps import Steps

SLACK = 1e-4  # of the largest output: what rounding may change


def check_sequences(network):
    """(length or None, outputs) of a network from tokens (batch, length) to (batch, length, outputs).

    Raises:
        TypeError, ValueError: If it is none.
    """
    x = checks.network("network", network).inputs[0]
    shape, output = tuple(x.shape[1:]), tuple(network.outputs[0].shape[1:])
    if len(shape) != 1 or not str(x.dtype).startswith("int"):
        raise ValueError(f"`network` must take ints (length,). Received: {x.dtype} of shape {shape}.")
    if len(network.outputs) != 1 or len(output) != 2 or output[0] not in (None, shape[0]):
        raise ValueError(
            f"`network` must give one output (length, any), as long as its input. Received: {output}."
        )
    return shape[0], output[1]


def check_length(network, length, symbols):
    """Refuses a network of other lengths, or without a vector for what stands before the first token."""
    if length not in (None, symbols.length):
        raise ValueError(f"`network` must take {symbols.length} tokens. Received: {length}.")
    for layer in network.layers:
        embeds = isinstance(layer, keras.layers.Embedding)
        if embeds and layer.input is network.inputs[0] and layer.input_dim <= symbols.size:
            raise ValueError(
                f"`network` must take numbers from 0 to {symbols.size}, the last for what stands before the "
                f"first token. Received: {network.name}, which embeds {layer.input_dim}."
            )


def steps_of(network, symbols):
    """`Steps` of a network, or None if it must be evaluated as a whole for each token.

    Raises:
        ValueError: If the network depends on what it is to predict.
    """
    try:
        return Steps(network)
    except NotImplementedError:
        check_causality(network, symbols)
        return None


def check_causality(network, symbols):
    """Changes the later tokens of a sequence: ValueError if outputs of earlier ones change with them."""
    random = np.random.default_rng(0)
    size, length = symbols.size, symbols.length
    first = random.integers(size, size=length)
    other = (first + random.integers(1, size + 1, length)) % (size + 1)
    starts = np.unique(np.linspace(1, length, 6).astype(int))
    x = np.where(np.arange(length) < starts[:, None], first, other).astype("int32")
    given = [np.zeros((len(x), *one.shape[1:]), one.dtype) for one in network.inputs[1:]]
    output = np.asarray(network([x, *given] if given else x), "float32")
    for start, one in zip(starts, output, strict=True):
        if np.abs(one - output[-1])[:start].max() > SLACK * max(np.abs(output).max(), 1e-6):
            raise ValueError(
                "`network` must predict a token from those before it. "
                f"Received: {network.name}, whose output before {start} changes with what is there."
            )
