"""Keyed random numbers and the checks at the door."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, ["checks", "chunks", "paths", "pixels", "rng", "seeding"]
)
