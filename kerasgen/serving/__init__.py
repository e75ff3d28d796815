"""Serving: SavedModels in the layout that TF Serving watches."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={"export": ["export_version"]})
