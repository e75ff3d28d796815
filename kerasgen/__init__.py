"""kerasgen: a zoo of generative models for Keras, trained, measured and ready to serve."""

import lazy_loader

from kerasgen.serialization import announce

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

announce()  # classes to Keras, whichever is imported first
