"""Training: checkpoints, callbacks and the run that uses them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "adam": ["FusedAdam", "decaying_adam"],
        "board": ["Board"],
        "callbacks": ["SampleSheet"],
        "checkpoint": ["Checkpoint"],
        "health": ["Finite"],
        "run": ["train"],
        "scale": ["scope"],
        "verdict": ["Verdict"],
    },
)
