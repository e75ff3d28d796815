"""Does it matter what a generator starts from? The same game with each prior of the code.

    python benchmarks/priors.py [--seeds 0 1 2] [--folder runs/priors] [--page docs/gan_theory.md]
    python benchmarks/priors.py --images [--length 5] [--page docs/gan_theory.md]

The relativistic game on the ring as in benchmarks/collapse.py, with a code of 16 numbers. `--images` trains
the networks of `dcgan_mnist` for a few epochs instead, and takes the Frechet distance of 10,000 digits in the
features of `lenet_mnist`; it needs MNIST. What was trained is kept in the folder, and a run that was
stopped goes on. `--page` puts table and picture between the marks of a page.
"""

import argparse
import functools
import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import collapse
import keras
import numpy as np
from tabulate import tabulate

import kerasgen as kg
from kerasgen import atomic, pages, registry
from kerasgen.distributions.priors import PRIORS
from kerasgen.evaluation import run, samples
from kerasgen.media import figures

LATENT = 16  # of two bits there would be four codes


def of_points(prior, seed, length, folder):
    """{figure: value} of points under a prior."""
    options = collapse.PAIRS | {"latent_dim": LATENT, "prior": prior}
    return collapse.measured("ring", options, seed, length or 36_000, folder)[0]


def of_digits(prior, seed, length, folder):
    """{"fid"} of digits under a prior; read from its folder where it was measured before."""
    kept = os.path.join(folder, "figures.json")
    if not os.path.exists(kept):
        keras.utils.set_random_seed(seed)
        networks, image = kg.networks.dcgan, (28, 28, 1)
        players = networks.generator(image, LATENT, 32, 3), networks.discriminator(image, 32, 3)
        model = kg.GAN(*players, prior=prior, ema=0.99, seed=seed)
        adam = lambda: kg.training.FusedAdam(1e-3, beta_1=0.5)
        model.compile(adam(), adam(), jit_compile=kg.ops.processor.xla_is_faster())
        stream = kg.data.load("mnist", batch_size=128, seed=seed)
        kg.training.train(model, stream, folder, length or 5, resume=True)
        found = {"fid": digits().figure("fid", samples.draw(model, 10_000, seed))}
        atomic.write_text(kept, json.dumps(found))
    with open(kept, encoding="utf-8") as file:
        return json.load(file)


@functools.cache
def digits():
    return run.reference_set("mnist", run.evaluator(registry.get_recipe("dcgan_mnist")))


def draw(found):
    """One panel a figure: a dot for each training under each prior."""
    names = list(next(iter(found.values()))[0])
    figure, axes = figures.axes((3.5 * len(names), 3.2), 1, len(names))
    for ax, name in zip(axes[0], names, strict=True):
        for at, runs in enumerate(found.values()):
            ax.plot([at] * len(runs), [one[name] for one in runs], "o", alpha=0.6)
        ax.set_xticks(range(len(found)), list(found), rotation=20)
        ax.set(title=name.replace("_", " "), ylim=(0, None))
    return figures.to_image(figure)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", action="store_true", help="digits in place of points")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--length", type=int, help="steps on points (36,000), or epochs of digits (5)")
    parser.add_argument("--folder", default=os.path.join("runs", "priors"))
    parser.add_argument("--page", help="Markdown page with the marks")
    args = parser.parse_args()
    kind, measure = ("priors_digits", of_digits) if args.images else ("priors_points", of_points)
    rows, found = [], {}
    for prior in PRIORS:
        place = lambda seed, prior=prior: os.path.join(args.folder, kind, prior, str(seed))
        found[prior] = [measure(prior, seed, args.length, place(seed)) for seed in args.seeds]
        values = [[one[name] for one in found[prior]] for name in found[prior][0]]
        rows.append([prior, *(f"{np.mean(each):.3f} ± {np.std(each):.3f}" for each in values)])
        print(json.dumps(rows[-1]), flush=True)
    heads = ["prior", *(name.replace("_", " ") for name in found[prior][0])]
    table = tabulate(rows, heads, "github", disable_numparse=True)
    print(table)
    if args.page:
        draw(found).save(os.path.join(os.path.dirname(args.page), f"gan_theory_{kind}.png"))
        text = f"{table}\n\n![a dot for each training](gan_theory_{kind}.png)\n"
        pages.refresh(args.page, **{kind: text})


if __name__ == "__main__":
    main()
