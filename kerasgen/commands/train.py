"""The sub-command that trains an entry."""

import os
import sys

from kerasgen import errors, registry
from kerasgen.commands import process
from kerasgen.commands.common import show, typed
from kerasgen.training import files


def train(args):
    recipe = registry.get_recipe(args.name)
    folder = files.local_folder("folder", args.folder or os.path.join("runs", args.name))
    seed = recipe.seed if args.seed is None else args.seed
    epochs = args.epochs or recipe.epochs
    batch_size = args.batch_size or recipe.batch_size
    process.load_tensorflow()
    from kerasgen import training
    from kerasgen.ops import replicas

    model = _model(args, seed)
    source, dataset, held_out = _data(args, recipe, model, batch_size=batch_size, seed=seed)
    settings = {"name": args.name, "data": source, "batch_size": batch_size, "seed": seed}
    settings["dtype"] = args.dtype or "float32"
    try:
        with process.interruptible():
            run = training.train(
                model,
                dataset,
                folder,
                epochs,
                every_steps=args.checkpoint_every,
                resume=args.resume,
                settings=settings,
                held_out=held_out,
                verbose=0 if args.json else "auto",
            )
    except (KeyboardInterrupt, BrokenPipeError) as stop:
        process.say(f"stopped at step {model.step}; continue with the same command and --resume")
        if isinstance(stop, BrokenPipeError):
            raise
        return process.STOPPED
    except (errors.DivergedError, errors.WorkerLostError) as error:
        process.say(error)
        return 1
    if replicas.is_chief(model.distribute_strategy):  # the chief publishes
        told = {"epochs": epochs, "minutes": run.minutes, "command": typed(), "seed": seed}
        told["data"] = f"{source}, train, {dataset.num_examples:,} examples"
        _end(args, model, folder, told)


def _model(args, seed):
    """The entry, built for the devices that were asked for."""
    from kerasgen import training

    with training.scope(args.strategy):
        model = registry.load(args.name, pretrained=args.from_pretrained, dtype=args.dtype, seed=seed)
        if args.strategy and model.jit_compile:
            process.say("on several devices, without XLA")
            model.compile_from_config(model.get_compile_config() | {"jit_compile": False})
    return model


def _data(args, recipe, model, **options):
    """(what was read, the dataset, held-out examples or None).

    A path has a slash. A word without one is the name of a data set; if it is no such name, but there is a
    folder of that name, that folder is read. Where both may be meant, the choice is reported.
    """
    from kerasgen import data

    options["value_range"] = recipe.value_range
    source = args.data or recipe.data
    separators = {"/", os.sep, os.altsep} - {None}
    if args.data and (separators & set(source) or source in (os.curdir, os.pardir)):
        return _from_path(source, model, options)
    beside = bool(args.data) and os.path.exists(source)
    try:
        dataset = data.load(source, "train", labels=recipe.labels, **options)
    except ValueError as error:
        if not beside or "`name`" not in str(error):
            raise
        process.say(f"reading the folder {os.path.join(os.curdir, source)}")
        return _from_path(source, model, options)
    if beside:
        process.say(f"reading the data set {source}; {os.path.join(os.curdir, source)} is the path beside it")
    return source, dataset, _held_out(model, source)


def _from_path(path, model, options):
    from kerasgen import data

    path = files.local_path("data", path)
    if not os.path.exists(path):
        raise errors.MissingDataError(f"`data` must exist. Received: data={path!r}, no such file or folder.")
    path = os.path.abspath(path)  # a run that is resumed elsewhere must read the same
    return path, data.from_folder(path, model.event.shape, **options), None


def _held_out(model, source):
    """A few examples of a named set that are not trained on, their conditions, and training examples.

    They are of the validation split where there is one, so that the test split is left for reporting.
    """
    from kerasgen import data
    from kerasgen.ops import pixels
    from kerasgen.training import diagnostics

    def some(split, num):
        examples, labels = data.arrays(source, split)
        examples = examples[:num]
        ready = examples if model.event.range is None else pixels.from_uint8(examples, model.event.range)
        return ready, None if model.condition is None else labels[:num]

    try:
        held_out = some("validation", diagnostics.NUM)
    except ValueError:  # no such split
        held_out = some("test", diagnostics.NUM)
    return *held_out, some("train", diagnostics.MOST_TRAINING)[0]


def _end(args, model, folder, told):
    """Writes weights and Record; says what the run looks like and where its files are."""
    from kerasgen import publish
    from kerasgen.training import findings, table

    record = publish.publish(args.name, model, **told, folder=None if args.publish else folder)
    folder = os.path.abspath(folder)
    result = {"folder": folder, "steps": record.steps, "minutes": record.minutes}
    rows = table.rows(os.path.join(folder, "health.csv"))
    pictures = {"samples": "samples", "curve": "curve.png", "health": "health.md"}
    paths = {name: os.path.join(folder, path) for name, path in pictures.items()}
    result |= {name: path for name, path in paths.items() if os.path.exists(path)}
    if rows:
        result["findings"] = findings.findings(rows[-1])
    show(args, result, text="\n".join(f"{key}: {_words(value)}" for key, value in result.items()))
    sys.stdout.flush()


def _words(value):
    return " ".join(value) if isinstance(value, list) else value
