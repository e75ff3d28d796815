"""Model families, a folder each: every model is a `keras.Model` with its own `train_step`."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
