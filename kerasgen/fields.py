"""Dataclasses whose fields are checked: light enough for recipes, which must not load NumPy or TensorFlow."""

import dataclasses
import math
import numbers
import types


class Typed:
    """Base of a dataclass: every field must be of its annotated type, a class or a union of classes.

    As in `kerasgen.ops.checks`, a bool is no number, an int is a float, and NumPy's numbers are taken; they
    are kept as Python's, which JSON can hold.

    Raises:
        TypeError: If a field is of another type.
        ValueError: If a number is not finite.
    """

    def __post_init__(self):
        for field in dataclasses.fields(self):
            kinds = field.type.__args__ if isinstance(field.type, types.UnionType) else (field.type,)
            object.__setattr__(self, field.name, self._typed(field.name, kinds))

    def require(self, name, good, must):
        """Raises ValueError about the field `name` unless `good`; `must` continues "`name` must"."""
        if not good:
            self._refuse(ValueError, name, must)

    def _typed(self, name, kinds):
        value = getattr(self, name)
        number = not isinstance(value, bool)
        if number and int in kinds and isinstance(value, numbers.Integral):
            return int(value)
        if number and float in kinds and isinstance(value, numbers.Real):
            found = int(value) if isinstance(value, numbers.Integral) else float(value)
            self.require(name, isinstance(found, int) or math.isfinite(found), "be finite")
            return found
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            words = " or ".join("None" if kind is types.NoneType else kind.__name__ for kind in kinds)
            self._refuse(TypeError, name, f"be {words}")
        return value

    def _refuse(self, error, name, must):
        raise error(f"`{name}` must {must}. {received(name, getattr(self, name))}")


def received(name, value):
    """The end of an error message, "Received: name=value."; never raises."""
    try:
        return f"Received: {name}={value!r:.200}."
    except Exception:
        return f"Received: {name}, an object of type {type(value).__name__}."
