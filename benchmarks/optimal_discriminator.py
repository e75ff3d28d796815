"""Discriminators beside the best one, p / (p + q): of samples that are held fixed, and of `gan_1d`.

    python benchmarks/optimal_discriminator.py [--folder runs/gan_1d] [--page docs/gan_theory.md]

Goodfellow et al. (2014), arXiv:1406.2661, proposition 1 and theorem 1: D* = p / (p + q), with which the value
of the game, E log D(x) + E log(1 - D(G(z))), is 2 JS(p, q) - log 4. First a discriminator is trained alone,
against N(0, 1); then the entry by its recipe, unless the folder holds the run. `--page` puts table and
picture between the marks of a page.
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from gan_theory import critic, fitted, game, normal
from scipy import stats
from tabulate import tabulate

import kerasgen as kg
from kerasgen import pages, registry
from kerasgen.data import laboratory
from kerasgen.media import figures
from kerasgen.metrics import divergences

NUM = 200_000
NAME = "gan_1d"
LAW = laboratory.GAUSSIAN_1D
MEAN, STD = float(LAW.means[0, 0]), LAW.sigma
EDGES = np.linspace(MEAN - 4 * STD, MEAN + 4 * STD, 81)
X = (EDGES[1:] + EDGES[:-1]) / 2
P = stats.norm(MEAN, STD).pdf(X)


def trained(folder):
    """The entry after its recipe; a run that was stopped goes on."""
    recipe, model = registry.get_recipe(NAME), kg.load(NAME, pretrained=False)
    data = kg.data.load(recipe.data, batch_size=recipe.batch_size)
    kg.training.train(model, data, folder, recipe.epochs, every_steps=5000, resume=True, verbose=0)
    return model


def judged(discriminator, samples):
    """(D along the line, value of the game on fresh data and samples)."""
    logits = lambda x: np.asarray(discriminator(x.astype("float32")))[:, 0].astype("float64")
    log_sigmoid = lambda logit: -np.logaddexp(0, -logit)
    value = log_sigmoid(logits(LAW.sample(NUM, seed=2)[0])).mean() + log_sigmoid(-logits(samples)).mean()
    return np.exp(log_sigmoid(logits(X[:, None]))), value


def row(name, samples, found, value, q):
    """A row of the table: samples, value and discriminator beside theory."""
    near, law = np.abs(X - MEAN) < 2 * STD, lambda density: density / density.sum()
    expected = 2 * divergences.js(law(P), law(q)) - np.log(4)
    worst = np.abs(found - P / (P + q))[near].max()
    return [
        name,
        f"{samples.mean():.3f}",
        f"{samples.std():.3f}",
        f"{value:.4f}",
        f"{expected:.4f}",
        f"{worst:.3f}",
    ]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", default=os.path.join("runs", NAME), help="of the run (runs/gan_1d)")
    parser.add_argument("--page", help="Markdown page with the mark")
    args = parser.parse_args()
    alone = fitted(critic(1), game("non_saturating", normal(MEAN, STD), normal(0.0, 1.0)), 3000)
    fixed = np.random.default_rng(0).normal(size=(NUM, 1))
    found, value = judged(alone, fixed)
    q = stats.norm(0, 1).pdf(X)
    rows, panels = [row("held fixed", fixed, found, value, q)], {"samples held fixed": (q, found)}
    model = trained(args.folder)
    samples = model.sample(NUM, seed=0)
    found, value = judged(model.discriminator, samples)
    q, _ = np.histogram(samples, EDGES, density=True)
    rows.append(row("`gan_1d`", samples, found, value, q))
    panels["gan_1d, trained"] = q, found
    heads = [
        "samples",
        "mean",
        "deviation",
        "value",
        "2 JS - log 4",
        "D and p / (p + q) differ by",
    ]
    table = tabulate(rows, heads, "github", disable_numparse=True)
    print(table)
    if args.page:
        draw(panels).save(os.path.join(os.path.dirname(args.page), "gan_theory_line.png"))
        pages.refresh(args.page, line=f"{table}\n\n![densities, and discriminators](gan_theory_line.png)\n")


def draw(panels):
    """A PIL image: densities above, discriminators below."""
    figure, axes = figures.axes((11, 5), 2, len(panels))
    for (upper, lower), (title, (q, found)) in zip(axes.T, panels.items(), strict=True):
        upper.plot(X, P, label="data, p")
        upper.plot(X, q, "--", label="samples, q")
        lower.plot(X, found, label="D")
        lower.plot(X, P / (P + q), "--", label="p / (p + q)")
        upper.set(title=title)
        lower.set(ylim=(0, 1.05), xlabel="x")
        upper.legend(), lower.legend()
    return figures.to_image(figure)


if __name__ == "__main__":
    main()
