"""The leaderboard: what was measured of every entry, likes beside likes."""

from kerasgen import registry
from kerasgen.evaluation.measures import MEASURES, base, shown, spread

LIKELIHOODS = {  # column of the leaderboard -> (figure, what it is of, head)
    "nats_density": ("nats", "density", "nats (density)"),
    "nats_bits": ("nats", "bits", "nats (bits)"),
    "bits_per_dim_density": ("bits_per_dim", "density", "bits/dim (density)"),
    "bits_per_dim_levels": ("bits_per_dim", "levels", "bits/dim (levels)"),
    "nats_levels": ("nats", "levels", "nats (levels)"),
    "bits_per_token": ("bits_per_token", "tokens", "bits/token"),
    "bits_per_sample_tokens": ("bits_per_sample", "tokens", "bits/sample"),
}
COLUMNS = (
    "mse", "fid", "kid", "precision", "recall", "density", "coverage", "modes", "label_accuracy",
    "authenticity", "copying", "sharpness", "pixel_distance", "nn_error", "accuracy", "samples_per_second",
)  # fmt: skip
SHOWN = ("fid", "precision", "recall", *LIKELIHOODS, "modes", "accuracy")  # on the leaderboard, if known
OPTIONAL = ("precision", "modes")  # left out first where there are too many columns
CARDS = "../zoo/cards"  # as seen from the pages in docs/
MOST_COLUMNS = 7  # of a table of the leaderboard, name and parameters included


def leaderboard():
    """What was measured of every entry with weights: a list of dictionaries of plain data.

    Keys: name, dataset, family, likelihood, condition, each of `LIKELIHOODS` and `COLUMNS` as {"value",
    "spread", "floor"} or None, evaluator, parameters, minutes, published. Likelihoods of densities, of
    levels and of bits are different quantities, and stand in columns of their own. Figures of features
    are those of the entry's own evaluator.
    """
    rows = []
    for name in registry.list_models(pretrained=True):
        entry, record = registry.describe(name), registry.get_record(name)
        figures = {}
        for figure, value in record.metrics.items():  # those of the entry's own evaluator come first
            figures.setdefault(base(figure), value)
        reference = registry.get_recipe(name).reference
        published = (
            f"{reference.metric}: {reference.value} ({source(reference)})" if reference.metric else None
        )
        kind = nats_of(registry.get_recipe(name), record)
        row = {
            key: entry[key] for key in ("name", "dataset", "family", "likelihood", "condition", "parameters")
        }
        row |= {
            column: figures.get(figure) if kind == what else None
            for column, (figure, what, _) in LIKELIHOODS.items()
        }
        row |= {column: figures.get(column) for column in COLUMNS}
        row |= {"evaluator": record.evaluation.get("evaluator"), "minutes": record.minutes}
        rows.append(row | {"published": published})
    return sorted(rows, key=lambda row: (_judges(row), row["dataset"], _first(row)))


def nats_of(recipe, record):
    """What the likelihood in a Record is of: "density", "levels" or "bits"; None where there is none.

    Records say so since "nats_of" is among their settings; of others the figures tell: those of bits
    come without bits per dimension, and the variational bounds of gray images are of levels.
    """
    if "nats" not in record.metrics:
        return None
    if record.evaluation.get("nats_of"):
        return record.evaluation["nats_of"]
    if recipe.value_range is None:
        return "density"
    if "bits_per_dim" not in record.metrics:
        return "bits"
    return "levels" if (record.evaluation.get("nats") or "").startswith("the variational") else "density"


def leaderboard_markdown():
    """The leaderboard as one Markdown table a data set, with the floor of real data in the last row."""
    rows = leaderboard()
    parts = []
    for dataset, judges in dict.fromkeys((row["dataset"], _judges(row)) for row in rows):
        group = [r for r in rows if r["dataset"] == dataset and _judges(r) == judges]
        title = f"{dataset}, evaluators" if judges else dataset
        spaces = sorted({row["evaluator"] for row in group if row["evaluator"]})
        space = f" (features of {', '.join(f'`{s}`' for s in spaces)})" if spaces else ""
        parts.append(f"**{title}**{space}\n\n{_board(group)}")
    return "\n\n".join(parts)


def _board(group):
    columns = _columns(group)
    lines = [f"| {' | '.join(['name', *map(_head, columns), 'parameters'])} |"]
    lines.append("|---" * (len(columns) + 2) + "|")
    for row in group:
        link = f"[{row['name']}]({CARDS}/{row['name']}.md)"
        cells = [_cell(column, row) for column in columns]
        lines.append(f"| {' | '.join([link, *cells, format(row['parameters'], ',')])} |")
    floors = [
        next((r[c]["floor"] for r in group if r[c] and r[c]["floor"] is not None), None) for c in columns
    ]
    if any(value is not None for value in floors):
        cells = [shown(_figure(column), value) for column, value in zip(columns, floors, strict=True)]
        lines.append(f"| *real data* | {' | '.join(cells)} | |")
    return "\n".join(lines)


def _columns(group):
    """The columns of a table, by priority as many as there may be, in the order of `SHOWN`."""
    known = [column for column in SHOWN if any(row[column] for row in group)]
    for kind in ("density", "levels"):  # of pixels: bits per dimension do not depend on their range
        if f"bits_per_dim_{kind}" in known:
            known.remove(f"nats_{kind}")
    chosen = sorted(known, key=lambda column: column in OPTIONAL)[: MOST_COLUMNS - 2]
    return [column for column in known if column in chosen]


def _figure(column):
    """The figure in a column of the leaderboard."""
    return LIKELIHOODS[column][0] if column in LIKELIHOODS else column


def _head(column):
    sign = {"low": " ↓", "high": " ↑", "zero": " → 0", "one": " → 1", "": ""}
    words = LIKELIHOODS[column][2] if column in LIKELIHOODS else column.replace("_", " ")
    return words + sign[MEASURES[_figure(column)].better]


def _cell(column, row):
    """A figure; a likelihood with the words that set it apart: bound, estimate, given a condition."""
    text = spread(_figure(column), row[column])
    if not text or column not in LIKELIHOODS:
        return text
    tags = [row["likelihood"]] if row["likelihood"] in ("bound", "estimate") else []
    tags += [f"given the {row['condition']}"] if row["condition"] else []
    return f"{text} ({', '.join(tags)})" if tags else text


def _judges(row):
    """Whether an entry classifies examples, and is not compared with those that make them."""
    recipe = registry.get_recipe(row["name"])
    return recipe.labels and recipe.condition is None  # labels are what it learns to give


def _first(row):
    """Sorts a group: by FID, then by name."""
    return (row["fid"]["value"] if row["fid"] else float("inf"), row["name"])


def source(reference):
    """How the published number of a `Reference` is known, in words."""
    return "read in its source" if reference.checked else "as commonly quoted"
