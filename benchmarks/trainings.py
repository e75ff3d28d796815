"""How much would another training change? The spread of figures over the seeds of trainings.

    python benchmarks/trainings.py [NAME ...] [--seeds 1 2] [--set ARGUMENT=VALUE ...]
                                   [--folder runs/trainings] [--dtype mixed_bfloat16]

Each entry is trained by its own recipe under every seed, which draws its initial weights, the order of the
data and all noise, and measured as its card was, under the first sampling seed. The shipped training stands
beside them. `--set` changes arguments of the entry's `build`, as `mismatch_weight=0`: what an idea is worth
is seen where it is left out. A run that was stopped goes on; what was measured is kept in the folder.
"""

import argparse
import ast
import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from tabulate import tabulate

import kerasgen as kg
from kerasgen import atomic, evaluation, registry
from kerasgen.evaluation.measures import base, shown

NAMES = ("gmm_rings", "diffusion_moons", "gan_mnist", "vae_mnist")  # the cheapest of each family
FIGURES = ("fid", "precision", "recall", "label_accuracy", "nats")


def argument(text):
    """(name, value) of NAME=VALUE; a value that is no Python literal is a text."""
    name, _, value = text.partition("=")
    try:
        return name, ast.literal_eval(value)
    except (SyntaxError, ValueError):
        return name, value


def training_data(recipe, seed):
    """What an entry is trained on, as its recipe has it read."""
    options = {"batch_size": recipe.batch_size, "labels": recipe.labels, "value_range": recipe.value_range}
    return kg.data.load(recipe.data, "train", seed=seed, **options)


def trained(name, seed, folder, args):
    """The entry's model after a training under another seed, or other arguments."""
    recipe, arguments = registry.get_recipe(name), dict(args.set)
    epochs = arguments.get("epochs", recipe.epochs)
    model = kg.load(name, pretrained=False, seed=seed, dtype=args.dtype, **arguments)
    data = training_data(recipe, seed)
    settings = {"name": name, "seed": seed, "dtype": args.dtype, "arguments": arguments}
    kg.training.train(model, data, folder, epochs, resume=True, settings=settings, verbose=2)
    return model


def measured(name, seed, args):
    """{figure: value} of that training; read from its folder where it was measured before."""
    changed = "".join(f"-{argument}={value}" for argument, value in args.set)
    place = os.path.join(args.folder, f"{name}-{seed}{changed}")
    kept = os.path.join(place, "figures.json")
    if not os.path.exists(kept):
        model = trained(name, seed, place, args)
        figures = evaluation.evaluate(name, model, seeds=(0,), progress=True).figures
        atomic.write_text(kept, json.dumps({figure: entry["value"] for figure, entry in figures.items()}))
    with open(kept, encoding="utf-8") as file:
        return json.load(file)


def rows(name, args):
    """[entry, figure, shipped training, the others, standard deviation of all, sampling seeds' own]."""
    others = [measured(name, seed, args) for seed in args.seeds]
    for figure, entry in registry.get_record(name).metrics.items():
        if base(figure) in FIGURES:
            values = [entry["value"], *(other[figure] for other in others)]
            spreads = np.std(values, ddof=1), entry["spread"]
            cells = [shown(figure, value) for value in values] + [f"{spread or 0:.2g}" for spread in spreads]
            yield [name, base(figure), cells[0], ", ".join(cells[1:-2]), *cells[-2:]]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", default=NAMES, metavar="NAME")
    parser.add_argument("--seeds", nargs="+", type=int, default=(1, 2))
    parser.add_argument("--set", nargs="+", type=argument, default=[], metavar="ARGUMENT=VALUE")
    parser.add_argument("--folder", default=os.path.join("runs", "trainings"))
    parser.add_argument("--dtype")
    args = parser.parse_args()
    head = ["entry", "figure", "shipped", "other trainings", "spread of trainings", "of sampling seeds"]
    table = [row for name in args.names for row in rows(name, args)]
    print(tabulate(table, head, "github", disable_numparse=True))


if __name__ == "__main__":
    main()
