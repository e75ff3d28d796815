"""Watching a run: what is not finite is found, named and taken back."""

import keras
import numpy as np

from kerasgen.errors import DivergedError


class Finite(keras.callbacks.Callback):
    """Stops a run within one step of the first number that is not finite, at its last sound state.

    A NaN in a loss shows at once, one in a gradient in the loss of the next step, by which it has
    reached the weights.

    Args:
        checkpoint: `Checkpoint` of the run, to go back to; None leaves the weights as they are.

    Raises (in training):
        DivergedError: With the step, the terms and variables that are not finite, and where the
            model now stands.
    """

    def __init__(self, checkpoint=None):
        super().__init__()
        self.checkpoint = checkpoint

    def on_train_batch_end(self, batch, logs=None):
        terms = [name for name, value in (logs or {}).items() if not np.isfinite(value)]
        if terms:
            raise diverged(self.model, terms, self.checkpoint)


def diverged(model, terms=(), checkpoint=None):
    """A `DivergedError` that says what is not finite, the model back at its last sound checkpoint if any.

    Args:
        model: As it stands, with NaN or infinity in it.
        terms: Logged terms that are not finite.
        checkpoint: `Checkpoint`, or None.
    """
    step, broken = model.step, not_finite(model)
    found = [f"`{name}`" for name in terms] + broken[:3]
    found += [f"{len(broken) - 3} more variables"] if len(broken) > 3 else []
    restored = checkpoint.restore(model) if checkpoint else None
    stands = "the weights are as they were" if restored is None else f"the model is back at step {restored}"
    error = DivergedError(f"Not finite at step {step}: {', '.join(found)}; {stands}.")
    error.step, error.terms, error.variables, error.restored = step, list(terms), broken, restored
    return error


def not_finite(model):
    """Paths of the variables of a model and its optimizers that hold NaN or infinity.

    Variables that count or remember what training logged are left out: they say nothing of the weights.
    """
    trackers = {id(v) for tracker in model.metrics for v in tracker.variables}
    variables = [v for v in model.variables if id(v) not in trackers]
    variables += [v for optimizer in model.optimizers for v in optimizer.variables]
    floats = [v for v in variables if "float" in str(v.dtype)]
    return [v.path for v in floats if not np.isfinite(np.asarray(v).sum(dtype="float64"))]
