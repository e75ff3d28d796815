"""Detects non-finite losses and weights."""

import keras
import numpy as np

from kerasgen.errors import DivergedError
from kerasgen.ops import checks


class TerminateOnNonFinite(keras.callbacks.Callback):
    """Detects non-finite losses, reports them, and restores the last valid checkpoint.

    A NaN in a loss shows at once; one in a gradient shows in the loss of the next step, by which time it
    has reached the weights. Training ends with a `DivergedError` within one step.

    Args:
        checkpoint: `Checkpoint` of the run, to restore; None leaves the weights as they are.

    Raises (in training):
        DivergedError: With the step, the terms and variables that are not finite, and the step of
            the restored checkpoint.
    """

    def __init__(self, checkpoint=None):
        super().__init__()
        if checkpoint is not None and not callable(getattr(checkpoint, "restore", None)):
            raise TypeError(
                f"`checkpoint` must be a `Checkpoint` or None. Received: {checks.received(checkpoint)}."
            )
        self.checkpoint = checkpoint

    def on_train_batch_end(self, batch, logs=None):
        terms = [name for name, value in (logs or {}).items() if not np.isfinite(value)]
        if terms:
            raise diverged(self.model, terms, self.checkpoint)


def diverged(model, terms=(), checkpoint=None):
    """A `DivergedError` that lists what is not finite, after the last valid checkpoint was restored.

    Args:
        model: As it stands, with NaN or infinity in it.
        terms: Logged terms that are not finite.
        checkpoint: `Checkpoint`, or None.
    """
    step, broken = model.step, non_finite_variables(model)
    found = [f"`{name}`" for name in terms] + broken[:3]
    found += [f"{len(broken) - 3} more variables"] if len(broken) > 3 else []
    restored = checkpoint.restore(model) if checkpoint else None
    stands = "the weights are as they were" if restored is None else f"the model is back at step {restored}"
    error = DivergedError(f"Not finite at step {step}: {', '.join(found)}; {stands}.")
    error.step, error.terms, error.variables, error.restored = step, list(terms), broken, restored
    return error


def non_finite_variables(model):
    """Paths of the variables of a model and its optimizers that hold NaN or infinity.

    The variables of metrics are left out: they tell nothing of the weights.
    """
    trackers = {id(v) for tracker in model.metrics for v in tracker.variables}
    variables = [v for v in model.variables if id(v) not in trackers]
    variables += [v for optimizer in model.optimizers for v in optimizer.variables]
    floats = [v for v in variables if "float" in str(v.dtype)]
    return [v.path for v in floats if not np.isfinite(np.asarray(v).sum(dtype="float64"))]
