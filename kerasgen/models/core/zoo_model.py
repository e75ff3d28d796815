"""ZooModel: what every model of the zoo is, whatever it learns."""

import keras
import numpy as np
import tensorflow as tf

from kerasgen import backend, spaces
from kerasgen.models.core import batches, data_adapter, fit_arguments, optimizers, saved_model, saving
from kerasgen.models.core.abilities import refuse
from kerasgen.models.core.averages import Averages
from kerasgen.ops import checks, replicas, rng

FORMATS = ("tf_saved_model", "onnx", "openvino", "litert", "torch")  # in which Keras exports


class ZooModel(keras.Model):
    """A Keras model whose training can be repeated, interrupted, resumed, saved and served.

    A family writes `train_step`, `components` and `endpoints`. Networks come in through the constructor,
    already built, so that weights can be loaded as soon as the model exists.

    Args:
        event: `kerasgen.spaces.Space` of one example.
        condition: Space of what a batch brings beside the examples, such as `spaces.Label(10)`; or None,
            where labels are not read.
        ema: Decay in (0, 1) of an exponential moving average of networks, or None for none.
        seed: Int in [0, 2**32) or None. Seeds the streams of keys behind training, evaluation and unseeded
            sampling. None takes a random one.
        metric_names: Names of what a step logs; each is averaged over an epoch.
        name: Of the model.

    Attributes:
        iterations: int64 variable, the number of train steps taken; saved with the model.
        single_device_reason: None, or the reason why the family trains on one device only.
        weighted: Whether `fit` takes `sample_weight` and `class_weight`: the objective is then a mean
            over examples, in which each counts as much as its weight says.
        optimizer_steps: {argument of `compile`: steps of that optimizer in a train step}; else 1.
    """

    single_device_reason = None
    weighted = False
    optimizer_steps = {}  # noqa: RUF012 - never changed
    __getattr__ = refuse  # called for what is not there

    def __init__(
        self, event, condition=None, ema=None, seed=None, metric_names=("loss",), name=None, **kwargs
    ):
        backend.check()
        checks.name("name", name)
        super().__init__(name=name, **kwargs)
        self.event, self.condition = event, spaces.as_condition(condition)
        self.ema = None if ema is None else checks.number("ema", ema, 0, 1, "()")
        self.seed = None if seed is None else checks.integer("seed", seed, 0, rng.SEEDS - 1)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        other = None if self.seed is None else (self.seed + rng.SEEDS // 2) % rng.SEEDS
        self.evaluation_seed_generator = keras.random.SeedGenerator(other)
        self.iterations = self.add_weight((), "zeros", "int64", trainable=False, name="iterations")
        self.trackers = {name: keras.metrics.Mean(name=name) for name in metric_names}
        self._averages = Averages(self.ema)
        self.built = True  # so that load_weights works before the first call

    # What a family writes, beside train_step.

    def components(self):
        """{name: networks of equal weights}: what is shipped; the first of each is the one saved."""
        raise NotImplementedError(f"{type(self).__name__} names no components.")

    def endpoints(self):
        """Serving signatures, {name: `spaces.Endpoint`}."""
        raise NotImplementedError(f"{type(self).__name__} names no endpoints.")

    # The mechanics of a training step, so that train_step can read like its paper.

    def unpack(self, data):
        """(x, condition or None, weights (batch,) or None) of what `fit` gives a step."""
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        condition = None if self.condition is None else tf.cast(y, self.condition.dtype)
        return x, condition, weight

    def key(self):
        """The next key of the training stream; one per replica."""
        return rng.fold_in(rng.key(self.seed_generator), replicas.number())

    def evaluation_key(self):
        """The next key of the stream of `evaluate`, apart from that of training; one per replica."""
        return rng.fold_in(rng.key(self.evaluation_seed_generator), replicas.number())

    def minimize(self, tape, loss, part, optimizer):
        """One optimizer step on the scalar `loss` for the trainable variables of `part`."""
        optimizers.minimize(tape, loss, part, optimizer)

    def average_of(self, network):
        """A copy of `network` that `finish_step` moves by the EMA; `network` itself without EMA."""
        return self._averages.add(network)

    def with_average(self, network):
        """What `components` lists of a network: [its average, network], or [network] without an average."""
        return [*self._averages.of(network), network]

    def finish_step(self, **terms):
        """Ends a train step: counts it, moves the averages, tracks the terms."""
        self.iterations.assign_add(1)
        self._averages.update(self.iterations)
        return self.track(**terms)

    def track(self, weight=None, **terms):
        """Folds the terms of a batch into the epoch's means and returns those.

        Args:
            weight: Of each example, (batch,), for terms of shape (batch, ...); or None.
            **terms: Tensors.
        """
        for name, value in terms.items():
            self.trackers[name].update_state(value, sample_weight=weight)
        return {name: replicas.reported(tracker.result()) for name, tracker in self.trackers.items()}

    @property
    def step(self):
        """The number of train steps taken, as an int."""
        return int(np.asarray(self.iterations))

    @property
    def metrics(self):
        return list(self.trackers.values())

    def summary(self, line_length=None, positions=None, print_fn=None, **kwargs):
        """Prints what the model takes, gives and serves, then Keras's table; arguments as there."""
        list(map(print if print_fn is None else print_fn, saving.description(self)))
        super().summary(line_length, positions, print_fn, **kwargs)

    def compile(self, optimizer="adam", jit_compile="auto", steps_per_execution=1, run_eagerly=False):
        """One optimizer for every network, built at once.

        Args:
            optimizer: Of Keras, or its name.
            jit_compile, steps_per_execution, run_eagerly: As in Keras; the objective is the family's own.
        """
        settings = {"jit_compile": jit_compile, "steps_per_execution": steps_per_execution}
        self.compile_players({"optimizer": (optimizer, self)}, run_eagerly=run_eagerly, **settings)

    def compile_players(self, players, **settings):
        """What a family's `compile` is made of: its optimizers, and what each of them moves.

        Args:
            players: {argument of `compile`, also the attribute: (optimizer, part of the model)}.
            **settings: The other arguments of `compile`.
        """
        settings = optimizers.settings(**settings)
        ready = optimizers.prepare_all(players)
        super().compile(optimizer=None, **settings)
        self._optimizer_names = tuple(ready)
        for name, optimizer in ready.items():
            setattr(self, name, optimizer)

    @property
    def optimizers(self):
        """Every optimizer of the compiled model, in the order of `compile`."""
        return [getattr(self, name) for name in getattr(self, "_optimizer_names", ())]

    def get_compile_config(self):
        players = dict(zip(self._optimizer_names, self.optimizers, strict=True))
        return optimizers.config(super().get_compile_config(), players)

    def compile_from_config(self, config):
        self.compile(**optimizers.revived(config))

    # Training on checked data.

    def fit(self, x=None, y=None, batch_size=None, epochs=1, verbose="auto", callbacks=None, **kwargs):
        """`keras.Model.fit`, with data checked before anything changes.

        A dataset of `kerasgen.data` goes on from the model's own step: its order is a function of
        (seed, step), so that two fits of one epoch read what one fit of two reads.

        Args:
            x: Examples (num, *event.shape), a dataset of `kerasgen.data`, a `tf.data.Dataset` of batches x,
                (x, y) or (x, y, sample_weight), a generator of such batches, or a `keras.utils.PyDataset`.
            y: Conditions of the examples of an array, for a model that has a condition.
            batch_size, epochs, verbose, callbacks, **kwargs: As in Keras.

        Raises:
            InvalidDataError: If `x` has the wrong shape or type, is empty, not finite or out of range, if
                conditions are missing or out of range, or weights are not numbers >= 0; nothing of that
                batch has changed then.
            ValueError: If the family takes no sample weights and some are given, or if a callback or
                several replicas cannot do what is asked.
            WorkerLostError: If another worker of a distributed run went away.
        """
        optimizers.check_callbacks(self, callbacks)
        fit_arguments.check("fit", {"batch_size": batch_size, "epochs": epochs, "verbose": verbose} | kwargs)
        replicas.prepare(self)
        with replicas.watched(self.distribute_strategy), batches.typed():
            x, y, kwargs = data_adapter.training(self, x, y, kwargs)
            return super().fit(x, y, batch_size, epochs, verbose, callbacks, **kwargs)

    def _make_function(self, step_function):
        return super()._make_function(data_adapter.after_batch(step_function))

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Nothing: networks come built. Keras would look at a batch, and cannot on several workers."""

    def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", sample_weight=None, **kwargs):
        """`keras.Model.evaluate`, with data checked as in `fit`. It leaves the training stream as it is."""
        if not kwargs.get("_use_cached_eval_dataset"):  # set by Keras inside `fit`
            optimizers.check_callbacks(self, kwargs.get("callbacks"))
            fit_arguments.check("evaluate", {"batch_size": batch_size, "verbose": verbose} | kwargs)
            x, y, sample_weight = data_adapter.evaluation(self, x, y, sample_weight, kwargs.get("steps"))
        with batches.typed():
            return super().evaluate(x, y, batch_size, verbose, sample_weight, **kwargs)

    # Saving and serving.

    def get_config(self):
        return {"ema": self.ema, "seed": self.seed, "name": self.name}

    def config_of(self, *names):
        """{argument: value} of attributes that are plain data, spaces or networks, for `get_config`."""
        return saving.config_of(self, *names)

    @classmethod
    def from_config(cls, config):
        return cls(**{name: saving.revive(value) for name, value in config.items()})

    def save_own_variables(self, store):
        """Stores every random stream with the weights, which Keras does not."""
        super().save_own_variables(store)
        saving.store_streams(self, store)

    def load_own_variables(self, store):
        super().load_own_variables(saving.take_streams(self, store))

    def export(self, filepath, format="tf_saved_model", verbose=False, max_rows=1024, **kwargs):
        """Writes a SavedModel whose signatures are `endpoints()`, for TF Serving.

        Args:
            filepath: Folder to make, such as "serving/dcgan_mnist/1".
            format: "tf_saved_model"; Keras's other formats export one call of the model.
            verbose: Whether the signatures are printed.
            max_rows: Most rows that a request may have.

        Raises:
            FileExistsError: If `filepath` exists.
            TypeError, ValueError: If an argument is none of these.
        """
        checks.choice("format", format, FORMATS)
        if format != "tf_saved_model":
            return super().export(filepath, format=format, verbose=verbose, **kwargs)
        saved_model.refuse(kwargs)
        saved_model.write(filepath, self.endpoints(), max_rows, verbose)
