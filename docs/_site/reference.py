"""Pages of the command line and of the API: from the parser, and from the stubs of the packages."""

import argparse
import ast
import pathlib

from kerasgen import cli

ROOT = pathlib.Path(__file__).parents[2]
PACKAGES = {  # in the order of the navigation
    "models": "Models",
    "networks": "Networks",
    "layers": "Layers",
    "objectives": "Objectives",
    "distributions": "Distributions",
    "bijectors": "Bijectors",
    "samplers": "Samplers",
    "spaces": "Spaces: what values are",
    "data": "Data",
    "media": "Pictures, sound, films",
    "metrics": "Measures",
    "evaluation": "Evaluation",
    "training": "Training",
    "serving": "Serving",
}
HIDDEN = ("help", "helpshort", "helpfull", "helpxml")
TOP = ("registry.load", "registry.list_models", "registry.describe", "recipe.Recipe", "recipe.Reference")


def pages():
    """{path in the site: Markdown}."""
    found = {f"reference/api/{name}.md": _package(name, title) for name, title in PACKAGES.items()}
    top = [f"::: kerasgen.{name}" for name in (*TOP, "recipe.Curve", "record.Record")]
    top = ["# kerasgen", "The package itself; models have a page of their own.", *top]
    return found | {"reference/api/index.md": "\n\n".join(top), "reference/cli.md": _command_line()}


def _package(name, title):
    """A page of a package: each object and each module that its stub names."""
    tree = ast.parse((ROOT / "kerasgen" / name / "__init__.pyi").read_text(encoding="utf-8"))
    objects, modules = [], []
    for node in (node for node in tree.body if isinstance(node, ast.ImportFrom)):
        for alias in node.names:
            path = ".".join(["kerasgen", name, *filter(None, [node.module]), alias.name])
            (objects if node.module else modules).append(path)
    modules = [path for path in modules if not (ROOT / path.replace(".", "/")).is_dir()]
    heads = [f"# {title}", f"`kerasgen.{name}`"]
    return "\n\n".join([*heads, *(f"::: {path}" for path in [*objects, *modules])]) + "\n"


def _command_line():
    """A page of all sub-commands with their arguments."""
    parser = cli.make_parser()
    (verbs,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    parts = ["# Command line", f"{parser.description} `python -m kerasgen` is the same as `kerasgen`."]
    for name, sub in verbs.choices.items():
        rows = [_row(action) for action in sub._actions if action.dest not in HIDDEN]
        table = "\n".join(["| argument | what it does |", "|---|---|", *rows])
        parts += [f"## kerasgen {name}", sub.description, table]
    return "\n\n".join(parts) + "\n"


def _row(action):
    """An argument as a row of a table."""
    words = ", ".join(action.option_strings) or action.metavar or action.dest
    if action.option_strings and action.nargs != 0:
        words += f" {action.metavar or action.dest.upper()}"
    choices = f" One of {', '.join(map(str, action.choices))}." if action.choices else ""
    text = (action.help or "").replace("|", "\\|").replace("<", "&lt;")
    return f"| `{words}` | {text}{choices} |"
