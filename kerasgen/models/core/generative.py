"""GenerativeModel: the contract of everything that draws examples."""

import inspect
import threading

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from kerasgen import spaces
from kerasgen.models.core.zoo_model import ZooModel
from kerasgen.ops import checks, rng

_lock = threading.Lock()  # of the streams of unseeded samples: two threads never draw the same


class GenerativeModel(ZooModel):
    """A Keras model of p(x), or of p(x | condition), that trains with `fit` and draws with `sample`.

    A family writes `train_step`, `draw` and `components` and, where it has one, `log_prob` or
    `elbo` (nats per example). Arguments are those of `ZooModel`; an average is of the
    sampling networks.

    Attributes:
        support: What `log_prob` is of: "bits", "levels" (the 256 of a pixel), both probabilities,
            or "reals", a density in the unit of the data.
        bound_words: What bound `elbo` is, where there is one, in words.
    """

    support = "reals"
    bound_words = "the variational bound"

    @property
    def elbo_support(self):
        """What `elbo` is of, where there is one: see `support`."""
        return self.support

    max_rows = 2**20  # most rows of one call of `sample`
    chunk = 256  # rows drawn at once: bounds the memory of activations

    def __init__(self, event, **kwargs):
        super().__init__(event, **kwargs)
        self._draw = tf.function(self.draw, reduce_retracing=True, autograph=False)
        if self.condition is not None:
            self._draw_condition = tf.function(self.condition.draw, reduce_retracing=True, autograph=False)

    # What a family writes.

    def draw(self, keys, condition=None):
        """One example per key of shape (num, 2): (num, *event.shape). Row i uses keys[i] only.

        A conditional family also takes `condition`, (num, *condition.shape), in the numbers of its networks.
        """
        raise NotImplementedError(f"{type(self).__name__} does not sample.")

    def log_prob(self, x):
        """Log-density of each example in nats, shape (batch,).

        Raises:
            NotImplementedError: Where the family has no tractable density.
        """
        raise NotImplementedError(f"{type(self).__name__} has no tractable log-density.")

    # Sampling.

    def sample(self, num, seed=None, condition=None, progress=False, **options):
        """Draws examples in the range of the data; equal seeds, equal examples.

        Row i depends on (seed, i) alone, so `sample(4, seed=7)` is the head of
        `sample(16, seed=7)`: the noise to the bit, the images to the rounding of
        the kernels (1e-5).

        Args:
            num: Number of examples, 1 to `max_rows`.
            seed: Int in [0, 2**32), or None for the next of the model's own stream.
            condition: For a conditional model: one value for all rows or one per row, such as an int in
                [0, num_classes), a text of its words or an image; or None to draw each row's.
            progress: Whether to show a bar.
            **options: Of the family: see `drawing`.

        Returns:
            Array of shape (num, *event.shape), of the type of the event: float32 or int32.

        Raises:
            TypeError, ValueError: If `num` or `seed` is no int in its range, or `condition` is
                given to a model without one.
            InvalidDataError: If conditions are not those of the model.
        """
        num = checks.integer("num", num, 1, self.max_rows)
        progress = checks.flag("progress", progress)
        self._refuse_unknown(options)
        starts = range(0, num, self.chunk)
        function = self.drawing(progress=progress and len(starts) == 1, **options)
        condition = self.check_condition(condition, num)
        rows = self.with_condition(self.row_keys(num, seed), condition)
        bar = tqdm(starts, "sampling", unit="chunk", disable=not progress or len(starts) == 1)
        return np.concatenate([function(*(part[at : at + self.chunk] for part in rows)) for at in bar])

    def _refuse_unknown(self, options):
        """TypeError about an option of `sample` that the family does not have."""
        known = [name for name in inspect.signature(self.drawing).parameters if name != "progress"]
        for name in options:
            if name not in known:
                raise TypeError(
                    f"`{name}` is no option of `sample` of {type(self).__name__}, which takes "
                    f"{', '.join(known) or 'none'}. Received: {name}={checks.received(options[name])}."
                )

    def drawing(self, progress=False):
        """The function that `sample` calls for a chunk of rows, as `draw`; it checks the family's options.

        Args:
            progress: Whether it shows a bar of its own.
        """
        return self._draw

    def row_keys(self, num, seed=None):
        """Keys of rows 0..num-1 under `seed`, or under the next of the model's stream: (num, 2)."""
        seed = self.check_seed(seed)
        if seed is None:
            with _lock:
                seed = int(rng.integers(self.evaluation_key(), (), 2**31 - 1))
        return rng.row_keys(rng.row_seeds(seed, num))

    def check_seed(self, seed):
        """`seed` as an int in [0, 2**32), or None; TypeError or ValueError otherwise."""
        return None if seed is None else checks.integer("seed", seed, 0, rng.SEEDS - 1)

    def with_condition(self, keys, condition=None):
        """(keys,), or (keys, conditions): the arguments of `draw`, of which a conditional model has two."""
        if self.condition is None and condition is None:
            return (keys,)
        return keys, self.condition_rows(condition, keys)

    def condition_rows(self, condition, keys):
        """The conditions of the rows of `keys`, a tensor: those asked for, else random ones."""
        condition = self.check_condition(condition, len(keys))
        return self._draw_condition(keys) if condition is None else tf.constant(condition)

    def check_condition(self, condition, num):
        """Conditions of `num` rows as an array in the numbers of the networks; None of None."""
        if condition is None:
            return None
        if self.condition is None:
            raise ValueError(
                f"`condition` must be None: {self.name} has no condition. "
                f"Received: condition={checks.received(condition)}."
            )
        return self.condition.rows(condition, num, "condition")

    def example_rows(self, x, condition=None):
        """(x,) or (x, conditions) as tensors, after the checks of `fit`."""
        return self.beside_condition(tf.constant(self.event.check(x, "x")), condition)

    def beside_condition(self, rows, condition):
        """(rows,), or (rows, conditions) of a conditional model, which must be given them."""
        if self.condition is None and condition is None:
            return (rows,)
        self.require_condition(condition)
        return rows, self.condition_rows(condition, rows)

    def require_condition(self, condition):
        """ValueError if a conditional model is given none."""
        if condition is None and self.condition is not None:
            raise ValueError(
                f"`condition` must be given to {self.name}: it is conditional. Received: condition=None."
            )

    # Serving.

    def endpoints(self):
        """Serving signatures: {name: `spaces.Endpoint`}.

        `serving_default` takes one int64 row seed per row (see `kerasgen.ops.rng`): the seed
        s < 2**32 answers with `sample(1, seed=s)`, s + i * 2**32 with its row i. A conditional
        model also takes one condition per row.
        """

        def serving_default(seed, *condition):
            return {"samples": self.draw(rng.row_keys(seed), *condition)}

        inputs = {"seed": spaces.Seeds()} | self.condition_input()
        return {"serving_default": spaces.Endpoint(serving_default, inputs, {"samples": self.event})}

    def condition_input(self):
        """{name: space} of the condition among the inputs of an endpoint; empty without one."""
        return {} if self.condition is None else {self.condition.argument: self.condition}
