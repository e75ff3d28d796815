"""What several tests share: toys of the zoo's entries, real digits, snapshots of variables."""

import contextlib
import random

import keras
import numpy as np
import pytest
from keras.src.utils import naming

import kerasgen as kg
from kerasgen import registry

keras.utils.set_random_seed(0)  # TensorFlow's own, which Keras shuffles arrays by, stays what it is here


def reseed():
    """Initial weights from here on are those of any other test that begins so.

    Keras draws their seeds from Python's generator. To seed TensorFlow anew would make it forget every kernel
    that it has made; a variable wants none of its own if it has the name and the shape of an earlier one.
    """
    random.seed(0)
    np.random.seed(0)
    naming.reset_uids()


def tiny(name, jit_compile=False, **arguments):
    """An entry of the zoo at toy size, by default without the minute that XLA compiles."""
    model = kg.load(name, pretrained=False, **registry.get_recipe(name).tiny | arguments)
    model.compile_from_config(model.get_compile_config() | {"jit_compile": jit_compile})
    return model


def builds(names):
    """One entry for each function that builds, with and without a condition: others begin as it does."""
    first = {}
    for name in names:
        recipe = registry.get_recipe(name)
        first.setdefault((getattr(recipe.build, "func", recipe.build), recipe.condition), name)
    return [*first.values()]


def one_of_each(names):
    """Parameters of a test of entries, `long` where an earlier one has the same build."""
    first = builds(names)
    return [pytest.param(name, marks=[pytest.mark.long] * (name not in first)) for name in names]


def toy(jit_compile=False, **arguments):
    """A small GAN for images of 8x8 pixels, compiled."""
    model = kg.GAN(
        kg.networks.dcgan.generator((8, 8, 1), latent_dim=4, width=4),
        kg.networks.dcgan.discriminator((8, 8, 1), width=4),
        **{"seed": 0} | arguments,
    )
    adam = lambda: kg.training.FusedAdam(1e-3)
    model.compile(adam(), adam(), jit_compile=jit_compile)
    return model


def noise(num, shape=(8, 8, 1)):
    """Examples in [-1, 1]."""
    return np.random.default_rng(0).uniform(-1, 1, (num, *shape)).astype("float32")


def digits(model, batch_size=40, **arguments):
    """Examples for a model: the packaged digits, as bits or with labels if it reads them; else what its
    spaces hold."""
    space, condition = model.event, model.condition
    options = {"value_range": space.range, "seed": 0} | arguments
    split = options.pop("split", "train")
    if space.shape == (2,) and space.range is None:
        return kg.data.from_array(kg.data.arrays("ring", split)[0][:500], batch_size=batch_size, **options)
    if space.shape != (28, 28, 1):
        told = None if condition is None else condition.examples(7)
        conditions = None if told is None else np.resize(told, (80, *told.shape[1:]))
        return kg.data.from_array(noise(80, space.shape), conditions, batch_size=batch_size, **options)
    images, labels = kg.data.arrays("mnist_small", split)
    if isinstance(space, kg.spaces.Bits):
        images = np.where(images > 127, np.uint8(255), np.uint8(0))
    labels = None if condition is None else labels
    return kg.data.from_array(images, labels, batch_size=batch_size, shuffle=split == "train", **options)


def variables(model):
    """Every variable of a model and its optimizers."""
    return [*model.variables, *(v for optimizer in model.optimizers for v in optimizer.variables)]


def state(model):
    """The same as arrays."""
    return [np.array(v) for v in variables(model)]


def plain(config):
    """A configuration without its networks, whose layers Keras numbers."""
    return {k: v for k, v in config.items() if not (isinstance(v, dict) and "class_name" in v)}


def equal(left, right):
    """Whether two states agree bit for bit."""
    return len(left) == len(right) and all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


@contextlib.contextmanager
def computing_in(policy):
    """Layers made inside compute under a Keras dtype policy."""
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy("float32")


def refusals(calls):
    """A test that calls are refused with the argument's name.

    Args:
        calls: {what is wrong: (function, error, argument)}, or (function, argument) for ValueError.
    """
    rows = [row if len(row) == 3 else (row[0], ValueError, row[1]) for row in calls.values()]

    @pytest.mark.parametrize("call, error, argument", rows, ids=calls)
    def test(call, error, argument):
        with pytest.raises(error) as caught:
            call()
        assert f"`{argument}`" in str(caught.value)

    return test
