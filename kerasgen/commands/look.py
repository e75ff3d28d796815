"""Verbs that look at an entry and take from it: list, info, sample, export."""

import os
import sys

from kerasgen import registry
from kerasgen.commands.common import open_model, show


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


def _cell(value):
    """Numbers with thousands marked, nothing for None."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value
