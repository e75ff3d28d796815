"""How sequences are drawn: options of a step, prompts, and what is served of texts."""

import tensorflow as tf

from kerasgen import spaces
from kerasgen.distributions.categorical import Categorical
from kerasgen.models.autoregressive import searching
from kerasgen.models.core.rows import by_chunks
from kerasgen.ops import checks, rng
from kerasgen.samplers.truncation import truncated

COLDEST, HOTTEST = 0.01, 100.0  # temperatures
LEAST_P = 1e-6


def options(size, temperature=1.0, top_k=None, top_p=None):
    """The options of `sample` as tensors, or None; TypeError or ValueError if they are out of range."""
    temperature = checks.number("temperature", temperature, COLDEST, HOTTEST)
    top_k = None if top_k is None else checks.integer("top_k", top_k, 1, size)
    top_p = None if top_p is None else checks.number("top_p", top_p, 0, 1, "(]")
    tensor = lambda value, dtype: None if value is None else tf.constant(value, dtype)
    return {
        "temperature": tensor(temperature, "float32"),
        "top_k": tensor(top_k, "int32"),
        "top_p": tensor(top_p, "float32"),
    }


def drawn(symbols, uniform, temperature=1.0, top_k=None, top_p=None):
    """The function (logits, step, tokens before) -> tokens (batch,), of uniform numbers (length, batch)."""

    def draw(logits, at, previous):
        logits = symbols.permitted(tf.cast(logits, "float32"), at)
        logits = truncated(logits, temperature, top_k, top_p)
        return symbols.following(Categorical(logits, 0).from_uniform(uniform[at]), previous)

    return draw


def complete(model, prompts, seed=None, condition=None, progress=False, **more):
    """Sequences that begin as their prompts do, the rest drawn from p(later | first), exactly.

    Args:
        model: `SequenceModel`.
        prompts: One for each row: texts, tokens (num, any) or waveforms (num, any), shorter than a sequence.
        seed, condition, progress: As in `sample`.
        **more: `temperature`, `top_k` and `top_p` of `sample`.

    Returns:
        The shape and type of `sample`, (num, *event.shape).

    Raises:
        InvalidDataError: If `prompts` or `condition` are not of that kind; names unknown characters.
        TypeError, ValueError: If another argument is out of range, or a prompt is empty or too long.
    """
    checks.flag("progress", progress)
    settings = options(model.symbols.size, **more)
    num = len(checks.members("prompts", prompts, "a sequence of prompts"))
    checks.integer("prompts", num, 1, model.max_rows)
    tokens, mask = model.symbols.begun(prompts, num, "prompts")
    condition = model.check_condition(condition, num)
    keys, *given = model.with_condition(model.row_keys(num, seed), condition)

    def function(keys, tokens, mask, *given):
        return model._complete(keys, *(given or (None,)), (tokens, mask), **settings)

    return by_chunks(function, (keys, tf.constant(tokens), tf.constant(mask), *given), model.chunk, progress)


def endpoints(model):
    """What is served of texts: samples also as strings, "complete", of seeds, prompts and options, and what a
    beam finds (`searching.endpoints`)."""
    event = model.event
    if not isinstance(event, spaces.Characters):
        return {}
    outputs = {"samples": event, "text": spaces.Strings()}

    def serving_default(seed, *condition):
        samples = model.draw(rng.row_keys(seed), *condition)
        return {"samples": samples, "text": event.strings(samples)}

    inputs = {"seed": spaces.Seeds()} | model.condition_input()
    found = {"serving_default": spaces.Endpoint(serving_default, inputs, outputs)}
    return found | completion(model, outputs) | searching.endpoints(model, outputs)


def completion(model, outputs):
    """{"complete": endpoint} from seeds, prompts and options to texts; {} where texts have one symbol."""
    event, prefixes = model.event, model.event.prefixes()
    if prefixes is None:
        return {}

    def complete(seed, prompt, temperature, top_k, top_p, *condition):
        tokens = tf.pad(prompt, [(0, 0), (0, 1)])
        narrowed = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
        known = tokens, tokens > 0
        samples = model.completed(rng.row_keys(seed), *(condition or (None,)), known, **narrowed)
        return {"samples": samples, "text": event.strings(samples)}

    inputs = {
        "seed": spaces.Seeds(),
        "prompt": prefixes,
        "temperature": spaces.Box((), COLDEST, HOTTEST),
        "top_k": spaces.Integers(1, model.symbols.size),
        "top_p": spaces.Box((), LEAST_P, 1.0),
    }
    return {"complete": spaces.Endpoint(complete, inputs | model.condition_input(), outputs)}
