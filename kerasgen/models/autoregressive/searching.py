"""The most probable sequences of a model, by beam search."""

import tensorflow as tf

from kerasgen import spaces
from kerasgen.models.core.rows import by_chunks
from kerasgen.ops import checks

SERVED_WIDTH = 8  # of the beam behind the signature of an export


def beam_search(model, width=4, prompts=None, condition=None):
    """The most probable sequences that a beam finds, one a row, and their log p in nats, float32 (num,).

    Not below the greedy sequence, and found without chance: see `samplers.beam`. The whole of the sequence
    counts, its prompt included. The most probable text is not a typical one: it is short or dull (Holtzman
    et al., 2020, arXiv:1904.09751, section 3).

    Args:
        model: `SequenceModel` whose network is evaluated in steps.
        width: Beginnings that are kept, 1 to 2^16.
        prompts: None, or one for each row, as in `complete`.
        condition: For a conditional model: one value a row; beside prompts also one for all.

    Returns:
        (sequences (num, *event.shape), log p (num,)); a single row if there is neither prompt nor condition.

    Raises:
        InvalidDataError: If `prompts` or `condition` are not of that kind.
        TypeError, ValueError: If `width` is out of range, a condition is missing, or the network cannot be
            evaluated in steps.
    """
    checks.integer("width", width, 1, 2**16)
    if model.stepped is None:
        raise ValueError(f"`network` must be evaluated in steps. Received: {model.network.name}.")
    model.require_condition(condition)
    if prompts is not None:
        num = len(checks.members("prompts", prompts, "a sequence of prompts"))
    else:
        space = model.condition if condition is not None else None
        num = 1 if space is None else len(space.check(condition, "condition"))
    rows = known_rows(model, prompts, num)
    given = () if condition is None else (tf.constant(model.check_condition(condition, num)),)
    search = lambda *rows: model._search(*rows, width=width)
    return by_chunks(search, (*rows, *given), max(1, model.chunk // width))


def known_rows(model, prompts, num):
    """(tokens, mask) of prompts, (num, length); nothing is known without."""
    if prompts is None:
        nothing = tf.zeros((num, model.symbols.length), "int32")
        return nothing, nothing > 0
    return tuple(map(tf.constant, model.symbols.begun(prompts, num, "prompts")))


def endpoints(model, outputs):
    """What is served of a beam; {} without steps.

    "beam_search" takes prompts and gives the most probable texts that begin so; "most_probable", of a model
    with a condition, takes that alone.
    """
    if model.stepped is None:
        return {}

    def found(tokens, *condition):
        samples, nats = model.searched(tokens, tokens > 0, *condition, width=SERVED_WIDTH)
        return {"samples": samples, "text": model.event.strings(samples), "log_prob": nats}

    def begun(prompt, *condition):
        return found(tf.pad(prompt, [(0, 0), (0, 1)]), *condition)

    def given(condition):
        return found(tf.zeros((tf.shape(condition)[0], model.symbols.length), "int32"), condition)

    prefixes, inputs = model.event.prefixes(), model.condition_input()
    outputs = outputs | {"log_prob": spaces.Nats()}
    searches = {} if prefixes is None else {"beam_search": (begun, {"prompt": prefixes} | inputs)}
    searches |= {"most_probable": (given, inputs)} if inputs else {}
    return {name: spaces.Endpoint(*search, outputs) for name, search in searches.items()}
