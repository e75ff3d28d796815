"""What people read of the zoo: cards, the table of entries, the leaderboard. All generated."""

import os
import re

from kerasgen import registry
from kerasgen.evaluation.measures import MEASURES, base, measure

COLUMNS = (
    "nats", "bits_per_dim", "mse", "fid", "kid", "precision", "recall", "density", "coverage", "modes",
    "label_accuracy", "authenticity", "copying", "parzen", "accuracy", "samples_per_second",
)  # fmt: skip
VARIANT_COLUMNS = ("fid", "kid", "precision", "recall", "coverage", "label_accuracy", "samples_per_second")
CAPTIONS = {
    "nearest": "Rows of samples, each above the training images nearest to it in the feature space.",
    "classes": "One column a class as the evaluator reads it: the first ten samples of each.",
    "paths": "Eight paths between codes of the prior, seed 0.",
    "density": "2,500 samples, seed 0, over the density of the test set.",
}


def card(name):
    """The card of an entry as Markdown."""
    entry, recipe, record = registry.describe(name), registry.get_recipe(name), registry.get_record(name)
    lines = [f"# {name}", "", entry["summary"], "", entry["details"], ""]
    lines += [f"Follows {_paper(entry)}. Family `{entry['family']}`, data `{recipe.data}`"]
    if recipe.value_range:
        lines[-1] += f", pixels in [{recipe.value_range[0]:g}, {recipe.value_range[1]:g}]"
    lines[-1] += "."
    if record:
        if recipe.family != "classifier":
            lines += ["", f"![100 samples, seed 0]({name}.png)", "", "100 samples, seed 0, none chosen."]
        lines += _figures(record) + _variants(name, recipe, record) + _curve(name, record)
        lines += _pictures(name)
        lines += ["", "## Training", "", "| | |", "|---|---|", *_training_rows(record)]
    reference = recipe.reference
    if reference.metric:
        lines += ["", f"Published beside it: {reference.metric}: {reference.value} ({_source(reference)})."]
    usage = ["images = model.sample(16, seed=7)"]
    if recipe.family == "classifier":
        usage = ["logits = model.predict(images)  # or features, logits = model.features(images)"]
    usage = [f'model = kerasgen.load("{name}")', *usage]
    return "\n".join([*lines, "", "```python", "import kerasgen", "", *usage, "```", ""])


def table():
    """The zoo as a Markdown table: what each entry is."""
    rows = ["| name | what it is | parameters | weights | card |", "|---|---|---|---|---|"]
    for name in registry.list_models():
        entry, record = registry.describe(name), registry.get_record(name)
        known = " | none yet | "  # parameters, weights, card
        if record:
            known = f"{entry['parameters']:,} | {record.size / 1e6:.1f} MB | [card](zoo/cards/{name}.md)"
        rows.append(f"| `{name}` | {entry['summary']} {_paper(entry)} | {known} |")
    return "\n".join(rows)


def leaderboard():
    """What was measured of every entry with weights: a list of dictionaries of plain data.

    Keys: name, dataset, family, likelihood, each of `COLUMNS` as {"value", "spread", "floor"} or None,
    parameters, minutes, published. Figures of features are those of the entry's own evaluator.
    """
    rows = []
    for name in registry.list_models(pretrained=True):
        entry, record = registry.describe(name), registry.get_record(name)
        figures = {base(figure): value for figure, value in record.metrics.items()}
        reference = registry.get_recipe(name).reference
        published = (
            f"{reference.metric}: {reference.value} ({_source(reference)})" if reference.metric else None
        )
        row = {key: entry[key] for key in ("name", "dataset", "family", "likelihood", "parameters")}
        row |= {column: figures.get(column) for column in COLUMNS}
        row |= {"evaluator": record.evaluation.get("evaluator"), "minutes": record.minutes}
        rows.append(row | {"published": published})
    return sorted(rows, key=lambda row: (row["family"] == "classifier", row["dataset"], _first(row)))


def leaderboard_markdown():
    """The leaderboard as one Markdown table a data set, with the floor of real data in the last row."""
    rows = leaderboard()
    parts = []
    for dataset, judges in dict.fromkeys((row["dataset"], row["family"] == "classifier") for row in rows):
        group = [r for r in rows if r["dataset"] == dataset and (r["family"] == "classifier") == judges]
        title = f"{dataset}, evaluators" if judges else dataset
        spaces = sorted({row["evaluator"] for row in group if row["evaluator"]})
        space = f" (features of {', '.join(f'`{s}`' for s in spaces)})" if spaces else ""
        parts.append(f"**{title}**{space}\n\n{_board(group)}")
    return "\n\n".join(parts)


def refresh(path, **sections):
    """Puts each section between its marks, `<!-- name -->` and `<!-- /name -->`, in a Markdown file."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for name, section in sections.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)", re.DOTALL)
        text = pattern.sub(lambda found, section=section: f"{found[1]}\n{section}\n{found[2]}", text)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def shown(figure, value):
    """A value with the digits of its measure."""
    return "" if value is None else f"{value:,.{measure(figure).digits}f}"


def _board(group):
    columns = [column for column in COLUMNS if any(row[column] for row in group)]
    sign = {"low": " ↓", "high": " ↑", "zero": " → 0", "": ""}
    heads = [f"{column.replace('_', ' ')}{sign[MEASURES[column].better]}" for column in columns]
    heads = ["name", "likelihood", *heads, "parameters", "minutes", "published"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for row in group:
        cells = [spread(column, row[column]) for column in columns]
        link = f"[{row['name']}](zoo/cards/{row['name']}.md)"
        end = [f"{row['parameters']:,}", f"{row['minutes']:g}", row["published"] or ""]
        lines.append(f"| {' | '.join([link, row['likelihood'], *cells, *end])} |")
    floors = {column: [r[column]["floor"] for r in group if r[column]] for column in columns}
    if any(value is not None for values in floors.values() for value in values):
        cells = [
            shown(column, next((v for v in floors[column] if v is not None), None)) for column in columns
        ]
        lines.append(f"| *real data* | | {' | '.join(cells)} | | | |")
    return "\n".join(lines)


def spread(figure, entry):
    """A figure as "value ± spread between seeds"; nothing for None."""
    if entry is None:
        return ""
    around = f" ± {shown(figure, entry['spread'])}" if entry["spread"] else ""
    return shown(figure, entry["value"]) + around


def _first(row):
    """Sorts a group: by FID, then by name."""
    return (row["fid"]["value"] if row["fid"] else float("inf"), row["name"])


def _figures(record):
    if not record.metrics:
        return []
    evaluation = record.evaluation
    lines = ["", "## Figures", "", "| figure | value | real data | |", "|---|---|---|---|"]
    for figure, entry in record.metrics.items():
        cells = [f"`{figure}`", spread(figure, entry), shown(figure, entry["floor"]), measure(figure).text]
        lines.append(f"| {' | '.join(cells)} |")
    if "seeds" in evaluation:
        lines += ["", f"Mean ± standard deviation over seeds {', '.join(map(str, evaluation['seeds']))}, "]
        lines[-1] += f"{evaluation['num']:,} samples each; real data: as many training images in the "
        lines[-1] += "samples' place, test images for copying and bins."
    if evaluation.get("nats"):
        lines += ["", f"`nats`: {evaluation['nats']}."]
    lines += ["", f"Compared with {evaluation['real']}. Measured on {evaluation['date']} by "]
    lines[-1] += f"`{evaluation['command']}` on {evaluation['machine']}"
    if evaluation.get("dtype", "float32") != "float32":
        lines[-1] += f", computed in {evaluation['dtype']}"
    lines[-1] += "; `--check` compares anew."
    return lines


def _variants(name, recipe, record):
    """The other ways to draw: what is asked of `sample`, its figures, its sheet."""
    if not record.variants:
        return []
    asked = {
        variant: f"`{', '.join(f'{key}={value!r}' for key, value in recipe.variants[variant].items())}`"
        for variant in record.variants
    }
    columns = [figure for figure in record.metrics if base(figure) in VARIANT_COLUMNS]
    lines = ["", "## Other ways to sample", "", f"| `sample` with | {' | '.join(columns)} |"]
    lines += ["|---" * (len(columns) + 1) + "|"]
    rows = [("nothing else", record.metrics), *((asked[v], f) for v, f in record.variants.items())]
    for what, figures in rows:
        lines.append(f"| {what} | {' | '.join(spread(column, figures.get(column)) for column in columns)} |")
    for variant, what in asked.items():
        if os.path.exists(os.path.join(registry.root(), "cards", f"{name}_{variant}.png")):
            lines += ["", f"![{variant}]({name}_{variant}.png)", "", f"100 samples, seed 0, with {what}."]
    return lines


def _curve(name, record):
    """The points of a curve, a row a line, and their picture."""
    curve = record.curve
    if not curve:
        return []
    columns = sorted({x for points in curve["lines"].values() for x, _ in points})
    lines = ["", f"## {curve['figure']} against {curve['x']}", "", f"![curve]({name}_curve.png)", ""]
    lines += [f"| {' | '.join(['', *map(str, columns)])} |", "|---" * (len(columns) + 1) + "|"]
    for line, points in curve["lines"].items():
        cells = [shown(curve["figure"], dict(points).get(x)) for x in columns]
        lines.append(f"| {' | '.join([line, *cells])} |")
    lines += ["", f"{curve['num']:,} samples a point, seed 0; real examples: "]
    lines[-1] += f"{shown(curve['figure'], curve['floor'])}. Compared with {curve['real']}. Measured on "
    lines[-1] += f"{curve['date']} by `{curve['command']}` on {curve['machine']}, {curve['minutes']:g} min."
    return lines


def _pictures(name):
    lines = []
    for kind, caption in CAPTIONS.items():
        if os.path.exists(os.path.join(registry.root(), "cards", f"{name}_{kind}.png")):
            lines += ["", f"![{kind}]({name}_{kind}.png)", "", caption]
    return lines


def _training_rows(record):
    parameters = ", ".join(f"{part} {count:,}" for part, count in record.parameters.items())
    rows = {
        "command": f"`{record.command}`",
        "data": record.data,
        "epochs, steps": f"{record.epochs}, {record.steps:,}",
        "wall time": f"{record.minutes:g} min on {record.machine}",
        "seed": record.seed,
        "parameters": parameters,
        "weight file": f"{record.size / 1e6:.2f} MB, sha256 `{record.sha256[:16]}`",
        "versions": ", ".join(f"{k} {v}" for k, v in record.versions.items()),
        "date": record.date,
    }
    return [f"| {key} | {value} |" for key, value in rows.items()]


def _paper(entry):
    return f"[{entry['paper']}]({entry['link']})"


def _source(reference):
    return "read in its source" if reference.checked else "as commonly quoted"
