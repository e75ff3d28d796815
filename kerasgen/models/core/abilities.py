"""What some models can do and others cannot, and the error that says which can."""

import importlib

METHODS = (
    "sample", "encode", "decode", "reconstruct", "interpolate", "inpaint", "elbo", "features",
)  # fmt: skip
BASES = ("ZooModel", "GenerativeModel", "LatentModel")


class MissingMethodError(AttributeError):
    """A method of `METHODS` that a model does not have; the message is made only if somebody reads it."""

    def __init__(self, model, method):
        super().__init__(name=method, obj=model)
        self.kind, self.method = type(model).__name__, method

    def __str__(self):
        models = importlib.import_module("kerasgen.models")  # by its name: families lie above this package
        classes = {name: getattr(models, name) for name in models.__all__}
        able = [name for name in classes if name not in BASES and hasattr(classes[name], self.method)]
        return f"`{self.kind}` cannot `{self.method}`. Models that can: {', '.join(sorted(able))}."


def refuse(model, name):
    """Raises AttributeError about what a model does not have; of a method, it says which models have it."""
    if name in METHODS:
        raise MissingMethodError(model, name)
    raise AttributeError(f"{type(model).__name__!r} object has no attribute {name!r}", name=name, obj=model)
