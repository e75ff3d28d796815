"""The equations: pure functions, unreduced."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, ["adversarial", "penalties", "variational"])
