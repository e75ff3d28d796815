"""Checks of the registry's arguments. Nothing heavy is imported before an entry is built."""

import inspect
import os
import re

from kerasgen.fields import received


def name(argument, value):
    """`value`, if it is a string; TypeError otherwise."""
    if not isinstance(value, str):
        raise TypeError(f"`{argument}` must be a string. {received(argument, value)}")
    return value


def name_or_path(argument, value):
    """`value`, if it is a string or a `pathlib.Path`; TypeError otherwise."""
    return value if isinstance(value, os.PathLike) else name(argument, value)


def one_of(argument, value, known):
    """`value`, if it is None or in `known`; TypeError or ValueError otherwise."""
    if value is not None and name(argument, value) not in known:
        raise ValueError(f"`{argument}` must be one of {tuple(known)}. {received(argument, value)}")
    return value


def flag(argument, value):
    """`value`, if it is a bool; TypeError otherwise."""
    if not isinstance(value, bool):
        raise TypeError(f"`{argument}` must be True or False. {received(argument, value)}")
    return value


def of_build(entry, recipe, arguments):
    """The arguments of an entry's `build`, with the recipe's seed unless another is given.

    Raises:
        TypeError: If `build` takes no such argument, or the seed is no int.
        ValueError: If the seed is out of range.
    """
    from kerasgen.ops import checks, rng

    takes = inspect.signature(recipe.build).parameters
    others = any(parameter.kind is parameter.VAR_KEYWORD for parameter in takes.values())
    unknown = [argument for argument in arguments if argument not in takes]
    if unknown and not others:
        raise TypeError(
            f"`{unknown[0]}` is no argument of {entry}, which takes {', '.join(sorted(takes))}. "
            f"{received(unknown[0], arguments[unknown[0]])}"
        )
    arguments = {"seed": recipe.seed} | arguments
    if arguments["seed"] is not None:
        arguments["seed"] = checks.integer("seed", arguments["seed"], 0, rng.SEEDS - 1)
    return arguments


def of_examples(recipe, shape, num_classes=None, captions=None, steps=None, symbols=None, rate=None):
    """The arguments with which a `build` makes an entry for other examples than its own.

    What can be told it, its signature says: `image_shape`, `dim` (the numbers of a point) or `length` and
    `sample_rate` of sounds, `num_classes` or `captions`, `symbols` of texts, and `decay_steps`, the train
    steps in all.

    Args:
        recipe: `Recipe`.
        shape: Of one example; () for that of the entry's own.
        num_classes, captions: Of the labels, where there are any.
        steps: Train steps in all.
        symbols: Characters of the examples, where they are texts.
        rate: Samples a second of the examples, where they are sounds.
    """
    known = {"decay_steps": steps, "symbols": symbols, "sample_rate": rate}
    known |= {"image_shape": tuple(shape)} if len(shape) == 3 else {"dim": shape[0] if shape else None}
    known |= {} if rate is None else {"length": shape[0]}
    if recipe.labels:
        known |= {"num_classes": num_classes, "captions": captions}
    takes = inspect.signature(recipe.build).parameters
    return {name: value for name, value in known.items() if value is not None and name in takes}


def refuse_passed_on(entry, arguments, error):
    """Names the argument that `build` has passed on to a family, if that is what `error` is about.

    Raises:
        TypeError: In the place of Python's or Keras's own, which do not name the entry.
    """
    found = re.search(r"keyword argument.*'(\w+)'", str(error))
    if found and found[1] in arguments:
        argument = found[1]
        raise TypeError(
            f"`{argument}` is no argument of {entry}. {received(argument, arguments[argument])}"
        ) from error


def policy(dtype):
    """The Keras dtype policy that `dtype` names, the global one for None; TypeError or ValueError if none."""
    import keras

    if dtype is None:
        return keras.config.dtype_policy()
    if isinstance(dtype, keras.DTypePolicy):
        return dtype
    try:
        return keras.DTypePolicy(name("dtype", dtype))
    except ValueError as error:
        raise ValueError(
            f"`dtype` must be a Keras dtype policy, such as 'mixed_bfloat16'. {received('dtype', dtype)}"
        ) from error


def require_fit(entry, manifest, record, arguments):
    """Refuses arguments with which a model has other variables than the pretrained weights.

    Raises:
        ValueError: With the arguments given, and what to do.
    """
    given = {key: value for key, value in arguments.items() if value is not None and key != "seed"}
    if manifest != record.manifest and given:
        first = next(iter(given))
        raise ValueError(
            f"`{first}` changes the variables of {entry}, so that its pretrained weights do not "
            f"fit. Pass pretrained=False and train the model. {received(first, given[first])}"
        )
