"""Data: named sets and a person's own, as batches that are a function of (seed, step)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
