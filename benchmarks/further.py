"""What do some more steps of `fit` do to a shipped model?

    python benchmarks/further.py [NAME ...] [--steps 200]

Each entry is loaded, measured as its card was under the first sampling seed, trained on by its own recipe,
and measured again. A model that is handed out half-trained, or whose optimizers begin anew, would fall apart.
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from tabulate import tabulate
from trainings import training_data

import kerasgen as kg
from kerasgen import evaluation, registry
from kerasgen.evaluation.measures import base, shown

NAMES = ("dcgan_mnist", "dcgan_fashion_mnist", "wgan_gp_mnist", "gan_mnist")
FIGURES = ("fid", "precision", "recall", "label_accuracy")


def figures(name, model):
    """{figure: value} of the figures that are shown."""
    found = evaluation.evaluate(name, model, seeds=(0,), progress=True).figures
    return {figure: entry["value"] for figure, entry in found.items() if base(figure) in FIGURES}


def trained_on(name, model, steps):
    """The model after so many more steps on the training split of its recipe."""
    recipe = registry.get_recipe(name)
    model.fit(training_data(recipe, recipe.seed), steps_per_epoch=steps, epochs=1, verbose=2)
    return model


def rows(name, steps):
    """[entry, figure, before, after, change]."""
    model = kg.load(name)
    before = figures(name, model)
    after = figures(name, trained_on(name, model, steps))
    for figure, value in before.items():
        cells = [shown(figure, each) for each in (value, after[figure])]
        yield [name, base(figure), *cells, f"{after[figure] / value - 1:+.1%}"]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", default=NAMES, metavar="NAME")
    parser.add_argument("--steps", type=int, default=200)
    args = parser.parse_args()
    head = ["entry", "figure", "shipped", f"after {args.steps} steps", "change"]
    table = [row for name in args.names for row in rows(name, args.steps)]
    print(tabulate(table, head, "github", disable_numparse=True))


if __name__ == "__main__":
    main()
