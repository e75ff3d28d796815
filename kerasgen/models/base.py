"""ZooModel: what every model of the zoo is, whatever it learns."""

import keras
import numpy as np
import tensorflow as tf

from kerasgen.models import conditions, door, saved_model
from kerasgen.models.players import Players
from kerasgen.ops import checks, replicas, rng


class ZooModel(Players, keras.Model):
    """A Keras model whose training can be repeated, stopped, saved and served.

    A family writes `train_step`, `parts` and `endpoints`. Networks come in through the
    constructor, already built, so that weights can be loaded at birth.

    Args:
        event_shape: Shape of one example, without the batch axis.
        terms: Names of the terms that a step logs; each is averaged over an epoch.
        value_range: (low, high) of the data, or None for any finite value.
        num_classes: Labels are ints in [0, num_classes) and every batch must bring them;
            None where labels are not looked at.
        captions: Texts in the labels' place; see `models.conditions.Texts`.
        ema: Decay in (0, 1) of an exponential moving average of networks, or None for none.
        seed: Int in [0, 2**32) or None. Seeds the stream of keys behind training and
            unseeded sampling. None takes a random one.

    Attributes:
        steps: int64 variable, the number of train steps taken; saved with the model.
        bits: Whether every number of an example must be 0 or 1.
        condition: None, or what examples are conditional on: `models.conditions`.
        alone: None, or in words why the family trains on one device only.
    """

    bits = False
    alone = None

    def __init__(
        self,
        event_shape,
        terms=("loss",),
        value_range=None,
        num_classes=None,
        captions=None,
        ema=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        condition = conditions.of(num_classes, captions)
        if ema is not None:
            checks.number("ema", ema, 0, 1)
        if seed is not None:
            seed = checks.integer("seed", seed, 0, rng.SEEDS - 1)
        self.event_shape = tuple(event_shape)
        self.value_range = value_range and tuple(value_range)
        self.num_classes, self.condition = num_classes, condition
        self.ema, self.seed = ema, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.steps = self.add_weight(
            shape=(), initializer="zeros", dtype="int64", trainable=False, name="steps"
        )
        self.trackers = {name: keras.metrics.Mean(name=name) for name in terms}
        self._averages = []  # pairs (average, network)
        self.built = True  # so that load_weights works before the first call

    # What a family writes, beside train_step.

    def parts(self):
        """{name: networks of equal weights}: what is shipped; the first of each is the one saved."""
        raise NotImplementedError(f"{type(self).__name__} names no parts.")

    def endpoints(self, max_rows=1024):
        """Serving signatures: {name: (function, specs)}; rows come first, outputs have names.

        Args:
            max_rows: Most rows a request may have.
        """
        raise NotImplementedError(f"{type(self).__name__} names no endpoints.")

    def labels_of(self, y):
        """The condition that a batch brings, int32, or None where none is looked at."""
        return None if self.condition is None else tf.cast(y, "int32")

    # The mechanics of a training step, so that train_step can read like its paper.

    def key(self, seed=None):
        """The key of `seed`, or the next of the model's stream; one per replica."""
        if seed is not None:
            return rng.key(seed)
        replica = tf.distribute.get_replica_context()
        number = replica.replica_id_in_sync_group if replica else 0
        return rng.fold_in(rng.key(self.seed_generator), number)

    def descend(self, tape, loss, part, optimizer):
        """One optimizer step on the scalar `loss` for the trainable variables of `part`."""
        variables = part.trainable_variables
        scale = optimizer.scale_loss(tf.ones_like(loss))  # 1 unless mixed_float16
        scale /= tf.distribute.get_strategy().num_replicas_in_sync  # gradients are summed
        gradients = tape.gradient(loss, variables, output_gradients=scale)
        optimizer.apply(gradients, variables)

    def average_of(self, network):
        """A copy of `network` that `end_step` moves by the EMA; `network` itself without EMA."""
        if self.ema is None:
            return network
        average = keras.models.clone_model(network)
        average.set_weights(network.get_weights())
        average.trainable = False
        self._averages = [*self._averages, (average, network)]
        return average

    def both(self, network):
        """What `parts` names of a network: [its average, network], or [network] where there is none."""
        return [average for average, of in self._averages if of is network] + [network]

    def end_step(self, **terms):
        """Ends a train step: counts it, moves the averages, tracks the terms.

        The decay grows with the step as min(ema, (1 + t) / (10 + t)), so that the
        average leaves the random start behind within a few hundred steps.
        """
        self.steps.assign_add(1)
        if self._averages:
            t = tf.cast(self.steps, "float32")
            rate = 1 - tf.minimum(self.ema, (1 + t) / (10 + t))
        for average, network in self._averages:
            for old, new in zip(average.weights, network.weights, strict=True):
                value = tf.convert_to_tensor(old)
                old.assign(value - tf.cast(rate, old.dtype) * (value - new))
        return self.track(**terms)

    def track(self, **terms):
        """Folds the terms of a batch into the epoch's means and returns those."""
        for name, value in terms.items():
            self.trackers[name].update_state(value)
        return {name: replicas.reported(tracker.result()) for name, tracker in self.trackers.items()}

    @property
    def step(self):
        """The number of train steps taken, as an int."""
        return int(np.asarray(self.steps))

    @property
    def metrics(self):
        return list(self.trackers.values())

    # The doors.

    def fit(self, x=None, y=None, batch_size=None, epochs=1, **kwargs):
        """`keras.Model.fit`, with examples checked at the door.

        A dataset of `kerasgen.data` goes on from the model's own step: its order is a
        function of (seed, step), so that two fits of one epoch read what one fit of two does.

        Raises:
            InvalidDataError: If `x` has the wrong shape or type, is empty, not finite or
                out of `value_range`, or labels are missing or out of range; nothing has
                changed then.
            ValueError: If it was compiled for what several replicas cannot do.
            WorkerLostError: If another worker of a distributed run went away.
        """
        replicas.prepare(self)
        with replicas.watched(self.distribute_strategy):
            x, y, kwargs = door.training(self, x, y, kwargs)
            return super().fit(x, y, batch_size=batch_size, epochs=epochs, **kwargs)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Nothing: networks come built. Keras would look at a batch, and cannot on several workers."""

    def evaluate(self, x=None, y=None, **kwargs):
        """`keras.Model.evaluate`, with examples checked at the door."""
        if not kwargs.get("_use_cached_eval_dataset"):  # set by Keras inside `fit`
            x, y = door.checked(self, x, y)
        return super().evaluate(x, y, **kwargs)

    # Saving and serving.

    def get_config(self):
        config = {"ema": self.ema, "seed": self.seed, "name": self.name}
        return config | {"event_shape": self.event_shape, "value_range": self.value_range}

    @classmethod
    def from_config(cls, config):
        def revive(value):
            nested = isinstance(value, dict) and "class_name" in value
            return keras.saving.deserialize_keras_object(value) if nested else value

        return cls(**{name: revive(value) for name, value in config.items()})

    def save_own_variables(self, store):
        """Keras saves no random stream: here every one of the model is stored with its weights."""
        super().save_own_variables(store)
        for index, state in enumerate(self._streams()):
            store[f"stream_{index}"] = state

    def load_own_variables(self, store):
        streams = {name: store[name] for name in store.keys() if name.startswith("stream_")}
        super().load_own_variables({k: store[k] for k in store.keys() if k not in streams})
        for index, state in enumerate(self._streams()):
            if f"stream_{index}" in streams:
                state.assign(streams[f"stream_{index}"])

    def _streams(self):
        return [v for v in self.variables if v.name == "seed_generator_state"]

    def export(self, filepath, format="tf_saved_model", verbose=False, max_rows=1024, **kwargs):
        """Writes a SavedModel whose signatures are `endpoints()`, for TF Serving.

        Args:
            filepath: Folder to make, such as "serving/dcgan_mnist/1".
            format: "tf_saved_model"; Keras's other formats export one call of the model.
            verbose: Whether Keras prints the signatures.
            max_rows: Most rows a request may ask for.

        Raises:
            FileExistsError: If `filepath` exists.
        """
        if format != "tf_saved_model":
            return super().export(filepath, format=format, verbose=verbose, **kwargs)
        saved_model.write(filepath, self, self.endpoints(max_rows), verbose)
