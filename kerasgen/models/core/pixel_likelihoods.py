"""The distribution of a pixel by its name."""

from kerasgen.models.core.bits import BitPatterns, Bits
from kerasgen.models.core.pixels import Levels, Mixture
from kerasgen.ops import checks

LIKELIHOODS = {
    "bernoulli": Bits,
    "bit_patterns": BitPatterns,
    "categorical": Levels,
    "logistic_mixture": Mixture,
}
MOST_BITS = 12  # of a pattern: 4,096 logits


def pixels(likelihood, network, levels, value_range, block=1, name="network"):
    """The `Pixels` of a network, the argument of this name.

    Raises:
        TypeError, ValueError: If an argument is none of these, or they do not go together.
    """
    kind = LIKELIHOODS[checks.choice("likelihood", likelihood, LIKELIHOODS)]
    levels, block = checks.integer("levels", levels, 2, 2**16), checks.integer("block", block, 1, 16)
    value_range = checks.value_range("value_range", value_range)
    inputs = checks.network(name, network).inputs[0]
    shape, output = tuple(inputs.shape[1:]), tuple(network.outputs[0].shape[1:])
    tokens = likelihood == "categorical" and value_range is None
    if len(shape) not in ((2, 3) if tokens else (3,)) or None in shape:
        raise ValueError(f"`{name}` must take images (height, width, channels). Received: {shape}.")
    if issubclass(kind, Bits) and value_range != (0, 1):
        raise ValueError(f"`value_range` must be (0, 1) for bits. Received: value_range={value_range}.")
    if value_range is None and not tokens:
        raise ValueError("`value_range` must be given for the levels of a pixel. Received: None.")
    check_block(block, likelihood, shape)
    found = kind(shape, levels, value_range, block)
    expected = (*shape[:2], found.outputs(output[-1] if output else 0))
    if len(network.outputs) != 1 or output != expected:
        raise ValueError(f"`{name}` must give one output of shape {expected}. Received: {output}.")
    return found


def check_block(block, likelihood, shape):
    """Refuses blocks of pixels that the network does not read as channels."""
    if likelihood != "bit_patterns" and block != 1:
        raise ValueError(f"`block` must be 1 for likelihood={likelihood!r}. Received: block={block}.")
    if likelihood == "bit_patterns" and (shape[2] % block**2 or shape[2] > MOST_BITS):
        raise ValueError(
            f"`block` must be the side of blocks of at most {MOST_BITS} bits, the channels that `network` "
            f"reads. Received: block={block}, a network of {shape[2]} channels."
        )
