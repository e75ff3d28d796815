"""Examples addressed by index: what a train step reads is a function of (seed, step)."""

import collections.abc
import dataclasses
import functools

import numpy as np
import tensorflow as tf

from kerasgen.data import purity
from kerasgen.ops import checks, rng

MOST_STEPS = 2**40
NUMBERS = 2**31  # of epochs, which are int32 in a seed


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class IndexedDataset:
    """Batches of examples, of which the one that a train step reads is a function of (seed, step).

    The examples form an endless stream. With batch size B, train step s reads positions s B to
    (s + 1) B - 1, so that `from_step(s)` goes on exactly where an interrupted run stopped, and replicas can
    read disjoint shares of one batch. Iterating over the dataset gives one epoch, in another order each time
    it is started. `GenerativeModel.fit`, `evaluate` and `validation_data` take it as it is; everything else
    that wants a `tf.data.Dataset` takes `as_dataset()`.

    Made by `from_array`, `from_arrays`, `from_folder` and `load`. It does not change: `map` and `batch`
    return another one.

    Args:
        read: Function of positions in the stream, int64 (batch,), that returns the examples which stand
            there, stacked: a tensor, or a structure of tensors, each with the batch as its first axis.
        num_examples: Examples of one epoch, >= 1.
        batch_size: Examples of one batch, 1 to `num_examples`.
        shuffle: Whether `read` shuffles. If so, each iteration is another epoch and leaves out the
            incomplete last batch; if not, an epoch is read in order to its last example.
        seed: Int in [0, 2**31), of the epochs' numbers and of the keys of `map`.
        class_names: Names of the classes that the labels number, or None.
        num_maps: How many functions have been applied by `map`.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """

    read: collections.abc.Callable
    num_examples: int
    batch_size: int
    shuffle: bool = True
    seed: int = 0
    class_names: tuple | None = None
    num_maps: int = 0

    def __post_init__(self):
        checks.function("read", self.read)
        num = checks.integer("num_examples", self.num_examples, 1, 2**31 - 1)
        found = {
            "num_examples": num,
            "batch_size": checks.integer("batch_size", self.batch_size, 1, num),
            "shuffle": checks.flag("shuffle", self.shuffle),
            "seed": checks.integer("seed", self.seed, 0, 2**31 - 1),
            "num_maps": checks.integer("num_maps", self.num_maps, 0, 2**31 - 1),
        }
        if self.class_names is not None:
            found["class_names"] = checks.texts("class_names", self.class_names)
        for name, value in found.items():
            object.__setattr__(self, name, value)

    @property
    def steps_per_epoch(self):
        """Whole batches of one epoch."""
        return self.num_examples // self.batch_size

    @property
    def element_spec(self):
        """The structure of a batch: `tf.TensorSpec`s with the batch as their first axis."""
        return self.as_dataset().element_spec

    def from_step(self, step, replicas=range(1), of=1):
        """The endless `tf.data.Dataset` of the batches from train step `step` on.

        A batch may reach into the next epoch, so that every example is shown once an epoch.

        Args:
            step: Int >= 0.
            replicas: Range of the shares to read, one after the other, within [0, of).
            of: Number of equal shares that each batch is cut into; divides `batch_size`.

        Raises:
            TypeError, ValueError: If an argument is none of these.
        """
        step = checks.integer("step", step, 0, MOST_STEPS)
        of = checks.integer("of", of, 1, self.batch_size)
        if self.batch_size % of:
            raise ValueError(f"`of` must divide the batch size {self.batch_size}. Received: of={of}.")
        shares = isinstance(replicas, range) and replicas.step == 1
        if not (shares and 0 <= replicas.start < replicas.stop <= of):
            raise ValueError(
                f"`replicas` must be a range within 0 to {of}. Received: {checks.received(replicas)}."
            )
        share = self.batch_size // of

        def batch(number):
            replica = replicas.start + number % len(replicas)
            first = (number // len(replicas)) * self.batch_size + replica * share
            return self.read(first + tf.range(share, dtype="int64"))

        return _mapped(tf.data.Dataset.counter(step * len(replicas)), batch)

    def at_step(self, step):
        """The batch that train step `step` reads: a tensor, or a structure of tensors.

        Args:
            step: Int >= 0.
        """
        first = checks.integer("step", step, 0, MOST_STEPS) * self.batch_size
        with tf.device("CPU"):
            return self.read(first + tf.range(self.batch_size, dtype="int64"))

    def as_dataset(self):
        """One epoch as a `tf.data.Dataset`, in another order each time it is started if shuffled.

        What is then applied to it (`map`, `shuffle`, `filter`) is TensorFlow's own: a model that is trained
        on the result does not go on from its step.
        """
        return self._epoch

    def take(self, count):
        """A `tf.data.Dataset` of the first `count` batches of an epoch, for a look at them."""
        return self.as_dataset().take(checks.integer("count", count, 0, MOST_STEPS))

    def batch(self, batch_size):
        """The same examples in batches of another size, 1 to `num_examples`."""
        return dataclasses.replace(self, batch_size=batch_size)

    def map(self, function, keyed=False):
        """The dataset of `function(*batch)`, with resuming as exact as before.

        The function gets whole batches: the members of a tuple as separate arguments, any other structure
        as one. Random augmentation takes its randomness from keys, which are a function of (seed, position
        in the stream); each epoch thus has its own, and a resumed run the same. For example, mirroring:

            def mirror(keys, images):
                coins = rng.by_row(lambda key: rng.uniform(key, ()), keys)
                return tf.where(coins[:, None, None, None] < 0.5, images[:, :, ::-1], images)

            dataset.map(mirror, keyed=True)

        Args:
            function: Function of the batch, written with TensorFlow operations, that returns the new batch:
                one row for each row. It must not depend on anything but its arguments.
            keyed: Whether it gets keys before the batch: int32 (batch, 2), one for each row, as in
                `kerasgen.ops.rng` and `tf.random.stateless_uniform`.

        Raises:
            TypeError: If `function` cannot be called, or `keyed` is no bool.
            ValueError: If the function draws random numbers without keys, runs Python or changes variables,
                so that a resumed run would read other batches; or if it does not return one row for each.
        """
        checks.function("function", function)
        traced = tf.function(lambda *arguments: function(*arguments))
        key_seed = _key_seed(self.seed, self.num_maps) if checks.flag("keyed", keyed) else None

        def read(positions):
            batch = self.read(positions)
            arguments = batch if type(batch) is tuple else (batch,)
            if key_seed is not None:
                arguments = (rng.row_keys(key_seed + positions % NUMBERS * rng.SEEDS), *arguments)
            found = traced(*arguments)
            return tuple(found) if isinstance(found, list) else found

        mapped = dataclasses.replace(self, read=read, num_maps=self.num_maps + 1)
        purity.check("function", read, self.batch_size)
        return mapped

    @functools.cached_property
    def _epoch(self):
        num, size = np.int64(self.num_examples), self.batch_size
        stop = num - num % size if self.shuffle else num

        @tf.autograph.experimental.do_not_convert
        def epoch(number):
            origin = number % NUMBERS * num if self.shuffle else np.int64(0)

            def batch(start):
                positions = tf.range(start, tf.minimum(start + size, num))
                if self.shuffle:
                    positions = tf.ensure_shape(positions, [size])
                return self.read(origin + positions)

            return _mapped(tf.data.Dataset.range(0, stop, size), batch)

        numbers = tf.data.Dataset.random(seed=self.seed, rerandomize_each_iteration=self.shuffle).take(1)
        dataset = numbers.flat_map(epoch)
        return dataset.apply(tf.data.experimental.assert_cardinality(-(-stop // size)))

    def __iter__(self):
        return iter(self.as_dataset())

    def __len__(self):
        """Batches that one iteration gives."""
        return self.steps_per_epoch if self.shuffle else -(-self.num_examples // self.batch_size)

    def __repr__(self):
        return (
            f"<IndexedDataset of {self.num_examples} examples in batches of {self.batch_size}, "
            f"seed {self.seed}, {'shuffled' if self.shuffle else 'in order'}: {self.element_spec}>"
        )


def _mapped(numbers, batch):
    batch = tf.autograph.experimental.do_not_convert(batch)
    dataset = numbers.map(batch, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    return dataset.prefetch(tf.data.AUTOTUNE)


def _key_seed(seed, num_maps):
    """A seed in [0, 2**32) for the keys of one function; far from those that a person would choose."""
    return int(np.random.SeedSequence([seed, num_maps]).generate_state(1)[0])
