"""The registry: from a name to a recipe, and to a model with its weights."""

import difflib
import fnmatch
import importlib
import os
import pkgutil
import random
import sys
import warnings
from typing import TYPE_CHECKING, Any

from kerasgen import arguments as checked, backend, fetch, saved
from kerasgen.errors import CorruptWeightsError, MissingWeightsError, UnknownNameError
from kerasgen.fields import received
from kerasgen.recipe import FAMILIES, LIKELIHOODS, Recipe
from kerasgen.record import Record
from kerasgen.zoo_package import zoo_package

if TYPE_CHECKING:
    from kerasgen.models import GenerativeModel


def load(
    name: str | os.PathLike[str],
    pretrained: bool = True,
    dtype: Any = None,
    **arguments: Any,
) -> "GenerativeModel":
    """A compiled model with its weights, ready for `sample` and `fit`: of the zoo, of a run, or of a file.

    Args:
        name: One of `list_models()`; or the folder of a training run, whose newest sound checkpoint is
            restored; or a `.keras` file. A folder whose name is also an entry's needs a slash, as "./mnist".
        pretrained: False leaves the weights as the seed draws them; for entries only.
        dtype: Keras dtype policy of the layers, such as "mixed_bfloat16"; default the run's, or the global
            one. A `.keras` file has its own.
        **arguments: For the entry's `build`, such as `seed`; those that change a network's shape need
            `pretrained=False`. A `.keras` file takes none.

    Raises:
        UnknownNameError: If there is no such entry, folder or file; names near matches.
        MissingWeightsError: If there are no pretrained weights, or no checkpoint.
        CorruptWeightsError: If the weights are not those of the Record, or a run or file is damaged.
        ValueError, TypeError: If an argument is wrong, or Keras is set up for something else than
            TensorFlow, float32 and channels last.
    """
    path = saved.path_of(checked.name_or_path("name", name), _names())
    checked.flag("pretrained", pretrained)
    if path is not None:
        return _load_path(path, pretrained, dtype, arguments)
    record = get_record(name) if pretrained else None
    if pretrained and record is None:
        raise MissingWeightsError(f"`{name}` has no pretrained weights: train it, or pass pretrained=False.")
    model = build(name, dtype, **arguments)
    if record:
        from kerasgen import weights
        from kerasgen.models.core import optimizers

        checked.require_fit(name, weights.manifest(model), record, {"dtype": dtype} | arguments)
        weights.load(model, weights_path(name), record)
        optimizers.go_on_from(model, record.steps)
    return model


def build(name: str, dtype: Any = None, **arguments: Any) -> "GenerativeModel":
    """The entry's model, compiled, with the random weights of its seed.

    Keras draws the seeds of initial weights from Python's generator, which is therefore seeded; it is left as
    it was, as are those of NumPy, Keras and TensorFlow.

    Raises:
        UnknownNameError: If there is no such entry.
        ValueError, TypeError: If an argument is wrong; also as in `backend.check`.
    """
    recipe = get_recipe(name)
    backend.check()
    import keras

    arguments = checked.of_build(name, recipe, arguments)
    state = random.getstate()
    policy = keras.config.dtype_policy()
    chosen = checked.policy(dtype)
    if arguments["seed"] is not None:
        random.seed(arguments["seed"])
    try:
        keras.config.set_dtype_policy(chosen)
        model = recipe.build(**arguments)
    except (TypeError, ValueError) as error:
        checked.refuse_passed_on(name, arguments, error)
        raise
    finally:
        keras.config.set_dtype_policy(policy)
        random.setstate(state)
    model.name = name
    return model


def list_models(
    pattern: str = "*",
    family: str | None = None,
    dataset: str | None = None,
    likelihood: str | None = None,
    pretrained: bool | None = None,
) -> list[str]:
    """Names of the entries, sorted, that match every filter given.

    Args:
        pattern: Glob, such as "*_mnist".
        family: One of `recipe.FAMILIES`.
        dataset: Name of the data trained on.
        likelihood: One of `recipe.LIKELIHOODS`.
        pretrained: True for entries with weights, False for those without.

    Raises:
        TypeError: If `pattern` or `dataset` is no string, or `pretrained` no bool.
        ValueError: If `family`, `likelihood` or `dataset` is none that an entry can have, or has.
    """
    names = fnmatch.filter(_names(), checked.name("pattern", pattern))
    recipes = {name: get_recipe(name) for name in _names()}
    checked.one_of("family", family, FAMILIES)
    checked.one_of("dataset", dataset, sorted({recipe.data for recipe in recipes.values()}))
    checked.one_of("likelihood", likelihood, LIKELIHOODS)
    if pretrained is not None:
        checked.flag("pretrained", pretrained)

    def fits(name):
        recipe = recipes[name]
        return (
            family in (None, recipe.family)
            and dataset in (None, recipe.data)
            and likelihood in (None, recipe.likelihood)
            and pretrained in (None, _sound_record(name) is not None)
        )

    return [name for name in names if fits(name)]


def describe(name: str) -> dict[str, Any]:
    """What is known of an entry without building it: a dictionary of plain data.

    An entry whose Record is damaged is described as not pretrained, with a warning.

    Raises:
        UnknownNameError: If there is no such entry.
    """
    recipe, record = get_recipe(name), _sound_record(name)
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


def get_recipe(name: str) -> Recipe:
    """The recipe of an entry; UnknownNameError if there is none."""
    return _module(name).recipe


def get_record(name: str) -> Record | None:
    """The Record of an entry's weights, or None.

    Raises:
        UnknownNameError: If there is no such entry.
        CorruptWeightsError: If its Record is damaged, or another entry's.
    """
    _module(name)
    path = os.path.join(root(), "weights", f"{name}.json")
    if not os.path.lexists(path):
        return None
    try:
        record = Record.read(path)
        if record.name != name:
            raise CorruptWeightsError(f"it is that of {record.name!r}")
    except CorruptWeightsError as error:
        raise CorruptWeightsError(f"`weights` of {name} have a damaged Record: {error}") from error
    return record


def weights_path(name: str) -> str:
    """Path of an entry's weight file: the one shipped, or fetched from the `url` of its Record.

    Raises:
        MissingWeightsError: If the entry has no weights, or they cannot be fetched.
        CorruptWeightsError: If the Record is damaged, or what was fetched.
    """
    record = get_record(name)
    if record is None:
        raise MissingWeightsError(f"`name` has no weights. Received: {name!r}.")
    path = os.path.join(root(), "weights", record.file_name)
    return fetch.weights(record) if record.url and not os.path.exists(path) else path


def root() -> str:
    """The folder of the zoo."""
    return os.path.dirname(zoo_package().__file__)


def _load_path(path, pretrained, dtype, arguments):
    """The model of a run's folder or of a `.keras` file."""
    if not pretrained:
        raise ValueError(f"`pretrained` must be True for a path. Received: pretrained=False, name={path!r}.")
    if path.endswith(".keras"):
        for argument, value in ({"dtype": dtype} | arguments).items():
            if value is not None:
                raise ValueError(f"`{argument}` is fixed in {path!r}. {received(argument, value)}")
        backend.check()
        return saved.open_model(path)
    settings = saved.read_settings(path)
    begun = saved.built_with(settings)
    dtype = settings.get("dtype") if dtype is None else dtype
    model = build(settings["name"], dtype, **begun | arguments)
    saved.restore(model, path)
    return model


def _sound_record(name):
    """The Record of an entry, or None; with a warning if it is damaged."""
    try:
        return get_record(name)
    except CorruptWeightsError as error:
        warnings.warn(f"{error} It counts as not pretrained.", stacklevel=3)
        return None


def _names():
    return sorted(info.name for info in pkgutil.iter_modules(zoo_package().__path__))


def _module(name):
    full = f"kerasgen.zoo.{checked.name('name', name)}"
    if full in sys.modules:
        return sys.modules[full]
    names = _names()
    if name not in names:
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
        hint = f"Did you mean {', '.join(near)}?" if near else f"Known: {', '.join(names)}."
        raise UnknownNameError(f"`name` is not in the zoo. Received: {name!r:.200}. {hint}")
    return importlib.import_module(full)
