"""What each verb of the command line does."""

import json
import os
import signal
import sys
import textwrap

from kerasgen import errors, registry

FIGURES = ("figure", "value", "spread", "real data", "what it says")


def list_(args):
    names = registry.list_models(args.pattern, args.family, args.dataset, args.likelihood, args.pretrained)
    entries = [registry.describe(name) for name in names]
    columns = ("name", "family", "dataset", "likelihood", "parameters", "summary")
    rows = [[_cell(entry[column]) for column in columns] for entry in entries]
    show(args, entries, rows, columns)


def info(args):
    import dataclasses

    from kerasgen import cards

    entry, record = registry.describe(args.name), registry.get_record(args.name)
    if record:
        plain = dataclasses.asdict(record)
        entry["record"] = {k: v for k, v in plain.items() if k not in ("name", "manifest")}
    flat = {k: v for k, v in entry.items() if k != "record"}
    for key, value in entry.get("record", {}).items():
        if key == "metrics":
            flat |= {figure: cards.spread(figure, one) for figure, one in value.items()}
        else:
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
    if not hasattr(model, "sample"):
        raise ValueError(f"`name` must be of a model that samples. Received: {args.name!r}, a classifier.")
    if args.label is not None and args.text is not None:
        raise ValueError(f"`text` must not stand beside a label. Received: text={args.text!r}.")
    asked = args.text if args.label is None else args.label
    images = model.sample(num, args.seed, asked, progress=sys.stderr.isatty())
    os.makedirs(os.path.dirname(os.path.abspath(out)), exist_ok=True)
    if ending == ".npy":
        np.save(out, images)
    else:
        pictures.of_samples(images, model.value_range).save(out)
    result = {"path": os.path.abspath(out), "num": args.num, "seed": args.seed}
    show(args, result, text=f"{args.num} samples, seed {args.seed}: {result['path']}")


def train(args):
    from kerasgen import data, publish, training
    from kerasgen.ops import replicas

    recipe = registry.get_recipe(args.name)
    seed = recipe.seed if args.seed is None else args.seed
    epochs = recipe.epochs if args.epochs is None else args.epochs
    if epochs < 1:
        raise ValueError(f"`epochs` must be >= 1. Received: epochs={epochs}.")
    folder = args.folder or os.path.join("runs", args.name)
    source = args.data or recipe.data
    batch_size = recipe.batch_size if args.batch_size is None else args.batch_size
    options = {"batch_size": batch_size, "seed": seed, "value_range": recipe.value_range}
    with training.scope(args.strategy):
        model = registry.load(args.name, pretrained=args.from_pretrained, dtype=args.dtype, seed=seed)
        if args.strategy and model.jit_compile:
            print("kerasgen: on several devices, without XLA", file=sys.stderr)
            model.compile_from_config(model.get_compile_config() | {"jit_compile": False})
    if os.path.isdir(source):
        dataset, held_out = data.from_folder(source, model.event_shape, **options), None
    else:
        dataset = data.load(source, "train", labels=recipe.labels, **options)
        held_out = _held_out(model, source)
    settings = {"name": args.name, "data": source, "batch_size": batch_size, "seed": seed}
    settings["dtype"] = args.dtype or "float32"
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
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
    except KeyboardInterrupt:
        print(f"\nStopped at step {model.step}; go on with the same command and --resume", file=sys.stderr)
        return 130
    except (errors.DivergedError, errors.WorkerLostError) as error:
        print(f"kerasgen: {error}", file=sys.stderr)
        return 1
    if not replicas.is_chief(model.distribute_strategy):
        return  # the chief publishes
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


def _held_out(model, source):
    """A few test examples of a named set, labels if the model asks for them, training examples."""
    from kerasgen import data
    from kerasgen.ops import pixels
    from kerasgen.training import verdict

    def some(split, num):
        examples, labels = data.arrays(source, split)
        examples = examples[:num]
        ready = examples if model.value_range is None else pixels.from_uint8(examples, model.value_range)
        return ready, None if model.condition is None else labels[:num]

    return *some("test", verdict.NUM), some("train", verdict.SEEN)[0]


def evaluate(args):
    from kerasgen import evaluation, publish
    from kerasgen.metrics import extractor

    plain = not (args.run or args.data or args.inception) and (args.num, args.seeds) == (None, None)
    record = registry.get_record(args.name)
    if args.check and not (record and record.metrics):
        raise errors.MissingWeightsError(f"`{args.name}` has no figures in its Record to check.")
    if args.curve:
        return _curve(args, plain)
    settings = record.evaluation if args.check else {}
    result = evaluation.evaluate(
        args.name,
        model=open_model(args),
        num=args.num or settings.get("num", 10_000),
        seeds=args.seeds or settings.get("seeds", [0, 1, 2]),
        source=args.data,
        extractor=extractor.inception_v3(args.inception) if args.inception else None,
        progress=not args.json,
    )
    rows = [[figure, *_figure(figure, entry)] for figure, entry in result.figures.items()]
    show(args, {"name": args.name, "figures": result.figures} | result.settings, rows, FIGURES)
    if args.check:
        return _report(evaluation.differences(record, result))
    if plain and not args.dry_run:  # last: an installed zoo may be read-only
        publish.write_evaluation(args.name, result, _command())


def _curve(args, plain):
    from kerasgen import evaluation, publish

    model = open_model(args)
    result = evaluation.curve(args.name, model, args.num, args.data, progress=not args.json)
    rows = [[line, x, f"{value:.4f}"] for line, points in result.lines.items() for x, value in points]
    settings = {"name": args.name, "lines": result.lines, "floor": result.floor} | result.settings
    show(args, settings, rows, ("line", result.settings["x"], result.settings["figure"]))
    if plain and not args.dry_run:
        publish.write_curve(args.name, result, _command())


def leaderboard(args):
    from kerasgen import cards

    rows = cards.leaderboard()
    for path in args.out or ():
        _write_leaderboard(path, rows)
    show(args, rows, text=cards.leaderboard_markdown())


def export(args):
    import warnings

    from kerasgen import serving

    model = open_model(args)
    with warnings.catch_warnings(record=True) as said:
        path = serving.export_version(model, args.path, args.version, args.max_rows)
    for problem in said:
        print(f"kerasgen: {problem.message}", file=sys.stderr)
    signatures = {
        name: {spec.name: f"{spec.dtype.name}{list(spec.shape)}" for spec in specs}
        for name, (_, specs) in model.endpoints().items()
    }
    rows = [[name, ", ".join(f"{k}: {v}" for k, v in inputs.items())] for name, inputs in signatures.items()]
    result = {"path": os.path.abspath(path), "signatures": signatures}
    show(args, result, rows, ("signature", "inputs"), text=result["path"])


def open_model(args):
    """The entry with its shipped weights, or with those of a run."""
    dtype = getattr(args, "dtype", None)
    if not args.run:
        return registry.load(args.name, dtype=dtype)
    from kerasgen import training

    model = registry.load(args.name, pretrained=False, dtype=dtype)
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


def _figure(figure, entry):
    from kerasgen import cards
    from kerasgen.evaluation.measures import measure

    return [*(cards.shown(figure, entry[key]) for key in ("value", "spread", "floor")), measure(figure).text]


def _report(differences):
    """Prints what `--check` found; the exit code."""
    for figure, old, new in differences:
        print(f"{figure}: {old} in the Record, {new} now", file=sys.stderr)
    print(f"{len(differences)} figures differ from the Record.", file=sys.stderr)
    return 1 if differences else 0


def _write_leaderboard(path, rows):
    """JSON, or Markdown; a Markdown file with marks gets only what belongs between them."""
    from kerasgen import cards
    from kerasgen.ops import checks

    ending = checks.choice("out", os.path.splitext(path)[1].lower(), (".json", ".md"))
    if ending == ".md" and os.path.exists(path):
        cards.refresh(path, zoo=cards.table(), leaderboard=cards.leaderboard_markdown())
        return
    text = json.dumps(rows, indent=2) if ending == ".json" else cards.leaderboard_markdown()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + "\n")


def _command():
    """What was typed, without what leaves the numbers as they are."""
    words, rest = ["kerasgen"], iter(sys.argv[1:])
    for word in rest:
        if word == "--folder":
            next(rest, None)
        elif word not in ("--resume", "--publish") and not word.startswith("--folder="):
            words.append(word)
    return " ".join(words)


def _cell(value):
    """Numbers with thousands marked, nothing for None."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value
