"""Training: checkpoints, callbacks and the run that uses them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "adam": ["FusedAdam"],
        "callbacks": ["SampleSheet"],
        "checkpoint": ["Checkpoint"],
        "run": ["train"],
    },
)
