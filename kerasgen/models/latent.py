"""LatentModel: a generative model with a code z that can be read from examples and turned into them."""

import functools

import numpy as np
import tensorflow as tf

from kerasgen.models import saved_model
from kerasgen.models.generative import GenerativeModel
from kerasgen.models.importance import by_chunks
from kerasgen.ops import checks, paths


class LatentModel(GenerativeModel):
    """x -> code -> x: `encode`, `decode`, `reconstruct`, `interpolate`, and the same when served.

    A family writes `encoded`, `decoded` and `draw_prior`, functions of tensors. Its `num_classes`
    makes every one of them conditional on labels.

    Attributes:
        latent_dim: Numbers in a code, or in a vector that an integer stands for.
        latent_shape: Shape of a code, (latent_dim,) for most families.
        codes: None where codes are real; K where they are ints in [0, K), int32.
    """

    codes = None

    def __init__(self, latent_dim, **kwargs):
        super().__init__(**kwargs)
        self.latent_dim = latent_dim
        graph = functools.partial(tf.function, autograph=False)
        self._encode = graph(lambda *rows: tuple(self.encoded(*rows).values()))
        self._decode, self._reconstruct = graph(self.decoded), graph(self.reconstructed)
        self._emit = graph(self.emitted)

    @property
    def latent_shape(self):
        return (self.latent_dim,)

    # What a family writes.

    def encoded(self, x, labels=None):
        """{name: (batch, *latent_shape)} of x (batch, *event_shape); the first is what `decode` takes."""
        raise NotImplementedError(f"{type(self).__name__} does not encode.")

    def decoded(self, z, labels=None):
        """Examples (batch, *event_shape) of codes z (batch, *latent_shape)."""
        raise NotImplementedError(f"{type(self).__name__} does not decode.")

    def draw_prior(self, keys, labels=None):
        """One code per key of shape (num, 2): (num, *latent_shape). Row i uses keys[i] only."""
        raise NotImplementedError(f"{type(self).__name__} has no prior.")

    def path(self, start, end, steps):
        """`steps` codes from each of `start` (num, *latent_shape) to that of `end`, both included."""
        return paths.between(start, end, steps, great_circle=True)

    def emitted(self, z, keys, labels=None):
        """The samples that codes z (num, *latent_shape) become; what noise they need, by row from `keys`."""
        return self.decoded(z, labels)

    # What follows from it.

    def draw(self, keys, labels=None):
        return self.emitted(self.draw_prior(keys, labels), keys, labels)

    def reconstructed(self, x, labels=None):
        """Examples from the codes of examples, as tensors."""
        return self.decoded(next(iter(self.encoded(x, labels).values())), labels)

    def encode(self, x, label=None):
        """The arrays of `encoded`, each (num, *latent_shape): `mean, std = model.encode(x)` of a VAE.

        Args:
            x: Examples (num, *event_shape) in the range of the data.
            label: For a conditional model: an int, or one per row in an array (num,).

        Raises:
            InvalidDataError: If `x` or `label` is not of that kind.
        """
        return by_chunks(self._encode, self.rows(x, label), self.chunk)

    def decode(self, z, label=None):
        """Examples of codes z (num, *latent_shape): (num, *event_shape). Otherwise as `encode`."""
        if self.codes is None:
            checks.examples(z, self.latent_shape, None, name="z")
        else:
            checks.codes(z, self.latent_shape, self.codes, name="z")
        rows = self._with_labels(z, label, "float32" if self.codes is None else "int32")
        return by_chunks(self._decode, rows, self.chunk)

    def reconstruct(self, x, label=None):
        """`decode` of the first array of `encode`: (num, *event_shape). Arguments and errors are its own."""
        return by_chunks(self._reconstruct, self.rows(x, label), self.chunk)

    def interpolate(self, num=8, steps=10, seed=0, label=None):
        """Examples along paths between codes of the prior: float32, (num, steps, *event_shape).

        Args:
            num, steps: Paths, and examples along each, both ends included.
            seed: As in `sample`; path i runs from row 2i of that sample to row 2i + 1. What else
                the two rows have, their labels too, passes from one to the other halfway.
            label: As in `sample`, one per path.
        """
        keys = self.row_keys(2 * checks.integer("num", num, 1, 1000), seed)
        if label is not None and np.ndim(label):
            label = np.repeat(label, 2)
        keys, *labels = self.conditioned(keys, label)
        codes = self.draw_prior(keys, *labels)
        path = self.path(codes[::2], codes[1::2], checks.integer("steps", steps, 2, 1000))
        nearer = 2 * np.arange(num)[:, None] + (np.arange(steps) >= steps / 2)  # row of the end
        rows = [tf.gather(part, nearer.ravel()) for part in (keys, *labels)]
        codes = tf.reshape(path, (num * steps, *self.latent_shape))
        return by_chunks(self._emit, (codes, *rows), self.chunk).reshape(num, steps, *self.event_shape)

    # The doors.

    def rows(self, x, label=None):
        """(x float32,) or (x, labels int32) after the checks of `fit`."""
        checks.examples(x, self.event_shape, self.value_range, bits=self.bits)
        return self._with_labels(x, label)

    def _with_labels(self, array, label, dtype="float32"):
        if self.condition is not None and label is None:
            raise ValueError(f"`label` must be given to {self.name}: it is conditional. Received: None.")
        array = tf.constant(np.asarray(array, dtype))
        return (array,) if label is None else (array, self._labels(label, array))

    def endpoints(self, max_rows=1024):
        """Adds `encode` (x to codes), `decode` (z to samples) and `reconstruct` (x to samples).

        A conditional model takes one int32 `label` per row beside them.
        """
        guarded = functools.partial(self._guarded, max_rows)
        samples = lambda function: lambda *rows: {"samples": function(*rows)}
        return super().endpoints(max_rows) | {
            "encode": guarded(self.encoded, "x"),
            "decode": guarded(samples(self.decoded), "z"),
            "reconstruct": guarded(samples(self.reconstructed), "x"),
        }

    def _guarded(self, max_rows, function, name):
        """(function, specs) of a signature whose first argument is examples x, or codes z."""
        shape = self.event_shape if name == "x" else self.latent_shape
        dtype = "int32" if name == "z" and self.codes is not None else "float32"
        specs = [tf.TensorSpec([None, *shape], dtype, name)]
        specs += [] if self.condition is None else [self.condition.spec()]

        def endpoint(x, *label):
            x = saved_model.examples(x, max_rows, self) if name == "x" else self._codes_served(x, max_rows)
            return function(x, *self.condition_served(max_rows, *label))

        return endpoint, specs

    def _codes_served(self, z, max_rows):
        """`z` of a request: finite, or ints in [0, codes)."""
        if self.codes is None:
            return saved_model.rows(z, max_rows, "z", tf.reduce_all(tf.math.is_finite(z)), "finite")
        known = tf.reduce_all((z >= 0) & (z < self.codes))
        return saved_model.rows(z, max_rows, "z", known, f"in [0, {self.codes})")
