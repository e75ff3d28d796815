"""Invertible maps whose Jacobian determinants are known: the layers of normalizing flows."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
