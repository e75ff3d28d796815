"""Distributions: functions of a key."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    ["bernoulli", "emissions", "likelihoods", "logistic", "normal", "posteriors", "priors", "spherical"],
)
