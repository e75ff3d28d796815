"""Samplers: functions of a denoiser, a start, a path of noise levels and keys, each one graph."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, ["likelihood", "ode", "stochastic"])
