"""Sub-commands that look at an entry and take from it: list, info, sample, export."""

import inspect
import os
import re
import sys
import textwrap

from kerasgen import registry
from kerasgen.commands import process
from kerasgen.commands.common import generates, open_model, run_settings, show
from kerasgen.training import files

ENDINGS = (".png", ".npy", ".txt", ".wav", ".gif", ".webp")
MOST_IN_A_PICTURE = 10_000
OPTIONS = {  # option: argument of `sample`
    "sampler": "sampler", "steps": "num_steps", "guidance": "guidance", "temperature": "temperature",
    "truncation": "truncation", "top_k": "top_k", "top_p": "top_p", "prompt": "prompt",
}  # fmt: skip
WHOSE = {"truncation": "GANs", "temperature": "flows and models of sequences"}
WHOSE |= dict.fromkeys(("top_k", "top_p", "prompt"), "models of sequences")
MOST_PRINTED = 16  # texts on a terminal


def list_(args):
    family = args.family and args.family.lower()
    filters = family, args.dataset, args.likelihood, args.pretrained
    names = registry.list_models(args.pattern, *filters)
    if not names and not set("*?[") & set(args.pattern):  # a part of names
        names = registry.list_models(f"*{args.pattern.lower()}*", *filters)
    if args.names:
        print("\n".join(names))
        return
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


def data(args):
    """The registered data sets, by a part of their names or a pattern."""
    from kerasgen.data import registry as sets

    names = sets.list_datasets(args.pattern)
    if not names and not set("*?[") & set(args.pattern):
        names = sets.list_datasets(f"*{args.pattern.lower()}*")
    found = [sets.describe(name) for name in names]
    columns = ("name", "size", "license", "origin", "holds")
    rows = [[textwrap.fill(one[column], 28) for column in columns[:-1]] + [one["holds"]] for one in found]
    show(args, found, rows, columns)


def sample(args):
    settings = run_settings(args)
    if args.out:  # else what suits the model
        _check_out(args.out, args.num)
    from kerasgen import media

    condition = _condition(args, settings)
    model = open_model(args)
    out = args.out or f"{args.name}{media.usual_ending(model.event)}"
    ending = _check_out(out, args.num)
    if sys.stderr.isatty():
        process.say("drawing; the first sample of a model takes longest, since its graph is made then")
    samples = _drawn(model, args, condition)
    os.makedirs(os.path.dirname(os.path.abspath(out)), exist_ok=True)
    media.save(out, samples, model.event)
    result = {"path": os.path.abspath(out), "num": args.num, "seed": args.seed}
    if ending == ".wav":
        result["picture"] = os.path.splitext(result["path"])[0] + ".png"
        media.save(result["picture"], samples, model.event)
    texts = media.texts(samples[:MOST_PRINTED], model.event) if ending == ".txt" else []
    show(args, result, text="\n\n".join([*texts, f"{args.num} samples, seed {args.seed}: {result['path']}"]))


def _check_out(out, num):
    """The ending of the file that samples go to; refuses one that cannot hold them."""
    out = files.local_path("out", out)
    ending = os.path.splitext(out)[1].lower()
    if ending not in ENDINGS:
        raise ValueError(f"`out` must end in one of {list(ENDINGS)}. Received: out={out!r}.")
    if os.path.isdir(out):
        raise IsADirectoryError(f"`out` must be a file. Received: out={out!r}, a folder.")
    if ending == ".png" and num > MOST_IN_A_PICTURE:
        raise ValueError(
            f"`num` must be <= {MOST_IN_A_PICTURE:,} in a picture; .npy holds more. Received: num={num}."
        )
    return ending


def export(args):
    import warnings

    files.local_folder("path", args.path)
    run_settings(args)
    model = open_model(args)
    from kerasgen import serving

    with warnings.catch_warnings(record=True) as said:
        path = serving.export_version(model, args.path, args.version, args.max_rows)
    for problem in said:
        print(f"kerasgen: {problem.message}", file=sys.stderr)
    signatures = {
        name: {key: str(space) for key, space in endpoint.inputs.items()}
        for name, endpoint in model.endpoints().items()
    }
    rows = [[name, ", ".join(f"{k}: {v}" for k, v in inputs.items())] for name, inputs in signatures.items()]
    result = {"path": os.path.abspath(path), "signatures": signatures}
    show(args, result, rows, ("signature", "inputs"), text=result["path"])


def _condition(args, settings):
    """The label or the text that samples are to be of, or None; ValueError if the entry does not take it.

    A label is a number, or the name of a class of a run on one's own data; of several labels each has its
    name, such as digit=3,speaker=0.
    """
    if not generates(args.name):
        raise ValueError(
            f"`name` must be of an entry that draws samples. Received: {args.name!r}, which classifies."
        )
    takes = registry.get_recipe(args.name).condition
    takes = {"labels": "label"}.get(takes, takes)
    typed = {"label": args.label, "text": args.text}
    typed = {name: value for name, value in typed.items() if value is not None}
    for name, value in typed.items():
        if name != takes:
            what = f"takes --{takes}" if takes else "takes no condition"
            raise ValueError(f"`{name}` is not known to {args.name}: it {what}. Received: {name}={value!r}.")
    return args.text if args.label is None else _label(args.label, settings.get("class_names"))


def _label(text, names):
    """The number of a class that was typed as such, or by its name; of several {name: number}."""
    if "=" in text:
        return {one.partition("=")[0]: _label(one.partition("=")[2], None) for one in text.split(",")}
    if names and text in names:
        return names.index(text)
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    known = f"one of {', '.join(names)}" if names else "a whole number from 0"
    raise ValueError(f"`label` must be {known}. Received: label={text!r}.")


def _drawn(model, args, condition):
    """Samples; an error about an argument names the option that was typed."""
    options = {name: getattr(args, name) for name in OPTIONS}
    options = {name: value for name, value in options.items() if value is not None}
    known = inspect.signature(model.drawing).parameters
    for name, value in options.items():
        if OPTIONS[name] not in known:
            whose = WHOSE.get(name, "diffusion models")
            raise ValueError(f"`{name}` is of {whose}; {args.name} has none. Received: {value!r}.")
    options = {OPTIONS[name]: value for name, value in options.items()}
    try:
        return model.sample(args.num, args.seed, condition, progress=sys.stderr.isatty(), **options)
    except (TypeError, ValueError) as error:
        typed = {"label" if args.text is None else "text": "condition"} | OPTIONS
        raise ValueError(_as_typed(str(error), typed)) from error


def _as_typed(message, names):
    """A message about arguments of `sample` as one about options, `names` {option: argument}."""
    for option, argument in names.items():
        message = re.sub(rf"(?<=`){argument}(?=`)|\b{argument}(?==)", option, message)
    return message


def _cell(value):
    """Numbers with thousands marked, nothing for None."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value
