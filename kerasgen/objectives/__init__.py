"""Losses, bounds and noise schedules: pure functions of tensors, not averaged over the batch."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
