"""Spaces: what a value may be, in one object, from the checks in Python to those of a served graph."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
