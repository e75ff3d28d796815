"""Models that were saved outside the zoo: the folder of a training run, or a `.keras` file."""

import json
import os
import warnings

from kerasgen.errors import CorruptWeightsError, MissingWeightsError, UnknownNameError


def path_of(name, names):
    """`name` as a path, or None if it is to be looked up among the entries of the zoo.

    A path is a `pathlib.Path`, or a string with a slash. Other strings are entries if they are in `names`,
    even where a folder of that name exists; else paths, if there is such a `.keras` file or folder of a run.
    """
    if isinstance(name, os.PathLike):
        return os.fsdecode(name)
    if "/" in name or os.sep in name:
        return name
    if name in names:
        return None
    there = os.path.isfile(name) if name.endswith(".keras") else os.path.exists(_settings_path(name))
    return name if there else None


def read_settings(folder):
    """The settings of the run in a folder, {"name", "seed", "dtype", ...}, as `kerasgen train` wrote them.

    Raises:
        UnknownNameError: If there is no such folder, or it is none of a run.
        CorruptWeightsError: If its run.json is damaged.
    """
    path = _settings_path(folder)
    if not os.path.isfile(path):
        found = "no run.json in it" if os.path.isdir(folder) else "no such file or folder"
        raise UnknownNameError(
            "`name` must be an entry of the zoo, the folder of a training run or a .keras file. "
            f"Received: name={folder!r}, {found}."
        )
    try:
        with open(path, encoding="utf-8") as file:
            settings = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        raise CorruptWeightsError(f"`name` holds a damaged run.json: {path!r}. {error}") from error
    if not (isinstance(settings, dict) and isinstance(settings.get("name"), str)):
        raise CorruptWeightsError(f"`name` holds a run.json that names no entry of the zoo: {path!r}.")
    return settings


def built_with(settings):
    """The arguments of `build` that the model of a run was made with; sequences are tuples again."""
    found = settings.get("arguments", {})
    found = {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}
    return found | ({"seed": settings["seed"]} if "seed" in settings else {})


def restore(model, folder):
    """Loads the newest sound checkpoint of the run in `folder` into its model.

    Raises:
        MissingWeightsError: If there is no checkpoint.
        CorruptWeightsError: If all are damaged, or of another model.
    """
    from kerasgen import training

    if training.Checkpoint(os.path.join(folder, "checkpoint")).restore(model) is None:
        raise MissingWeightsError(f"`name` holds no checkpoint yet. Received: name={folder!r}.")


def open_model(path):
    """The model in a `.keras` file, with its optimizers.

    Raises:
        UnknownNameError: If there is no such file.
        CorruptWeightsError: If Keras cannot read it, or only without the state of an optimizer.
    """
    import keras

    if not os.path.isfile(path):
        raise UnknownNameError(f"`name` must be an existing file. Received: name={path!r}.")
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "Skipping variable loading", UserWarning)
            return keras.models.load_model(path)
    except Exception as error:  # of many kinds: the archive, its JSON, HDF5, a class that is not known
        reason = " ".join(str(error).split())
        raise CorruptWeightsError(
            f"`name` cannot be read as a Keras model. Received: name={path!r}. {reason:.300}"
        ) from error


def _settings_path(folder):
    return os.path.join(folder, "run.json")
