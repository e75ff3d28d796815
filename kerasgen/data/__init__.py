"""Data: prepared sets by name, a person's own images, all as `tf.data` addressed by index."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["faces", "laboratory"],
    submod_attrs={
        "pipeline": ["from_array"],
        "folder": ["from_folder"],
        "sources": ["arrays", "load"],
    },
)
