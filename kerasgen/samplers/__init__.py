"""Samplers of diffusion models: functions of a denoiser, a noise schedule, a start, times and keys."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
