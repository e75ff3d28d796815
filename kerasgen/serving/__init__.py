"""Serving: SavedModels in the layout that TF Serving watches, with all that a server is started from."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
