"""Optimizers: one for every network, or one for each player of a game."""

import keras


class Players:
    """Mixin of `ZooModel`: `compile` and its configuration, whatever the optimizers and their number."""

    def compile(self, optimizer="adam", **kwargs):
        """One optimizer for every network, built at once; the rest goes to `keras.Model.compile`."""
        self.compile_players({"optimizer": (optimizer, self)}, **kwargs)

    def compile_players(self, players, **kwargs):
        """What a family's `compile` is made of: its arguments, and what each of them moves.

        Args:
            players: {argument of `compile`: (optimizer, part)}. An argument becomes the attribute
                of its name; the one of a single optimizer becomes `network_optimizer`.
            **kwargs: Of `keras.Model.compile`.
        """
        super().compile(optimizer=None, **kwargs)
        self._players = tuple(players)
        for argument, (optimizer, part) in players.items():
            attribute = "network_optimizer" if argument == "optimizer" else argument
            setattr(self, attribute, self.prepare(optimizer, part))

    def prepare(self, optimizer, part):
        """An optimizer built on `part`, under loss scaling if `part` computes in float16."""
        optimizer = keras.optimizers.get(optimizer)
        scaled = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
        if not scaled and any(layer.compute_dtype == "float16" for layer in part.layers):
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        if not optimizer.built:
            optimizer.build(part.trainable_variables)
        return optimizer

    @property
    def optimizers(self):
        """Every optimizer of the compiled model, in the order of `compile`."""
        return [v for v in vars(self).values() if isinstance(v, keras.optimizers.Optimizer)]

    def get_compile_config(self):
        config = super().get_compile_config()  # jit_compile, steps_per_execution, ...
        del config["optimizer"]
        optimizers = zip(self._players, self.optimizers, strict=True)
        return config | {name: keras.saving.serialize_keras_object(each) for name, each in optimizers}

    def compile_from_config(self, config):
        revive = keras.saving.deserialize_keras_object
        self.compile(**{name: revive(value) for name, value in config.items()})
