"""Dense networks whose outputs are conditional distributions: MADE and NADE."""

import itertools

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kerasgen.layers.causal import Causal
from kerasgen.ops import checks


class _Components(Causal, keras.layers.Layer):
    """Layers over the components of an image, x (batch, h, w, c) -> (batch, h, w, outputs).

    Output k of a pixel belongs to its channel k mod c.
    """

    strict = True

    def sizes(self, shape):
        """Notes the sides of x; ValueError if the outputs cannot be shared among its channels."""
        self.height, self.width, self.channels = shape[1:]
        if self.outputs % self.channels:
            words = f"`outputs` must be a multiple of {self.channels} channels."
            raise ValueError(f"{words} Received: outputs={self.outputs}.")
        self.size = self.height * self.width * self.channels

    def component(self, position):
        """The number of a component."""
        return (position.row * self.width + position.column) * self.channels + position.channel

    def compute_output_shape(self, shape, *_):
        return (*shape[:-1], self.outputs)


@keras.saving.register_keras_serializable("kerasgen")
class MADE(_Components):
    """A perceptron whose weights are masked, so that component i is predicted from those before it.

    Germain et al. (2015), arXiv:1502.03509, equations 8 and 9, in raster order: hidden units have degrees
    from 1 to D - 1, evenly spread; a unit of degree m reads units of degrees up to m and components before
    number m, and component i is read off units of degree i and less. In sampling a unit is computed when
    its last component is known, so that a whole image costs one pass. A second input (batch, 1, 1,
    hidden[0]) is added to the first hidden layer.

    Args:
        outputs: Numbers for each pixel, a multiple of the channels of x.
        hidden: Rectified units of each hidden layer, 1 to 16 numbers from 1 to 2^16.
        direct: Whether there are weights from each component straight to all later ones.
        dropout: Rate in [0, 1) at which hidden units are left out in training.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    def __init__(self, outputs, hidden=(1024, 1024), direct=True, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.outputs = checks.integer("outputs", outputs, 1, 2**16)
        sizes = checks.members("hidden", hidden, "a tuple of ints", 16)
        self.hidden = tuple(checks.integer("hidden", size, 1, 2**16) for size in sizes)
        if not 1 <= len(self.hidden) <= 16:
            raise ValueError(f"`hidden` must hold from 1 to 16 ints. Received: {checks.received(hidden)}.")
        self.direct = checks.flag("direct", direct)
        self.dropout = checks.number("dropout", dropout, 0, 1, "[)")
        self.dropped = keras.layers.Dropout(self.dropout, dtype=self.dtype_policy)

    def build(self, shape, *_):
        self.sizes(shape)
        count = self.height * self.width * self.outputs
        units = (self.size, *self.hidden, count)
        self.kernels, self.biases = [], []
        for k, (inputs, outputs) in enumerate(itertools.pairwise(units)):
            self.kernels.append(self.add_weight((inputs, outputs), "glorot_uniform", name=f"kernel_{k}"))
            self.biases.append(self.add_weight((outputs,), "zeros", name=f"bias_{k}"))
        if self.direct:
            self.straight = self.add_weight((self.size, count), "zeros", name="direct")
        spread = lambda size: 1 + np.arange(size) * max(self.size - 1, 1) // size
        place = np.arange(count) // self.outputs * self.channels + np.arange(count) % self.channels
        # An input has the degree of its place, counted from 1; outputs read degrees below theirs.
        degrees = [1 + np.arange(self.size), *map(spread, self.hidden), place]
        self.degrees = [each.astype("int32") for each in degrees]

    def mask(self, source, target):
        """1 where `target` is at least `source`, degrees, in the type of the weights."""
        return self.cast(ops.convert_to_tensor(source)[:, None] <= ops.convert_to_tensor(target)[None])

    def call(self, x, bias=None, training=False):
        h = flat = ops.reshape(x, (-1, self.size))
        for k, (kernel, shift) in enumerate(zip(self.kernels, self.biases, strict=True)):
            h = self.dropped(ops.relu(h), training=training) if k else h
            h = ops.matmul(h, self.cast(kernel) * self.mask(*self.degrees[k : k + 2])) + self.cast(shift)
            h = h + ops.reshape(bias, (-1, self.hidden[0])) if bias is not None and k == 0 else h
        if self.direct:
            mask = self.mask(self.degrees[0], self.degrees[-1])
            h = h + ops.matmul(flat, self.cast(self.straight) * mask)
        return ops.reshape(h, (-1, self.height, self.width, self.outputs))

    # One component.

    def start(self, batch):
        return [self.zeros(batch, shift.shape[0]) + self.cast(shift) for shift in self.biases]

    def record(self, cache, position, x, bias=None):
        """Adds what the units that are now complete tell those behind them."""
        at = self.component(position)
        value, degree = self.cast(x[:, position.channel, None]), at + 1
        row = lambda weights, target: self.cast(weights[at]) * self.cast(target >= degree)
        sums = [cache[0] + value * row(self.kernels[0], self.degrees[1]), *cache[1:]]
        if self.direct:
            sums[-1] = sums[-1] + value * row(self.straight, self.degrees[-1])
        for k in range(1, len(self.kernels)):
            units, complete = self.of_degree(k, degree)
            h = tf.gather(sums[k - 1], units, axis=1)
            h = h + tf.gather(bias, units, axis=1) if bias is not None and k == 1 else h
            h = ops.relu(h) * complete
            kernel = self.cast(tf.gather(self.kernels[k], units)) * self.cast(self.degrees[k + 1] >= degree)
            sums[k] = sums[k] + ops.matmul(h, kernel)
        return sums

    def of_degree(self, k, degree):
        """Units of hidden layer k among which are all of a degree, and 1 for those that are."""
        degrees = self.degrees[k]
        most = int(np.unique(degrees, return_counts=True)[1].max())
        first = ops.searchsorted(ops.convert_to_tensor(degrees), degree[None])[0]
        units = ops.minimum(ops.cast(first, "int32") + ops.arange(most), len(degrees) - 1)
        found = ops.take(ops.convert_to_tensor(degrees), units) == ops.cast(degree, degrees.dtype)
        return units, self.cast(found & (ops.arange(most) + ops.cast(first, "int32") < len(degrees)))

    def read(self, cache, position, *given):
        at = (position.row * self.width + position.column) * self.outputs
        return cache[-1][:, at : at + self.outputs]

    def get_config(self):
        own = {"outputs": self.outputs, "hidden": self.hidden, "direct": self.direct}
        own |= {"dropout": self.dropout}
        return super().get_config() | own


@keras.saving.register_keras_serializable("kerasgen")
class NADE(_Components):
    """Neural autoregressive distribution estimator: h_i = sigmoid(c + sum_j<i W_j x_j), output b_i + V_i h_i.

    Larochelle & Murray (2011), AISTATS, equations 9 and 10, in raster order. The sums of all components are
    one cumulative sum, taken within each row of the image and over the rows by products with triangular
    matrices. A second input (batch, 1, 1, units) is added to c.

    Args:
        outputs: Numbers for each pixel, a multiple of the channels of x.
        units: Of h, 1 to 2^16.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    def __init__(self, outputs, units=500, **kwargs):
        super().__init__(**kwargs)
        self.outputs = checks.integer("outputs", outputs, 1, 2**16)
        self.units = checks.integer("units", units, 1, 2**16)

    def build(self, shape, *_):
        self.sizes(shape)
        self.each = self.outputs // self.channels
        small = keras.initializers.RandomNormal(stddev=0.01)
        self.kernel = self.add_weight((self.size, self.units), small, name="kernel")
        self.hidden_bias = self.add_weight((self.units,), "zeros", name="hidden_bias")
        self.out = self.add_weight((self.size, self.units, self.each), small, name="out")
        self.bias = self.add_weight((self.size, self.each), "zeros", name="bias")

    def call(self, x, bias=None):
        start = self.cast(self.hidden_bias) + (0 if bias is None else ops.reshape(bias, (-1, self.units)))
        sums = self.sums(ops.reshape(x, (-1, self.height, self.width * self.channels)))
        h = ops.sigmoid(start[..., None, :] + sums)  # (rows, batch, components of a row, units)
        out = ops.reshape(self.cast(self.out), (self.height, -1, self.units, self.each))
        found = [ops.sum(h * out[:, None, ..., k], axis=-1) for k in range(self.each)]
        bias = ops.reshape(self.cast(self.bias), (self.height, 1, -1, self.each))
        found = ops.transpose(ops.stack(found, axis=-1) + bias, (1, 0, 2, 3))
        found = ops.reshape(found, (-1, self.height, self.width, self.channels, self.each))
        shape = (-1, self.height, self.width, self.outputs)
        return ops.reshape(ops.transpose(found, (0, 1, 2, 4, 3)), shape)

    def sums(self, x):
        """sum_j<i W_j x_j of x (batch, rows, n): (rows, batch, n, units)."""
        rows, n = x.shape[1:]
        before = lambda size: self.cast(np.tri(size, k=-1, dtype="float32"))
        kernel = ops.reshape(self.cast(self.kernel), (rows, n, self.units))
        x = ops.transpose(x, (1, 0, 2))
        earlier = ops.reshape(before(n) * x[:, :, None], (rows, -1, n))  # (rows, batch n, n)
        within = ops.reshape(ops.matmul(earlier, kernel), (rows, -1, n, self.units))
        return within + ops.tensordot(before(rows), ops.matmul(x, kernel), 1)[:, :, None]

    # One component.

    def start(self, batch):
        return self.zeros(batch, self.units) + self.cast(self.hidden_bias)

    def record(self, cache, position, x, bias=None):
        weights = self.cast(self.kernel[self.component(position)])
        return cache + self.cast(x[:, position.channel, None]) * weights

    def read(self, cache, position, bias=None):
        at = self.component(position)
        h = ops.sigmoid(cache if bias is None else cache + bias)
        found = ops.matmul(h, self.cast(self.out[at])) + self.cast(self.bias[at])
        return ops.repeat(found, self.channels, axis=-1)

    def get_config(self):
        return super().get_config() | {"outputs": self.outputs, "units": self.units}
