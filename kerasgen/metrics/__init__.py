"""Measures: functions of arrays, and of streams where that makes sense."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    [
        "annealed",
        "divergences",
        "extractor",
        "fidelity",
        "likelihood",
        "manifold",
        "memorisation",
        "modes",
        "scores",
    ],
)
