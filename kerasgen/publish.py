"""What goes into the zoo: an entry's weight file, Record, card and pictures."""

import dataclasses
import datetime
import importlib.metadata
import os
import platform
import re
import tempfile

import numpy as np

import kerasgen
from kerasgen import cards, media, registry, weights
from kerasgen.atomic import replacing, write_text
from kerasgen.errors import MissingWeightsError
from kerasgen.evaluation import answers
from kerasgen.ops import processor
from kerasgen.record import Record

TEXTS = 20  # on a card, or sounds
PACKAGES = ("tensorflow", "keras", "numpy")


def publish(name, model, epochs, minutes, command, seed, data, folder=None):
    """Writes the weight file and the Record of an entry, then its card if it goes to the zoo.

    A weight file is named after its content. New weights therefore lie beside the old ones until the Record,
    which says what file is the entry's, is replaced: at every moment the entry loads, old or new.

    Args:
        name: The entry.
        model: Its trained model.
        epochs, minutes, command, seed, data: As in `Record`.
        folder: Where the two files go; default the zoo itself, card included.

    Returns:
        The Record.

    Raises:
        ValueError: If the weight files of the zoo would together exceed `weights.MAX_TOTAL_BYTES`; nothing
            has changed then.
    """
    zoo = os.path.join(registry.root(), "weights")
    target = zoo if folder is None else folder
    os.makedirs(target, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=target) as work:
        draft = os.path.join(work, "weights.safetensors")
        record = Record(
            name=name,
            **weights.save(model, draft),
            command=command,
            seed=seed,
            epochs=epochs,
            steps=model.step,
            minutes=round(minutes, 1),
            data=data,
            parameters={part: int(nets[0].count_params()) for part, nets in model.components().items()},
            **_here(),
        )
        if os.path.realpath(target) == os.path.realpath(zoo):
            _require_room(zoo, record)
        os.replace(draft, os.path.join(target, record.file_name))
    record.write(os.path.join(target, f"{name}.json"))
    for old in _weight_files(target, name) - {record.file_name}:
        os.remove(os.path.join(target, old))
    if folder is None:
        write_card(name)
    return record


def write_evaluation(name, evaluation, command):
    """Puts what was measured into the Record of an entry, then writes its card and pictures.

    Args:
        name: The entry.
        evaluation: `evaluation.rounds.Evaluation`.
        command: What was typed.

    Raises:
        MissingWeightsError: If the entry has no Record.
    """
    settings = evaluation.settings | {"command": command} | _here()
    found = {"metrics": evaluation.figures, "variants": evaluation.variants, "evaluation": settings}
    _add(name, **found)
    write_card(name, evaluation.pictures)


def write_curve(name, result, command):
    """Puts an `evaluation.curve.CurveResult` into the Record of an entry, then writes its card."""
    found = {"lines": result.lines, "floor": result.floor} | result.settings | {"command": command} | _here()
    _add(name, curve=found)
    write_card(name, {"curve": result.picture})


def write_card(name, more=None):
    """Writes `zoo/cards/<name>.md`, its samples of seed 0, and `more` {kind: picture}."""
    folder = os.path.join(registry.root(), "cards")
    os.makedirs(folder, exist_ok=True)
    model = registry.load(name)
    made = {f"_{kind}": picture for kind, picture in (more or {}).items()}
    if media.usual_ending(model.event) == ".txt":
        with replacing(os.path.join(folder, f"{name}.txt")) as draft:
            media.write_texts(draft, _texts(name, model))
    elif media.usual_ending(model.event) == ".wav" and registry.get_recipe(name).generates:
        sounds = model.sample(TEXTS, seed=0)
        made[""] = media.sheet(sounds, model.event)
        with replacing(os.path.join(folder, f"{name}.wav")) as draft:
            media.write_wav(draft, np.concatenate(list(sounds)), model.event.rate)
    elif registry.get_recipe(name).generates:
        made[""] = media.sheet(model.sample(100, seed=0), model.event)
    for kind, picture in made.items():
        with replacing(os.path.join(folder, f"{name}{kind}.png")) as draft:
            picture.save(draft, optimize=True)
    write_text(os.path.join(folder, f"{name}.md"), cards.card(name))


def _texts(name, model):
    """Samples of seed 0; of a model that answers texts, those to texts of the test set."""
    if answers.asked(model):
        return answers.lines(model, registry.get_recipe(name).data, TEXTS)
    return media.texts(model.sample(TEXTS, seed=0), model.event)


def _add(name, **fields):
    """Replaces fields of the Record of an entry."""
    record = registry.get_record(name)
    if record is None:
        raise MissingWeightsError(f"`name` has no Record: publish its weights first. Received: {name!r}.")
    path = os.path.join(registry.root(), "weights", f"{name}.json")
    dataclasses.replace(record, **fields).write(path)


def _weight_files(folder, name):
    """Names of the weight files of an entry in a folder: the Record's, and those it replaced."""
    pattern = rf"{re.escape(name)}-[0-9a-f]{{8}}\.safetensors"
    return {file for file in os.listdir(folder) if re.fullmatch(pattern, file)}


def _require_room(folder, record):
    """Refuses weights with which those of the zoo, `folder`, would be more than a wheel can hold."""
    others = {file for file in os.listdir(folder) if file.endswith(".safetensors")}
    others -= _weight_files(folder, record.name)
    total = record.size + sum(os.path.getsize(os.path.join(folder, file)) for file in others)
    if total > weights.MAX_TOTAL_BYTES:
        raise ValueError(
            f"`model` is too large: all weight files together must have at most {weights.MAX_TOTAL_BYTES:,} "
            f"bytes. Received: {record.size:,} bytes, {total:,} with those of the other entries."
        )


def _here():
    """The fields of a Record that say where and when something was done: versions, machine and date."""
    versions = {"python": platform.python_version(), "kerasgen": kerasgen.__version__}
    return {
        "versions": versions | {package: importlib.metadata.version(package) for package in PACKAGES},
        "machine": f"{processor.name()}, {os.cpu_count()} cores",
        "date": datetime.date.today().isoformat(),
    }
