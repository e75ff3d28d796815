"""Optimizers of models that have one, several or none."""

import keras
import tensorflow as tf

from kerasgen.ops import checks

LIKE_ONE = (  # what asks a model for its one optimizer
    keras.callbacks.LearningRateScheduler,
    keras.callbacks.ReduceLROnPlateau,
    keras.callbacks.SwapEMAWeights,
)


def known(name, optimizer):
    """The optimizer that `compile` was given as itself, by its name or by its configuration.

    Raises:
        TypeError, ValueError: If Keras knows no such optimizer; names the argument of `compile`.
    """
    try:
        found = keras.optimizers.get(optimizer)
    except Exception as error:  # of many kinds: what it is given is taken for a configuration
        found, reason = None, error
    else:
        reason = None
    if not isinstance(found, keras.optimizers.Optimizer):
        kind = ValueError if isinstance(optimizer, str) else TypeError
        raise kind(
            f"`{name}` must be an optimizer of Keras. Received: {name}={checks.received(optimizer)}."
        ) from reason
    return found


def built(optimizer, part):
    """An optimizer built on the trainable variables of `part`.

    It scales its loss if the part computes in float16.
    """
    scaled = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    if not scaled and any(layer.compute_dtype == "float16" for layer in part.layers):
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    if not optimizer.built:
        optimizer.build(part.trainable_variables)
    return optimizer


def prepare_all(players):
    """{name: optimizer} of {name: (optimizer, part)}, each built on its part; none before all are known."""
    ready = {name: known(name, optimizer) for name, (optimizer, _) in players.items()}
    if len(ready) > 1:
        refuse_averages(ready)
    return {name: built(ready[name], part) for name, (_, part) in players.items()}


def minimize(tape, loss, part, optimizer):
    """One optimizer step on the scalar `loss` for the trainable variables of `part`."""
    variables = part.trainable_variables
    scale = optimizer.scale_loss(tf.ones_like(loss))  # 1 unless mixed_float16
    scale /= tf.distribute.get_strategy().num_replicas_in_sync  # gradients are summed
    gradients = tape.gradient(loss, variables, output_gradients=scale)
    optimizer.apply(gradients, variables)


def go_on_from(model, step):
    """Sets every counter of a model as if `step` train steps had been taken.

    The learning rates, averages and warm-ups that follow them, and what is read of data, then go on from
    there instead of beginning anew with weights that are trained.
    """
    model.iterations.assign(step)
    for name, optimizer in zip(getattr(model, "_optimizer_names", ()), model.optimizers, strict=True):
        own = getattr(optimizer, "inner_optimizer", optimizer)
        own.iterations.assign(int(step * model.optimizer_steps.get(name, 1)))


def settings(jit_compile="auto", steps_per_execution=1, run_eagerly=False):
    """The other arguments of `compile`, checked.

    Raises:
        TypeError, ValueError: If one of them is none of Keras's.
    """
    return {
        "jit_compile": jit(jit_compile),
        "steps_per_execution": checks.integer("steps_per_execution", steps_per_execution, 1, 2**31 - 1),
        "run_eagerly": checks.flag("run_eagerly", run_eagerly),
    }


def config(keras_config, players):
    """What `compile_from_config` takes: Keras's own settings and {name: optimizer}, serialized."""
    own = {name: keras_config[name] for name in ("jit_compile", "steps_per_execution", "run_eagerly")}
    return own | {name: keras.saving.serialize_keras_object(each) for name, each in players.items()}


def revived(config):
    """The arguments of `compile` that `config` has serialized."""
    return {name: keras.saving.deserialize_keras_object(value) for name, value in config.items()}


def jit(value, why_not=None):
    """`jit_compile` as a bool or "auto"; False where there is a reason against it, `why_not`."""
    if not isinstance(value, str) or value != "auto":
        try:
            value = checks.flag("jit_compile", value)
        except TypeError as error:
            words = f"`jit_compile` must be True, False or 'auto'. Received: {checks.received(value)}."
            raise type(error)(words) from None
    if why_not is None:
        return value
    if value is True:
        raise ValueError(f"`jit_compile` must be False: {why_not}. Received: jit_compile=True.")
    return False


def refuse_averages(players):
    """Refuses optimizers with an average of their own where Keras would never use it."""
    for name, optimizer in players.items():
        if getattr(optimizer, "inner_optimizer", optimizer).use_ema:
            raise ValueError(
                f"`{name}` must not have use_ema=True: of several optimizers Keras leaves the averages "
                "unused. Give the model `ema` instead."
            )


def check_callbacks(model, callbacks):
    """Refuses what is no callback of Keras, and those that need one optimizer where there are others."""
    whole = isinstance(callbacks, keras.callbacks.CallbackList)
    given = callbacks.callbacks if whole else callbacks
    given = [given] if isinstance(given, keras.callbacks.Callback) else [] if given is None else given
    if not isinstance(given, (list, tuple)) or not all(
        isinstance(c, keras.callbacks.Callback) for c in given
    ):
        raise TypeError(
            f"`callbacks` must be callbacks of Keras. Received: callbacks={checks.received(callbacks)}."
        )
    if len(model.optimizers) == 1:
        return
    names = ", ".join(getattr(model, "_optimizer_names", ())) or "none"
    for callback in given:
        if isinstance(callback, LIKE_ONE):
            raise ValueError(
                f"`callbacks` must not hold a {type(callback).__name__}: it changes the one optimizer of a "
                f"model, and {type(model).__name__} has {names}. Give each optimizer a schedule "
                "(keras.optimizers.schedules), and the model `ema`. Received: callbacks with one."
            )
