"""Networks: functions that return Functional `keras.Model`s."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, ["dcgan", "lenet", "mlp", "quantised", "text", "unet", "variational"]
)
