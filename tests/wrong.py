"""Values of every kind, of which at most a few fit an argument, and the trial of a call with each of them."""

import contextlib
import decimal
import fractions
import inspect
import math
import numbers
import signal
import warnings

import keras
import numpy as np
import tensorflow as tf

SECONDS = 5  # in which every single call must have been refused


class Broken:
    """An object whose methods raise errors of their own."""

    def fail(self, *args, **kwargs):
        raise RuntimeError("broken")

    __repr__ = __array__ = __len__ = __iter__ = __eq__ = __bool__ = __hash__ = __float__ = __index__ = fail


class Lying:
    """An object that says that it is an array of no known kind."""

    shape, dtype, ndim = "shape", "dtype", None

    def __len__(self):
        return -1


class TooSlow(BaseException):
    """A call did not return."""


class Endless:
    """An iterator without an end: whoever wants all of it does not return."""

    def __iter__(self):
        self.asked = 0
        return self

    def __next__(self):
        self.asked += 1
        if self.asked > 10_000:
            raise TooSlow
        return 1


itself = []
itself.append(itself)

VALUES = {
    "none": None, "empty string": "", "string": "ab", "digit": "3", "bytes": b"3", "true": True,
    "false": False, "zero": 0, "minus one": -1, "one": 1, "negative": -2.5, "half": 0.5, "float": 3.0,
    "1.5": 1.5, "nan": math.nan, "inf": math.inf, "minus inf": -math.inf, "huge": 2**70,
    "minus huge": -(2**70), "large": 2**31, "1e300": 1e300, "3e38": 3e38, "complex": 1j, "empty list": [],
    "list": [1, "a"], "nones": [None], "ragged": [[1, 2], [3]], "lists": [[1.0, 2.0]], "empty tuple": (),
    "zeros": (0, 0, 0), "negatives": (-1, 8, 1), "floats": (8.0, 8.0, 1.0), "long": (1,) * 40,
    "huge tuple": (2**70, 8, 1), "nan tuple": (math.nan, 1), "falling": (1, -1), "equal": (0, 0),
    "strings in a tuple": ("a", "b"), "dict": {"a": 1}, "empty dict": {}, "set": {8, 1},
    "array": np.ones((2, 2)), "array of nan": np.full((2, 2), math.nan), "empty array": np.zeros(0),
    "0-d array": np.array(3.0), "complex array": np.ones((2, 2), complex), "strings": np.array(["a", "b"]),
    "objects": np.array([object(), None]), "large array": np.full((2, 2), 1e300),
    "dates": np.array(["2020-01-01"], "datetime64[D]"), "records": np.zeros(2, [("a", "i4")]),
    "object": object(), "broken": Broken(), "lying": Lying(), "type": int, "function": len,
    "lambda": lambda: 1, "generator": (i for i in (8, 8, 1)), "endless": Endless(),
    "numpy float": np.float32(2.5), "numpy bool": np.bool_(True), "decimal": decimal.Decimal("0.5"),
    "fraction": fractions.Fraction(5, 2), "tensor": tf.ones((2, 2)), "text tensor": tf.constant("a"),
    "layer": keras.layers.Dense(1), "unbuilt": keras.Sequential(), "itself": itself, "range": range(0),
    "ellipsis": ..., "surrogate": "\ud800", "zero byte": "a\0b", "slash": "a/b",
}  # fmt: skip


# Kinds: functions that say whether a value fits.


def an_int(low, high=2**31 - 1):
    return lambda x: (
        isinstance(x, numbers.Integral) and not isinstance(x, (bool, np.bool_)) and low <= x <= high
    )


def a_number(low=-math.inf, high=math.inf, ends="[]"):
    def fits(x):
        if not isinstance(x, numbers.Real) or isinstance(x, (bool, np.bool_)) or not math.isfinite(x):
            return False
        x = float(x) if abs(x) <= 2**1000 else math.inf
        return low <= x <= high and (x != low or ends[0] == "[") and (x != high or ends[1] == "]")

    return fits


def one_of(*names):
    return lambda x: any(x is name or (type(x) is type(name) and x == name) for name in names)


def either(*kinds):
    return lambda x: any(kind(x) for kind in kinds)


def a_range(x):
    return isinstance(x, tuple) and len(x) == 2 and all(map(a_number(), x)) and x[0] < x[1]


def a_shape(least_rank=0):
    return lambda x: (
        isinstance(x, (tuple, list, range)) and all(map(an_int(1), x)) and least_rank <= len(x) <= 8
    )


def values(*kinds):
    """The values of the table under these names."""
    return lambda x: any(x is VALUES[kind] for kind in kinds)


nothing = lambda x: False
none = lambda x: x is None
flag = lambda x: isinstance(x, (bool, np.bool_))
string = lambda x: isinstance(x, str)
text = lambda x: isinstance(x, str) and x != ""
name = one_of("ab", "3", "a/b", "a\0b", "\ud800")
a_path = one_of("ab", "3", b"3", "a/b")
function = callable
optional = lambda kind: either(none, kind)


@contextlib.contextmanager
def limit(seconds):
    """Raises `TooSlow` in what takes longer."""

    def stop(*_):
        raise TooSlow

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def attempt(call, argument, value):
    """What is wrong with how a call refuses a value, in words; None if nothing is."""
    try:
        with limit(SECONDS), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call(**{argument: value})
    except TooSlow:
        return "does not return"
    except (TypeError, ValueError, FileNotFoundError, NotADirectoryError, NotImplementedError) as error:
        said = str(error)
        if f"`{argument}`" in said or f"`{argument}[" in said:
            return None if "Received" in said else f"says not what was received: {said[:100]}"
        return f"unnamed: {type(error).__name__}: {said[:150]}"
    except Exception as error:
        return f"unnamed: {type(error).__name__}: {str(error)[:150]}"
    return "accepted"


PLAIN = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Call:
    """A public function, small valid arguments for it, and what else fits some of them.

    Args:
        call: The function.
        valid: {argument: value}, which is accepted.
        more: Names of arguments behind `**kwargs`, tried as well.
        skip: Names of arguments that are not tried.
        kinds: {argument: whether a value fits it}; by default nothing does.
    """

    def __init__(self, call, valid=None, more=(), skip=(), **kinds):
        self.call, self.valid, self.kinds, self.more, self.skip = call, valid or {}, kinds, more, skip

    def arguments(self):
        parameters = inspect.signature(self.call).parameters.values()
        names = [one.name for one in parameters if one.kind in PLAIN]
        return [one for one in dict.fromkeys((*names, *self.more)) if one not in self.skip]

    def problems(self):
        """{"argument=kind of value": what is wrong}."""
        found = {}
        call = lambda **wrong: self.call(**self.valid | wrong)
        for argument in self.arguments():
            fits = self.kinds.get(argument, nothing)
            for kind, value in VALUES.items():
                if not fits(value) and (problem := attempt(call, argument, value)):
                    found[f"{argument}={kind}"] = problem
        return found
