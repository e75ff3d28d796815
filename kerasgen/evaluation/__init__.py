"""Evaluation: one set of measures, taken the same way of every family, beside what real data score."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "curve": ["curve"],
        "measures": ["MEASURES", "Measure"],
        "run": ["classify", "differences", "evaluate"],
        "yardstick": ["Yardstick"],
    },
)
