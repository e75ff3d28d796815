"""Spaces of real numbers: boxes, films, waveforms."""

import dataclasses
import warnings

import numpy as np
import tensorflow as tf

from kerasgen.errors import InvalidDataError
from kerasgen.ops import checks, rng
from kerasgen.ops.checks import LARGEST
from kerasgen.spaces.base import Space

SLACK = 1e-3  # of the range: what resizing and half precision may overshoot


@dataclasses.dataclass(frozen=True)
class Box(Space):
    """Arrays of float32 whose numbers lie in [low, high], or of any finite numbers.

    Args:
        shape: Of one value; sides >= 1.
        low, high: low < high, at most 1e15 in absolute value; None, both of them, for no bounds: then
            numbers are at most 1e15 in absolute value.

    Raises:
        TypeError, ValueError: If `shape` or the bounds are not of that kind.
    """

    shape: tuple
    low: float | None = None
    high: float | None = None

    def __post_init__(self):
        object.__setattr__(self, "shape", checks.shape("shape", self.shape))
        if self.low is None and self.high is None:
            return
        for name in ("low", "high"):
            bound = getattr(self, name)
            bound = bound if bound is None else checks.number(name, bound, -LARGEST, LARGEST)
            object.__setattr__(self, name, bound)
        if None in (self.low, self.high) or not self.low < self.high:
            raise ValueError(
                f"`low` must be below `high`, or both be None. Received: low={self.low}, high={self.high}."
            )

    dtype = "float32"

    @property
    def range(self):
        return None if self.low is None else (self.low, self.high)

    @property
    def rule(self):
        if self.low is None:
            return f"finite, at most {LARGEST:g} in absolute value"
        return f"from {self.low:g} to {self.high:g}"

    def convert(self, values, name):
        values = checks.real(name, values)
        if values.dtype.kind in "iub":
            raise InvalidDataError(
                f"`{name}` must hold floats. Received: {name} of dtype {values.dtype.name}; "
                "`kerasgen.data.from_array` scales uint8 images."
            )
        with np.errstate(over="ignore"):
            return values.astype("float32", copy=False)

    def static(self, spec, name):
        super().static(spec, name)
        if not spec.dtype.is_floating:
            raise InvalidDataError(f"`{name}` must hold floats. Received: {name} of dtype {spec.dtype.name}.")

    def bounds(self):
        """What numbers may not pass, a little beyond [low, high]."""
        if self.low is None:
            return -LARGEST, LARGEST
        slack = SLACK * (self.high - self.low)
        return self.low - slack, self.high + slack

    def valid(self, rows):
        low, high = self.bounds()
        rows = self.numbers(rows)  # float16 has no number as large as the bounds
        return tf.reduce_all((rows >= low) & (rows <= high))  # False where NaN

    def contained(self, values, name):
        values = self._inside(values, name)
        if self.low is not None and self.low < 0 <= values.min() and len(values) > 1:
            warnings.warn(
                f"`{name}` has no value below 0, but the model's range is [{self.low:g}, {self.high:g}]: "
                "were the images scaled to [0, 1]?",
                stacklevel=4,
            )
        return values

    def _inside(self, values, name):
        low, high = values.min(), values.max()  # NaN if any number is
        least, most = self.bounds()
        if not (np.isfinite(low) and np.isfinite(high)):
            raise InvalidDataError(f"`{name}` must be finite. Received: {name} with NaN or infinity.")
        if low < least or high > most:
            raise InvalidDataError(f"`{name}` must be {self.rule}. Received: values from {low} to {high}.")
        return values

    def clip(self, x):
        """x, cut at the bounds, if there are any."""
        return x if self.low is None else tf.clip_by_value(x, self.low, self.high)

    def examples(self, num, generator=None):
        low, high = (-1, 1) if self.low is None else (self.low, self.high)
        if generator is not None:
            return generator.uniform(low, high, (num, *self.shape)).astype("float32")
        return np.full((num, *self.shape), min(max(0.0, low), high), "float32")

    def wrong(self):
        good = self.examples(2)
        numbers = {"NaN": np.nan, "infinity": np.inf, "too large": 2 * LARGEST}
        found = {what: changed(good, number) for what, number in numbers.items()}
        if self.low is not None:
            found |= {
                "above the range": changed(good, 2 * self.high - self.low),
                "below the range": changed(good, 2 * self.low - self.high),
            }
        if self.shape:
            found["wrong shape"] = np.concatenate([good, good], axis=-1)
            found["wrong rank"] = good[..., 0]
        return found

    def null(self, num):
        return tf.zeros([num, *self.shape])

    def draw(self, keys):
        if self.low is None:
            return rng.by_row(lambda key: rng.normal(rng.stream(key, "condition"), self.shape), keys)
        draw = lambda key: rng.uniform(rng.stream(key, "condition"), self.shape, self.low, self.high)
        return rng.by_row(draw, keys)

    def __str__(self):
        inside = "finite" if self.low is None else f"in [{self.low:g}, {self.high:g}]"
        return f"float32 {self.shape} {inside}"


def box(shape, value_range):
    """`Box` of numbers in a range (low, high), or of any finite ones for None.

    Raises:
        TypeError, ValueError: If `value_range` is neither.
    """
    return Box(shape, *(checks.value_range("value_range", value_range) or ()))


def changed(good, number):
    """Values of which the last is another number."""
    found = good.copy()
    found.reshape(-1)[-1] = number
    return found


@dataclasses.dataclass(frozen=True)
class Frames(Box):
    """Films, (frames, height, width, channels).

    Args:
        rate: Frames per second > 0 at which a film is shown.
    """

    rate: float = 8.0

    def __post_init__(self):
        super().__post_init__()
        checks.positive("rate", self.rate)
        if len(self.shape) != 4:
            raise ValueError(
                f"`shape` must be (frames, height, width, channels). Received: shape={self.shape}."
            )


@dataclasses.dataclass(frozen=True)
class Waveform(Box):
    """Sounds, (samples,) or (samples, channels), in [-1, 1] unless told otherwise.

    Args:
        rate: Samples per second, an int >= 1.
    """

    low: float = -1.0
    high: float = 1.0
    rate: int = 16_000

    def __post_init__(self):
        super().__post_init__()
        checks.integer("rate", self.rate, 1, 2**31 - 1)
        if len(self.shape) not in (1, 2):
            raise ValueError(f"`shape` must be (samples,) or (samples, channels). Received: {self.shape}.")
