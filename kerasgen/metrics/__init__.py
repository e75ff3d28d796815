"""Measures: functions of arrays, and of streams where that makes sense."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
