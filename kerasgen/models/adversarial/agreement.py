"""Whether the parts of a game go together."""

from kerasgen import spaces
from kerasgen.models.adversarial.codes import Codes
from kerasgen.ops import checks

CONDITION = ", as `condition` asks"


def check(generator, discriminator, condition, classes, rules):
    """Refuses networks whose inputs and outputs are not those of a game.

    Args:
        generator, discriminator: Networks.
        condition: Space, or None.
        classes: Whether the discriminator names the class instead of reading the condition.
        rules: `Rules`.

    Raises:
        TypeError, ValueError: If they do not go together.
    """
    checks.network("generator", generator), checks.network("discriminator", discriminator)
    if classes and not isinstance(condition, spaces.Label):
        raise ValueError("`auxiliary_weight` must be None without labels. Received: a weight.")
    if rules.mismatch_weight and (condition is None or classes):
        words = "`mismatch_weight` must be 0 unless the discriminator reads a condition."
        raise ValueError(f"{words} Received: mismatch_weight={rules.mismatch_weight}.")
    if rules.packing > 1 and condition is not None:
        words = "`packing` must be 1 where there is a condition."
        raise ValueError(f"{words} Received: packing={rules.packing}.")
    given = [] if condition is None else [condition.shape]
    *sides, channels = generator.output_shape[1:]
    _refuse("generator", "take", generator.inputs, [tuple(generator.inputs[0].shape[1:]), *given], CONDITION)
    examples = (*sides, rules.packing * channels)
    _refuse("discriminator", "take", discriminator.inputs, [examples, *([] if classes else given)], CONDITION)
    if classes:
        outputs = [tuple(discriminator.outputs[0].shape[1:]), (condition.num_classes,)]
        _refuse("discriminator", "give", discriminator.outputs, outputs)


def weight(name, value):
    """A weight of a term, >= 0."""
    return checks.number(name, value, 0)


def _refuse(name, verb, tensors, expected, why=""):
    found = [tuple(tensor.shape[1:]) for tensor in tensors]
    if found != expected:
        raise ValueError(f"`{name}` must {verb} {expected}{why}. Received: {found}.")


def check_judge(discriminator, generator):
    """Refuses a discriminator that does not take what a network gives: TypeError, ValueError."""
    checks.network("discriminator", discriminator)
    _refuse("discriminator", "take", discriminator.inputs, [tuple(generator.output_shape[1:])])


def check_codes(generator, discriminator, categories, factors):
    """`Codes` that a generator takes and a discriminator reads; TypeError, ValueError if they disagree."""
    check_judge(discriminator, checks.network("generator", generator))
    known = Codes(0, categories, factors).size
    size = tuple(generator.input_shape[1:])
    if len(size) != 1 or size[0] < known:
        words = f"`generator` must take codes of at least {known} numbers, as `categories` and `factors` ask."
        raise ValueError(f"{words} Received: {size}.")
    outputs = [(1,), (categories,)] + ([(factors,)] if factors else [])
    _refuse("discriminator", "give", discriminator.outputs, outputs, ", as `categories` and `factors` ask")
    return Codes(size[0] - known, categories, factors)
