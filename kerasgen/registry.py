"""The registry: a name to a recipe, to a model with weights."""

import difflib
import fnmatch
import functools
import importlib
import importlib.util
import os
import pkgutil
import random
import sys

from kerasgen.errors import MissingWeightsError, UnknownNameError
from kerasgen.recipe import FAMILIES, LIKELIHOODS, Recipe, Record


def load(name, pretrained=True, dtype=None, **arguments):
    """A compiled model of the zoo, with its pretrained weights, ready for `sample` and `fit`.

    Args:
        name: One of `list_models()`.
        pretrained: False leaves the weights as the recipe's seed draws them.
        dtype: Keras dtype policy of its layers, such as "mixed_bfloat16"; default the global one.
        **arguments: For the entry's `build`, such as `seed`; those that change a
            network's shape need `pretrained=False`.

    Raises:
        UnknownNameError: If there is no such entry; names near matches.
        MissingWeightsError: If pretrained weights are asked for and there are none.
        CorruptWeightsError: If the weights are not those of the Record.
    """
    from kerasgen import weights

    record = None
    if pretrained:
        record = get_record(name)
        if record is None:
            raise MissingWeightsError(
                f"`{name}` has no pretrained weights: train it, or pass pretrained=False."
            )
    model = build(name, dtype, **arguments)
    if record:
        weights.load(model, weights_path(name), record)
    return model


def build(name, dtype=None, **arguments):
    """The entry's model, compiled, at the random weights of its seed.

    Keras draws initial weights from its global seed, which is therefore set; the
    generators of Python and NumPy are left as they were.
    """
    import keras
    import numpy as np

    recipe = get_recipe(name)
    arguments = {"seed": recipe.seed} | arguments
    states = random.getstate(), np.random.get_state()
    policy = keras.config.dtype_policy()
    if arguments["seed"] is not None:
        keras.utils.set_random_seed(arguments["seed"])
    try:
        keras.config.set_dtype_policy(dtype or policy)
        model = recipe.build(**arguments)
    finally:
        keras.config.set_dtype_policy(policy)
        random.setstate(states[0])
        np.random.set_state(states[1])
    model.name = name
    return model


def list_models(pattern="*", family=None, dataset=None, likelihood=None, pretrained=None):
    """Names of the entries, sorted, that match every filter given.

    Args:
        pattern: Glob, such as "*_mnist".
        family: One of `recipe.FAMILIES`.
        dataset: Name of the data trained on.
        likelihood: One of `recipe.LIKELIHOODS`.
        pretrained: True for entries with weights, False for those without.

    Raises:
        ValueError: If `family` or `likelihood` is no such word.
    """
    for word, value, known in (("family", family, FAMILIES), ("likelihood", likelihood, LIKELIHOODS)):
        if value is not None and value not in known:
            raise ValueError(f"`{word}` must be one of {known}. Received: {word}={value!r}.")

    def fits(name):
        recipe = get_recipe(name)
        return (
            family in (None, recipe.family)
            and dataset in (None, recipe.data)
            and likelihood in (None, recipe.likelihood)
            and pretrained in (None, get_record(name) is not None)
        )

    return [name for name in fnmatch.filter(_names(), pattern) if fits(name)]


def describe(name):
    """What is known of an entry without building it: a dictionary of plain data."""
    recipe, record = get_recipe(name), get_record(name)
    summary, _, details = _module(name).__doc__.partition("\n\n")
    return {
        "name": name,
        "summary": summary.replace("\n", " "),
        "details": details.strip().replace("\n", " "),
        "family": recipe.family,
        "dataset": recipe.data,
        "likelihood": recipe.likelihood,
        "condition": recipe.condition,
        "pretrained": record is not None,
        "parameters": sum(record.parameters.values()) if record else None,
        "paper": recipe.reference.paper,
        "arxiv": recipe.reference.arxiv,
        "link": recipe.reference.link,
    }


def get_recipe(name) -> Recipe:
    """The recipe of an entry; UnknownNameError if there is none."""
    return _module(name).recipe


def get_record(name) -> Record | None:
    """The Record of an entry's weights, or None."""
    _module(name)
    path = os.path.join(root(), "weights", f"{name}.json")
    return Record.read(path) if os.path.exists(path) else None


def weights_path(name):
    """Where an entry's weight file lies."""
    return os.path.join(root(), "weights", f"{name}.weights.h5")


def root():
    """The folder of the zoo."""
    return os.path.dirname(_zoo().__file__)


def _names():
    return sorted(info.name for info in pkgutil.iter_modules(_zoo().__path__))


@functools.cache
def _module(name):
    names = _names()
    if name not in names:
        near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.4)
        hint = f"Did you mean {', '.join(near)}?" if near else f"Known: {', '.join(names)}."
        raise UnknownNameError(f"`name` is not in the zoo. Received: {name!r}. {hint}")
    return importlib.import_module(f"kerasgen.zoo.{name}")


@functools.cache
def _zoo():
    """The package `kerasgen.zoo`: inside kerasgen/ where it is installed, else the zoo/ beside it.

    The folder decides, not the import path, on which another checkout may stand.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    if os.path.exists(os.path.join(here, "zoo", "__init__.py")):
        return importlib.import_module("kerasgen.zoo")
    folder = os.path.join(os.path.dirname(here), "zoo")
    spec = importlib.util.spec_from_file_location(
        "kerasgen.zoo", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    sys.modules["kerasgen.zoo"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
