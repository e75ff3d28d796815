"""The sub-command that trains an entry."""

import os
import shlex
import sys

from kerasgen import errors, registry
from kerasgen.commands import own_data, process
from kerasgen.commands.common import show, typed
from kerasgen.training import files


def train(args):
    own = args.data is not None and own_data.is_path(args.data)
    name = own_data.entry(args.name) if args.data else args.name
    recipe = registry.get_recipe(name)
    folder = files.local_folder("folder", args.folder or os.path.join("runs", args.name))
    if own and args.publish:
        raise ValueError(f"`publish` is of an entry's own data. Received: data={args.data!r}.")
    seed = recipe.seed if args.seed is None else args.seed
    process.load_tensorflow()
    from kerasgen import training

    scope = training.scope(args.strategy)  # several workers find each other before anything is computed
    found = _material(args, name, recipe, own)
    batch_size, epochs, steps = found.lengths(args.batch_size, args.epochs)
    built = found.arguments(steps, as_recipe=args.epochs is None)
    with scope:
        model = _model(args, name, seed, built)
    found.check(model)
    dataset = found.dataset(model, batch_size=batch_size, seed=seed)
    settings = {"name": name, "data": found.source, "batch_size": batch_size, "seed": seed}
    settings |= {"dtype": args.dtype or "float32"} | found.settings
    built.pop("decay_steps", None)  # a resume may ask for more epochs
    settings |= {"arguments": built} if built else {}
    stopped = _run(args, model, dataset, folder, epochs, settings, found.watched(model))
    if not isinstance(stopped, int):
        told = {"epochs": epochs, "minutes": stopped.minutes, "command": typed(), "seed": seed}
        told["data"] = f"{found.source}, train, {dataset.num_examples:,} examples"
        _end(args, name, model, folder, told)
        return 0
    return stopped


def _material(args, name, recipe, own):
    """What is trained on; options that say how a path is read are refused beside a name."""
    from kerasgen.commands import material  # with NumPy, which other commands do without

    if not own:
        own_data.refuse_reading(args)
        return material.named(name, recipe, args.data or recipe.data)
    reading = own_data.begin(args, name, own_data.existing(args.data))
    return material.own(name, recipe, args.data, reading, progress=not args.json and sys.stderr.isatty())


def _run(args, model, dataset, folder, epochs, settings, held_out):
    """The checkpoint of a run that ended, or the exit code of one that did not."""
    from kerasgen import training

    try:
        with process.interruptible():
            return training.train(
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


def _model(args, name, seed, built):
    """The entry, built for the data that was found."""
    options = {"pretrained": args.from_pretrained, "dtype": args.dtype, "seed": seed}
    model = registry.load(name, **options, **built)
    if args.strategy and model.jit_compile:
        process.say("on several devices, without XLA")
        model.compile_from_config(model.get_compile_config() | {"jit_compile": False})
    return model


def _end(args, name, model, folder, told):
    """Writes weights and Record; says what the run looks like, where its files are, and what can follow."""
    from kerasgen import publish
    from kerasgen.ops import replicas
    from kerasgen.training import findings, table

    if not replicas.is_chief(model.distribute_strategy):  # the chief publishes
        return
    record = publish.publish(name, model, **told, folder=None if args.publish else folder)
    folder = os.path.abspath(folder)
    result = {"folder": folder, "steps": record.steps, "minutes": record.minutes}
    rows = table.rows(os.path.join(folder, "health.csv"))
    pictures = {"samples": "samples", "curve": "curve.png", "health": "health.md"}
    paths = {name: os.path.join(folder, path) for name, path in pictures.items()}
    result |= {name: path for name, path in paths.items() if os.path.exists(path)}
    if rows:
        result["findings"] = findings.findings(rows[-1])
    if not args.publish:
        run = shlex.quote(folder)
        result["next"] = [f"kerasgen sample --run {run};", f"kerasgen evaluate --run {run}"]
    show(args, result, text="\n".join(f"{key}: {_words(value)}" for key, value in result.items()))
    sys.stdout.flush()


def _words(value):
    return " ".join(value) if isinstance(value, list) else value
