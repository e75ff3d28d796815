"""The card of an entry: a generated page of what is known of it, and what was measured."""

import os

from kerasgen import registry
from kerasgen.evaluation.leaderboard import leaderboard, leaderboard_markdown, nats_of, source
from kerasgen.evaluation.measures import base, measure, shown, spread

COMPARABLE = {  # what a published metric begins with -> the figure that measures the same here
    "Parzen-window log-likelihood": "parzen",
    "negative log-likelihood": "nats",
    "oracle NLL": "oracle_nats",
    "1-NN error": "nn_error",
    "test error": "accuracy",
}
__all__ = ["card", "leaderboard", "leaderboard_markdown", "paper_of", "shown", "spread"]

VARIANT_COLUMNS = (
    "fid", "kid", "precision", "recall", "coverage", "label_accuracy", "oracle_nats", "nats_per_token",
    "bleu2", "copied", "samples_per_second",
)  # fmt: skip
COPYING = (
    "`copying` is a rank test in the feature space, which copies fail and blurred samples, too: they lie "
    "nearer to the middle of the data. Copies have a `pixel_distance` near 0, blur a `sharpness` below 1."
)
CAPTIONS = {
    "nearest": "Rows of samples, each above the training images nearest to it in the feature space.",
    "classes": "One column a class as the evaluator reads it: the first ten samples of each.",
    "paths": "Eight paths between codes of the prior, seed 0.",
    "attention": "What each symbol of a greedy answer, a row, draws on in its text.",
    "density": "2,500 samples, seed 0, over the density of the test set.",
}


def card(name):
    """The card of an entry as Markdown."""
    entry, recipe, record = registry.describe(name), registry.get_recipe(name), registry.get_record(name)
    lines = [f"# {name}", "", entry["summary"], "", entry["details"], ""]
    lines += [f"Follows {paper_of(entry)}. Family `{entry['family']}`, data `{recipe.data}`"]
    if recipe.value_range:
        lines[-1] += f", pixels in [{recipe.value_range[0]:g}, {recipe.value_range[1]:g}]"
    lines[-1] += "."
    if record:
        lines += _samples(name, recipe)
        lines += _figures(recipe, record) + _variants(name, recipe, record) + _curve(name, record)
        lines += _pictures(name)
        lines += ["", "## Training", "", "| | |", "|---|---|", *_training_rows(record)]
    lines += _published(recipe.reference, record)
    usage = ["images = model.sample(16, seed=7)"]
    if os.path.exists(_texts_of(name)):
        usage = ["texts = model.event.texts(model.sample(4, seed=7))"]
    if recipe.family == "classifier":
        usage = ["logits = model.predict(images)  # or features, logits = model.features(images)"]
    usage = [f'model = kerasgen.load("{name}")', *usage]
    return "\n".join([*lines, "", "```python", "import kerasgen", "", *usage, "```", ""])


def _texts_of(name):
    """Where the samples of an entry of texts lie."""
    return os.path.join(registry.root(), "cards", f"{name}.txt")


def _samples(name, recipe):
    """The sheet of samples, or texts as such."""
    if os.path.exists(_texts_of(name)):
        with open(_texts_of(name), encoding="utf-8") as file:
            texts = file.read().strip()
        return ["", "Samples, seed 0, none chosen:", "", "```text", texts, "```"]
    if recipe.family == "classifier":
        return []
    if os.path.exists(os.path.join(registry.root(), "cards", f"{name}.wav")):
        player = f'<audio controls src="{name}.wav"></audio>'
        words = f"20 samples, seed 0, none chosen, one after the other: [{name}.wav]({name}.wav)"
        return ["", player, "", words, "", f"![waveforms and spectrograms]({name}.png)"]
    return ["", f"![100 samples, seed 0]({name}.png)", "", "100 samples, seed 0, none chosen."]


def _figures(recipe, record):
    if not record.metrics:
        return []
    evaluation = record.evaluation
    lines = ["", "## Figures", "", "| figure | value | real data | |", "|---|---|---|---|"]
    for figure, entry in record.metrics.items():
        cells = [f"`{figure}`", spread(figure, entry), shown(figure, entry["floor"])]
        cells.append(measure(figure).text.replace("|", "\\|"))
        lines.append(f"| {' | '.join(cells)} |")
    if "seeds" in evaluation:
        seeds = ", ".join(map(str, evaluation["seeds"]))
        lines += ["", f"Mean ± standard deviation over sampling seeds {seeds} of one training, "]
        lines[-1] += f"{evaluation['num']:,} samples each: another training may differ by more. Real data: "
        lines[-1] += "as many training images in the samples' place, test images for copying and bins."
    lines += _likelihood(recipe, record)
    lines += _evaluator(recipe, evaluation)
    if recipe.value_range and "copying" in map(base, record.metrics):
        lines += ["", COPYING]
    lines += ["", f"Compared with {evaluation['real']}. Measured on {evaluation['date']} by "]
    lines[-1] += f"`{evaluation['command']}` on {evaluation['machine']}"
    if evaluation.get("dtype", "float32") != "float32":
        lines[-1] += f", computed in {evaluation['dtype']}"
    lines[-1] += "; `--check` compares anew."
    return lines


def _likelihood(recipe, record):
    """What `nats` are of and given, and which bound or estimate they are."""
    kind = nats_of(recipe, record)
    if kind is None:
        return []
    of = {
        "density": "the log-density of the examples",
        "levels": "the log-probability of the 256 levels of each pixel",
        "bits": "the log-probability of binary pixels; gray ones are drawn as bits",
        "tokens": "the log-probability of texts, or of the levels of sounds, one by one and with their ends",
    }
    text = f"`nats`: {of[kind]}"
    if recipe.condition:
        text += f", given the {recipe.condition}"
    words = record.evaluation.get("nats")
    if words or recipe.likelihood == "estimate":
        text += f"; {words or 'an estimate, not a bound'}"
    return ["", f"{text}. Compare it with the same kind only."]


def _evaluator(recipe, evaluation):
    """The classifier in whose features samples are compared, and how good it is."""
    record = registry.get_record(recipe.evaluator) if recipe.evaluator else None
    accuracy = record.metrics.get("accuracy") if record else None
    if not evaluation.get("evaluator") or accuracy is None:
        return []
    text = f"Features and classes are those of `{recipe.evaluator}`, which is right on "
    text += f"{100 * accuracy['value']:.1f} % of its test set."
    for name in evaluation.get("judges_sha256", ()):
        right = registry.get_record(name).metrics["accuracy"]["value"]
        text += f" `{name}`, which reads the rest of the condition, is right on {100 * right:.1f} %."
    return ["", text]


def _published(reference, record):
    """The published number, and whether anything measured here is comparable with it."""
    if not reference.metric:
        return []
    figure = next((f for words, f in COMPARABLE.items() if reference.metric.startswith(words)), None)
    text = f"{reference.metric}: {reference.value} ({source(reference)})"
    if record and figure in map(base, record.metrics):
        return ["", f"Published beside `{figure}`: {text}."]
    return ["", f"Published: {text}. This was not measured here: no figure above compares with it."]


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


def paper_of(entry):
    """The paper of an entry as a Markdown link; `entry` as `registry.describe` gives it."""
    return f"[{entry['paper']}]({entry['link']})"
