"""What Keras neither saves nor says of a model by itself: random streams, spaces and networks."""

import keras

from kerasgen import spaces


def config_of(model, *names):
    """{argument: value} of attributes that are plain data, spaces or objects of Keras, for `get_config`."""
    return plain({name: getattr(model, name) for name in names})


def plain(arguments):
    """{argument: value} with spaces and objects of Keras, such as networks, as plain data."""

    def one(value):
        if isinstance(value, spaces.Space):
            return spaces.to_config(value)
        return keras.saving.serialize_keras_object(value) if hasattr(value, "get_config") else value

    return {name: one(value) for name, value in arguments.items()}


def revive(value):
    """A value of a configuration as the constructor takes it."""
    if isinstance(value, dict) and "space" in value:
        return spaces.from_config(value)
    nested = isinstance(value, dict) and "class_name" in value
    return keras.saving.deserialize_keras_object(value) if nested else value


def streams(model):
    """The state variables of every random stream of a model, those of its layers among them."""
    return [variable for variable in model.variables if variable.name == "seed_generator_state"]


def store_streams(model, store):
    """Puts the states of the random streams into a store of Keras."""
    for index, state in enumerate(streams(model)):
        store[f"stream_{index}"] = state


def take_streams(model, store):
    """Assigns the states of the random streams from a store; the rest of the store."""
    for index, state in enumerate(streams(model)):
        if f"stream_{index}" in store.keys():
            state.assign(store[f"stream_{index}"])
    return {name: store[name] for name in store.keys() if not name.startswith("stream_")}


def description(model):
    """Lines that say what a model takes, gives and serves."""
    latent, ema = getattr(model, "latent", None), model.ema
    facts = {"examples": model.event, "codes": latent, "conditions": model.condition}
    facts |= {"signatures": ", ".join(model.endpoints()), "train steps": f"{model.step:,}"}
    facts |= {"average": None if ema is None else f"of decay {ema:g}, which encodes and samples"}
    lines = [f"  {what:12} {'none' if value is None else value}" for what, value in facts.items()]
    return [f"{model.name}: {type(model).__name__}", *lines]
