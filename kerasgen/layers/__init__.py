"""Keras layers that Keras lacks, or computes slowly on a CPU."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, ["attention", "codebook", "normalization", "transposed"]
)
