"""GenerativeModel: the contract of everything that draws examples."""

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from kerasgen.models import saved_model
from kerasgen.models.base import ZooModel
from kerasgen.ops import checks, rng


class GenerativeModel(ZooModel):
    """A Keras model of p(x) that trains with `fit` and draws with `sample`.

    A family writes `train_step`, `draw` and `parts` and, where it has one, `log_prob` or
    `elbo` (nats per example). Arguments are those of `ZooModel`; an average is of the
    sampling networks.

    Attributes:
        support: What `log_prob` is of: "bits", "levels" (the 256 of a pixel), both probabilities,
            or "reals", a density in the unit of the data.
    """

    support = "reals"

    max_rows = 2**20  # most rows of one call of `sample`
    chunk = 256  # rows drawn at once: bounds the memory of activations

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._draw = tf.function(self.draw, reduce_retracing=True, autograph=False)

    # What a family writes.

    def draw(self, keys, labels=None):
        """One example per key of shape (num, 2): (num, *event_shape). Row i uses keys[i] only.

        A conditional family also takes int32 `labels`, (num, *condition.shape).
        """
        raise NotImplementedError(f"{type(self).__name__} does not sample.")

    def log_prob(self, x):
        """Log-density of each example in nats, shape (batch,).

        Raises:
            NotImplementedError: Where the family has no tractable density.
        """
        raise NotImplementedError(f"{type(self).__name__} has no tractable log-density.")

    # Sampling.

    def sample(self, num, seed=None, label=None, progress=False):
        """Draws examples in the range of the data; equal seeds, equal examples.

        Row i depends on (seed, i) alone, so `sample(4, seed=7)` is the head of
        `sample(16, seed=7)`: the noise to the bit, the images to the rounding of
        the kernels (1e-5).

        Args:
            num: Number of examples, 1 to `max_rows`.
            seed: Int in [0, 2**32), or None for the next of the model's own stream.
            label: For a conditional model: an int in [0, num_classes) or a text of its words, one per
                row in an array (num,), or None to draw each row's uniformly.
            progress: Whether to show a bar.

        Returns:
            float32 array, shape (num, *event_shape).

        Raises:
            TypeError, ValueError: If `num` or `seed` is no int in its range, or `label` is
                given to a model without a condition.
            InvalidDataError: If labels are not `num` ints in [0, num_classes), or texts have words
                that the model does not know.
        """
        num = checks.integer("num", num, 1, self.max_rows)
        rows = self.conditioned(self.row_keys(num, seed), label)
        starts = range(0, num, self.chunk)
        bar = tqdm(starts, "sampling", unit="chunk", disable=not progress or len(starts) == 1)
        return np.concatenate([self._draw(*(part[at : at + self.chunk] for part in rows)) for at in bar])

    def row_keys(self, num, seed=None):
        """Keys of rows 0..num-1 under `seed`, or under the next of the model's stream: (num, 2)."""
        if seed is None:
            seed = int(rng.integers(self.key(), (), 2**31 - 1))
        return rng.row_keys(rng.row_seeds(checks.integer("seed", seed, 0, rng.SEEDS - 1), num))

    def conditioned(self, keys, label=None):
        """(keys,), or (keys, labels): the arguments of `draw`, of which a conditional model has two."""
        return (keys,) if self.condition is None and label is None else (keys, self._labels(label, keys))

    def _labels(self, label, keys):
        """The conditions of the rows of `keys`, int32: those asked for, else uniform ones."""
        if self.condition is None:
            raise ValueError(
                f"`label` is not known to {self.name}: it has no condition. Received: {label!r}."
            )
        num = len(keys)
        if label is None:
            return self.condition.drawn(keys)
        label = np.broadcast_to(label, (num,)) if np.ndim(label) == 0 else np.asarray(label)
        return tf.constant(self.condition.checked(label, num, name="label"))

    # Serving.

    def endpoints(self, max_rows=1024):
        """Serving signatures: {name: (function, specs)}; rows come first, outputs have names.

        `serving_default` takes one int64 row seed per row (see `kerasgen.ops.rng`): the seed
        s < 2**32 answers with `sample(1, seed=s)`, s + i * 2**32 with its row i. A conditional
        model also takes one int32 `label`, or one `text`, per row.

        Args:
            max_rows: Most rows a request may ask for.
        """

        def serving_default(seed, *label):
            keys = self.keys_served(max_rows, seed)
            return {"samples": self.draw(keys, *self.condition_served(max_rows, *label))}

        specs = [tf.TensorSpec([None], "int64", "seed")]
        specs += [] if self.condition is None else [self.condition.spec()]
        return {"serving_default": (serving_default, specs)}

    def keys_served(self, max_rows, seed):
        """Keys of the row seeds of a request, checked in the graph."""
        return rng.row_keys(saved_model.rows(seed, max_rows, "seed", tf.reduce_all(seed >= 0), ">= 0"))

    def condition_served(self, max_rows, label=None):
        """(), or (int32 conditions,) of what a request asks for, checked in the graph."""
        if label is None:
            return ()
        rows, known = self.condition.served(label)
        return (saved_model.rows(rows, max_rows, self.condition.name, known, self.condition.rule),)
