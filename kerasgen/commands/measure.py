"""Sub-commands that measure entries: evaluate, leaderboard."""

import json
import os
import sys

from kerasgen import errors, registry
from kerasgen.commands import evaluate_own, own_data, process, report
from kerasgen.commands.common import figure_rows, open_model, run_settings, show, typed


def evaluate(args):
    settings = run_settings(args)
    if own_data.is_path(args.data) if args.data else "reading" in settings:
        return evaluate_own.evaluate(args)
    own_data.refuse_reading(args)
    record = registry.get_record(args.name)
    if args.check and not (record and record.metrics):
        raise errors.MissingWeightsError(f"`{args.name}` has no figures in its Record to check.")
    if args.write and (args.run or args.data or args.inception or (args.num, args.seeds) != (None, None)):
        raise ValueError(
            "`write` must stand alone: a Record holds what the recipe asks for. Received: write=True."
        )
    process.load_tensorflow()
    from kerasgen import evaluation, publish
    from kerasgen.metrics import extractor

    if args.curve or args.line:
        return _curve(args, record)
    known = record.evaluation if args.check else {}
    args.dtype = args.dtype or known.get("dtype")  # a check repeats what the Record says
    result = evaluation.evaluate(
        args.name,
        model=open_model(args),
        num=known.get("num") if args.num is None else args.num,
        seeds=known.get("seeds", [0, 1, 2]) if args.seeds is None else args.seeds,
        source=args.data or settings.get("data"),
        extractor=extractor.inception_v3(args.inception) if args.inception else None,
        progress=not args.json,
    )
    shown = {"name": args.name, "figures": result.figures} | result.settings
    show(args, shown, figure_rows(result.figures), report.HEADS)
    if args.check:
        return _report(evaluation.differences(record, result))
    if args.write:  # last: an installed zoo may be read-only
        publish.write_evaluation(args.name, result, typed())
        process.say(f"wrote the Record and the card of {args.name} in {registry.root()}")


def _curve(args, record):
    from kerasgen import evaluation, publish

    told = {"num": args.num, "source": args.data, "lines": args.line, "progress": not args.json}
    result = evaluation.curve(args.name, open_model(args), **told)
    rows = [[line, x, f"{value:.4f}"] for line, points in result.lines.items() for x, value in points]
    settings = {"name": args.name, "lines": result.lines, "floor": result.floor} | result.settings
    show(args, settings, rows, ("line", result.settings["x"], result.settings["figure"]))
    if args.write:
        before = record.curve.get("command") if args.line else None
        publish.write_curve(args.name, result, f"{before} && {typed()}" if before else typed())
        process.say(f"wrote the Record and the card of {args.name} in {registry.root()}")


def leaderboard(args):
    from kerasgen import cards

    rows = cards.leaderboard()
    for path in args.out or ():
        _write_leaderboard(path, rows)
    show(args, rows, text=cards.leaderboard_markdown())


def _report(differences):
    """Prints what `--check` found; the exit code."""
    for figure, old, new in differences:
        print(f"{figure}: {old} in the Record, {new} now", file=sys.stderr)
    print(f"{len(differences)} figures differ from the Record.", file=sys.stderr)
    return 1 if differences else 0


def _write_leaderboard(path, rows):
    """JSON, or Markdown; files with marks, also those of a folder, get only what belongs between them."""
    from kerasgen import cards, pages
    from kerasgen.ops import checks

    if os.path.isdir(path):
        process.load_tensorflow()
        pages.refresh(path)
        return
    ending = checks.choice("out", os.path.splitext(path)[1].lower(), (".json", ".md"))
    if ending == ".md" and os.path.exists(path):
        pages.refresh(path)
        return
    text = json.dumps(rows, indent=2) if ending == ".json" else cards.leaderboard_markdown()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + "\n")
