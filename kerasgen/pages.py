"""The generated parts of the pages in docs/: tables of the registry, the Records and the models."""

import glob
import os
import re

from kerasgen import registry
from kerasgen.cards import leaderboard_markdown, paper_of
from kerasgen.data import registry as sets
from kerasgen.evaluation.leaderboard import CARDS
from kerasgen.evaluation.measures import MEASURES, shown

ABILITIES = ("encode", "decode", "reconstruct", "interpolate", "inpaint", "log_prob")  # columns, methods


def table():
    """The zoo as a Markdown table: what each entry is."""
    rows = ["| name | what it is | parameters | weights | card |", "|---|---|---|---|---|"]
    for name in registry.list_models():
        entry, record = registry.describe(name), registry.get_record(name)
        known = " | none yet | "  # parameters, weights, card
        if record:
            known = f"{entry['parameters']:,} | {record.size / 1e6:.1f} MB | [card]({CARDS}/{name}.md)"
        rows.append(f"| `{name}` | {entry['summary']} {paper_of(entry)} | {known} |")
    return "\n".join(rows)


def datasets():
    """The registered data sets as a Markdown table."""
    rows = ["| name | what it holds | size | license | origin |", "|---|---|---|---|---|"]
    for name in sets.list_datasets():
        found = sets.describe(name)
        cells = [found[key].replace("|", "\\|") for key in ("holds", "size", "license", "origin")]
        rows.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(rows)


def abilities():
    """Which entry can do what, as a Markdown table; builds every entry at toy size."""
    heads = ["name", "`condition=`", *(f"`{method}`" for method in ABILITIES)]
    rows = [f"| {' | '.join(heads)} |", f"|---|---|{':-:|' * len(ABILITIES)}"]
    for name in registry.list_models():
        recipe = registry.get_recipe(name)
        if recipe.generates:
            rows.append(abilities_row(name, registry.build(name, **recipe.tiny)))
    return "\n".join(rows)


def abilities_row(name, model):
    """The line of `abilities` of an entry, whose model may be of any size."""
    recipe = registry.get_recipe(name)
    known = {method: "yes" if hasattr(model, method) else "" for method in ABILITIES}
    known["log_prob"] = "" if recipe.likelihood == "none" else recipe.likelihood
    return f"| `{name}` | {' | '.join([recipe.condition or '', *known.values()])} |"


def costs():
    """How long training, evaluation and a sample of each entry took, as a Markdown table."""
    heads = ("name", "training, min", "trained on", "evaluation, min", "samples a second", "measured on")
    rows = [f"| {' | '.join(heads)} |", "|---|--:|---|--:|--:|---|"]
    for name in registry.list_models(pretrained=True):
        record = registry.get_record(name)
        speed = record.metrics.get("samples_per_second", {}).get("value")
        minutes = record.evaluation.get("minutes")
        cells = [f"{record.minutes:g}", record.machine, "" if minutes is None else f"{minutes:g}"]
        cells += [shown("samples_per_second", speed), record.evaluation.get("machine", "")]
        rows.append(f"| [{name}]({CARDS}/{name}.md) | {' | '.join(cells)} |")
    return "\n".join(rows)


def measures():
    """Every figure of the cards as a Markdown table: which end is better, and what it says."""
    better = {"low": "lower", "high": "higher", "zero": "near 0", "one": "near 1", "": ""}
    rows = ["| figure | better | what it says |", "|---|---|---|"]
    for name, one in MEASURES.items():
        words = one.text.replace("|", "\\|")
        rows.append(f"| `{name}` | {better[one.better]} | {words} |")
    return "\n".join(rows)


SECTIONS = {
    "zoo": table, "leaderboard": leaderboard_markdown, "datasets": datasets, "abilities": abilities,
    "costs": costs, "measures": measures,
}  # fmt: skip


def refresh(path, **texts):
    """Renews what stands between marks, `<!-- name -->` and `<!-- /name -->`, in a Markdown file.

    Args:
        path: The file, or a folder: every Markdown file in it.
        **texts: {name: Markdown} that is put there; by default all of `SECTIONS` are made and put there.
    """
    if os.path.isdir(path):
        for page in sorted(glob.glob(os.path.join(path, "*.md"))):
            refresh(page, **texts)
        return
    sections = {name: lambda text=text: text for name, text in texts.items()} or SECTIONS
    with open(path, encoding="utf-8") as file:
        text = file.read()
    renewed = text
    for name, section in sections.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        renewed = pattern.sub(
            lambda found, section=section: f"{found[1]}\n{section()}\n\n{found[2]}", renewed
        )
    if renewed != text:
        with open(path, "w", encoding="utf-8") as file:
            file.write(renewed)
