"""What models share that a train step fits without gradients, and whose density is known."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kerasgen.models import saved_model
from kerasgen.models.importance import by_chunks
from kerasgen.ops import checks, chunks


class Parameters(keras.layers.Layer):
    """Named float64 numbers that no gradient moves: saved, shipped and counted as networks are.

    Weight files hold float32 in half precision; float64 they leave as it is, so that a density
    is the same before and after.

    Args:
        **initial: Array of each name.
    """

    def __init__(self, **initial):
        super().__init__(name="parameters", dtype="float64", trainable=False)
        self.named = {name: self._variable(name, np.asarray(value)) for name, value in initial.items()}
        self.built = True

    def _variable(self, name, value):
        start = lambda shape, dtype=None: ops.convert_to_tensor(value, dtype)
        return self.add_weight(value.shape, start, "float64", trainable=False, name=name)

    def tensors(self):
        """{name: float64 tensor}."""
        return {name: tf.convert_to_tensor(variable) for name, variable in self.named.items()}

    def assign(self, **values):
        for name, value in values.items():
            self.named[name].assign(value)


class ClosedForm:
    """Mixin: `fit` without an optimizer, `log_prob`, and what saving and serving need.

    A family sets `parameters`, a `Parameters`, and `size`, the numbers of an example, and writes
    `train_step`, beside `log_density` (x float64 (rows, size) -> nats, float64 (rows,)).
    """

    alone = "which is to see the whole batch"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._log_density = self.graph_of(self.log_density)

    def compile(self, jit_compile=False, **kwargs):
        """No optimizer and no XLA; the rest goes to `keras.Model.compile`.

        Raises:
            ValueError: If `jit_compile` is True: the last chunk of a batch has a size of its own.
        """
        if jit_compile is True:
            raise ValueError("`jit_compile` must be False: nothing here runs under XLA. Received: True.")
        self.compile_players({}, jit_compile=False, **kwargs)

    def fit(self, x=None, y=None, batch_size=None, **kwargs):
        """As `ZooModel.fit`; but `batch_size` of an array is, unless given, the whole array."""
        if batch_size is None and np.ndim(getattr(x, "shape", None)):
            batch_size = x.shape[0] or None
        return super().fit(x, y, batch_size=batch_size, **kwargs)

    def test_step(self, data):
        """Minus the mean log-likelihood, in nats; nothing updated."""
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        return self.track(loss=-self._log_density(x))

    def totals(self, function, x):
        """Sums of `function` over the rows of x, given to it flat and by chunks."""
        return chunks.totals(lambda rows: function(self.flat(rows)), x, self.rows_at_once)

    def graph_of(self, function):
        """`function` of examples, given to it flat, as one graph with a float32 result."""
        return tf.function(lambda x: ops.cast(function(self.flat(x)), "float32"), autograph=False)

    def flat(self, x):
        """x as float64 (rows, size)."""
        return ops.cast(ops.reshape(x, (-1, self.size)), "float64")

    @property
    def rows_at_once(self):
        """Rows whose float64 temporaries, of one component and of all, take some 64 MB."""
        return max(1, 2**22 // (self.size + getattr(self, "components", 0)))

    def log_prob(self, x, label=None, progress=False):
        """log p(x) in nats, exactly: float32 (num,).

        Args:
            x: Examples (num, *event_shape) as for `fit`.
            label: None: there is no condition.
            progress: Whether to show a bar.

        Raises:
            InvalidDataError: If `x` is not of that kind.
            ValueError: If `label` is given.
        """
        if label is not None:
            raise ValueError(f"`label` must be None: {self.name} has no condition. Received: {label!r}.")
        return self.over_rows(self._log_density, x, progress)

    def over_rows(self, function, x, progress=False):
        """An array of what `function` answers to examples, after the checks of `fit`."""
        checks.examples(x, self.event_shape, self.value_range, bits=self.bits)
        rows = tf.constant(np.asarray(x, "float32"))
        return by_chunks(function, (rows,), self.rows_at_once, progress)

    def parts(self):
        return {"parameters": [self.parameters]}

    def endpoints(self, max_rows=1024):
        """Adds `log_prob`: x to nats."""
        log_prob = lambda x: {"log_prob": self._log_density(self.served(x, max_rows))}
        return super().endpoints(max_rows) | {"log_prob": (log_prob, [self.spec()])}

    def served(self, x, max_rows):
        """`x` of a request, or INVALID_ARGUMENT."""
        return saved_model.examples(x, max_rows, self)

    def spec(self):
        return tf.TensorSpec([None, *self.event_shape], "float32", "x")


def rows_of_a_step(x, batch_size):
    """Examples that a step of `fit` will read; None where that is not known yet."""
    if isinstance(x, tf.data.Dataset):
        spec = x.element_spec
        shape = (spec[0] if isinstance(spec, tuple) else spec).shape
        return shape[0] if shape.rank else None
    if np.ndim(getattr(x, "shape", None)):
        return min(batch_size or x.shape[0], x.shape[0])
    return None
