"""What each verb of the command line does."""

import json
import os
import signal
import sys
import textwrap

from kerasgen import errors, registry


def list_(args):
    names = registry.list_models(args.pattern, args.family, args.dataset, args.likelihood, args.pretrained)
    entries = [registry.describe(name) for name in names]
    columns = ("name", "family", "dataset", "likelihood", "parameters", "summary")
    rows = [[_cell(entry[column]) for column in columns] for entry in entries]
    show(args, entries, rows, columns)


def info(args):
    import dataclasses

    entry, record = registry.describe(args.name), registry.get_record(args.name)
    if record:
        plain = dataclasses.asdict(record)
        entry["record"] = {k: v for k, v in plain.items() if k not in ("name", "manifest")}
    flat = {k: v for k, v in entry.items() if k != "record"}
    for key, value in entry.get("record", {}).items():
        flat |= {f"{key} {k}": v for k, v in value.items()} if isinstance(value, dict) else {key: value}
    show(args, entry, [[key, _cell(value)] for key, value in flat.items()])


def sample(args):
    import numpy as np

    from kerasgen import pictures
    from kerasgen.ops import checks

    out = args.out or f"{args.name}.png"
    ending = os.path.splitext(out)[1].lower()
    checks.choice("out", ending, (".png", ".npy"))
    model = open_model(args)
    most = model.max_rows if ending == ".npy" else 10_000  # a picture has its limits
    num = checks.integer("num", args.num, 1, most)
    images = model.sample(num, args.seed, progress=sys.stderr.isatty())
    os.makedirs(os.path.dirname(os.path.abspath(out)), exist_ok=True)
    if ending == ".npy":
        np.save(out, images)
    else:
        pictures.sheet(images, model.value_range).save(out)
    result = {"path": os.path.abspath(out), "num": args.num, "seed": args.seed}
    show(args, result, text=f"{args.num} samples, seed {args.seed}: {result['path']}")


def train(args):
    from kerasgen import data, publish, training

    recipe = registry.get_recipe(args.name)
    seed = recipe.seed if args.seed is None else args.seed
    epochs = recipe.epochs if args.epochs is None else args.epochs
    if epochs < 1:
        raise ValueError(f"`epochs` must be >= 1. Received: epochs={epochs}.")
    folder = args.folder or os.path.join("runs", args.name)
    source = args.data or recipe.data
    batch_size = recipe.batch_size if args.batch_size is None else args.batch_size
    options = {"batch_size": batch_size, "seed": seed, "value_range": recipe.value_range}
    model = registry.load(args.name, pretrained=args.from_pretrained, seed=seed)
    if os.path.isdir(source):
        dataset = data.from_folder(source, model.event_shape, **options)
    else:
        dataset = data.load(source, "train", **options)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run = training.train(
            model,
            dataset,
            folder,
            epochs,
            every_steps=args.checkpoint_every,
            resume=args.resume,
            settings={"name": args.name, "data": source, "batch_size": batch_size, "seed": seed},
            verbose=0 if args.json else "auto",
        )
    except KeyboardInterrupt:
        print(f"\nStopped at step {int(model.steps)}; go on with: {_command()} --resume", file=sys.stderr)
        return 130
    record = publish.publish(
        args.name,
        model,
        epochs=epochs,
        minutes=run.minutes,
        command=_command(),
        seed=seed,
        data=f"{source}, train, {dataset.num_examples:,} examples",
        folder=None if args.publish else folder,
    )
    result = {"folder": os.path.abspath(folder), "steps": record.steps, "minutes": record.minutes}
    show(args, result, list(result.items()))


def evaluate(args):
    model = open_model(args)
    figures = measure(model, args.data or registry.get_recipe(args.name).data, args.name, args.split)
    show(
        args,
        {"name": args.name, "split": args.split} | figures,
        list(figures.items()),
        ("measure", args.split),
    )


def export(args):
    from kerasgen import serving

    model = open_model(args)
    path = serving.export_version(model, args.path, args.version, args.max_rows)
    signatures = {
        name: {spec.name: f"{spec.dtype.name}{list(spec.shape)}" for spec in specs}
        for name, (_, specs) in model.endpoints().items()
    }
    rows = [[name, ", ".join(f"{k}: {v}" for k, v in inputs.items())] for name, inputs in signatures.items()]
    result = {"path": os.path.abspath(path), "signatures": signatures}
    show(args, result, rows, ("signature", "inputs"), text=result["path"])


def measure(model, source, name, split="test"):
    """{measure: value} of a model on a split of held-out examples, the noise seeded."""
    from kerasgen import data

    recipe = registry.get_recipe(name)
    held_out = data.load(source, split, recipe.batch_size, shuffle=False, value_range=recipe.value_range)
    return model.evaluate(held_out, return_dict=True, verbose=1 if sys.stdout.isatty() else 0)


def open_model(args):
    """The entry with its shipped weights, or with those of a run."""
    if not args.run:
        return registry.load(args.name)
    from kerasgen import training

    model = registry.load(args.name, pretrained=False)
    checkpoint = training.Checkpoint(os.path.join(args.run, "checkpoint"))
    if checkpoint.restore(model) is None:
        raise errors.MissingWeightsError(f"`run` holds no checkpoint. Received: run={args.run!r}.")
    return model


def show(args, result, rows=None, headers=(), text=None):
    """The result as JSON, or as text and a table."""
    if args.json:
        print(json.dumps(result, indent=2))
        return
    if text:
        print(text)
    if rows is not None:
        from tabulate import tabulate

        wrapped = [[*row[:-1], textwrap.fill(str(row[-1]), 80)] for row in rows]
        print(tabulate(wrapped, headers, "simple", disable_numparse=True))


def _command():
    words = [word for word in sys.argv[1:] if word not in ("--resume", "--publish")]
    return " ".join(["kerasgen", *words])


def _cell(value):
    """Numbers with thousands marked, nothing for None."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value
