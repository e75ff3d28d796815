"""Checks of what `fit` and `evaluate` pass on to Keras, which itself fails late, or not at all."""

from kerasgen.ops import checks

MOST = 2**31 - 1


def count(name, value):
    """An int >= 1."""
    return checks.integer(name, value, 1, MOST)


def perhaps_count(name, value):
    """An int >= 1, or None."""
    return None if value is None else count(name, value)


def verbose(name, value):
    """What Keras prints: "auto", 0, 1 or 2."""
    if not (isinstance(value, str) and value == "auto"):
        whole = int(value) if isinstance(value, bool) else value
        try:
            return checks.integer(name, whole, 0, 2)
        except (TypeError, ValueError) as error:
            words = f"`{name}` must be 'auto', 0, 1 or 2. Received: {name}={checks.received(value)}."
            raise type(error)(words) from None
    return value


def frequency(name, value):
    """Epochs from one validation to the next, an int >= 1; or the numbers of the epochs that have one."""
    if not isinstance(value, (list, tuple, set, range)):
        return count(name, value)
    if not value:
        raise ValueError(f"`{name}` must not be empty. Received: {name}={checks.received(value)}.")
    return [count(name, epoch) for epoch in value]


def passed_on(name, value):
    """What is checked elsewhere."""
    return value


BOTH = {"batch_size": perhaps_count, "verbose": verbose, "callbacks": passed_on, "sample_weight": passed_on}
CHECKS = {
    "fit": BOTH
    | {
        "epochs": count,
        "validation_split": lambda name, value: checks.number(name, value, 0, 1, "[)"),
        "validation_data": passed_on,
        "shuffle": checks.flag,
        "class_weight": passed_on,
        "initial_epoch": lambda name, value: checks.integer(name, value, 0, MOST),
        "steps_per_epoch": perhaps_count,
        "validation_steps": perhaps_count,
        "validation_batch_size": perhaps_count,
        "validation_freq": frequency,
    },
    "evaluate": BOTH | {"steps": perhaps_count, "return_dict": checks.flag},
}


def check(method, arguments):
    """Refuses arguments of `keras.Model.fit` or `evaluate` that cannot be theirs.

    Args:
        method: "fit" or "evaluate".
        arguments: {name: value}.

    Raises:
        TypeError: If there is no such argument, or it is of another type.
        ValueError: If it is out of its range.
    """
    for name, value in arguments.items():
        if name not in CHECKS[method]:
            raise TypeError(
                f"`{name}` is no argument of `{method}`. Received: {name}={checks.received(value)}."
            )
        CHECKS[method][name](name, value)
