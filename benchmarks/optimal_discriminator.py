"""The discriminator of `gan_1d` beside the best one, p / (p + q).

    python benchmarks/optimal_discriminator.py [--folder runs/gan_1d] [--page docs/gan_theory.md]

Trains the entry by its recipe, half a minute on two cores, unless the folder holds the run; prints what its
samples and its game have come to, and draws densities and discriminator. Goodfellow et al. (2014),
arXiv:1406.2661, proposition 1 and theorem 1: D* = p / (p + q), and the value of the game, E log D(x) +
E log(1 - D(G(z))), is -log 4 where the samples have the distribution of the data. See docs/gan_theory.md.
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from scipy import stats
from tabulate import tabulate

import kerasgen as kg
from kerasgen import cards, registry
from kerasgen.data import laboratory
from kerasgen.media import figures

NUM = 200_000
NAME = "gan_1d"


def trained(folder):
    """The entry after its recipe; a run that was stopped goes on."""
    recipe, model = registry.get_recipe(NAME), kg.load(NAME, pretrained=False)
    data = kg.data.load(recipe.data, batch_size=recipe.batch_size, value_range=None)
    kg.training.train(model, data, folder, recipe.epochs, every_steps=5000, resume=True, verbose=0)
    return model


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", default=os.path.join("runs", NAME), help="of the run (runs/gan_1d)")
    parser.add_argument("--page", help="Markdown page with the mark")
    args = parser.parse_args()
    model, law = trained(args.folder), laboratory.GAUSSIAN_1D
    real, samples = law.sample(NUM, seed=2)[0], model.sample(NUM, seed=0)
    mean, std = float(law.means[0, 0]), law.sigma
    edges = np.linspace(mean - 4 * std, mean + 4 * std, 81)
    x = (edges[1:] + edges[:-1]) / 2
    p, (q, _) = stats.norm(mean, std).pdf(x), np.histogram(samples, edges, density=True)
    judged = lambda points: np.asarray(model.discriminator(points.astype("float32")))[:, 0].astype("float64")
    log_sigmoid = lambda logit: -np.logaddexp(0, -logit)
    value = log_sigmoid(judged(real)).mean() + log_sigmoid(-judged(samples)).mean()
    found, best = np.exp(log_sigmoid(judged(x[:, None]))), p / (p + q)
    near = np.abs(x - mean) < 2 * std
    rows = [
        ["mean of the samples", f"{samples.mean():.4f}", f"{mean:.4f}"],
        ["their standard deviation", f"{samples.std():.4f}", f"{std:.4f}"],
        ["value of the game", f"{value:.4f}", f"-log 4 = {-np.log(4):.4f}"],
        ["|D - p / (p + q)| within two standard deviations", f"{np.abs(found - best)[near].max():.4f}", "0"],
    ]
    table = tabulate(rows, ["", "found", "in theory"], "github", disable_numparse=True)
    print(table)
    if args.page:
        image = draw(x, {"data, p": p, "samples, q": q}, {"D": found, "p / (p + q)": best})
        image.save(os.path.join(os.path.dirname(args.page), "gan_theory_line.png"))
        cards.refresh(args.page, line=f"{table}\n\n![densities, and discriminators](gan_theory_line.png)\n")


def draw(x, densities, judges):
    """A PIL image of densities and discriminators over x."""
    figure, axes = figures.axes((7, 5), 2, 1)
    for ax, lines in zip(axes[:, 0], (densities, judges), strict=True):
        for (label, values), style in zip(lines.items(), ("-", "--"), strict=True):
            ax.plot(x, values, style, label=label)
        ax.legend()
    axes[1, 0].set(ylim=(0, 1), xlabel="x")
    return figures.to_image(figure)


if __name__ == "__main__":
    main()
