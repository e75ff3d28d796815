"""Evaluation: one set of measures, taken in the same way of every family, beside what real data score."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
