"""The laboratory of mode collapse: every game on a ring, a grid and stacked digits, as in PacGAN.

    python benchmarks/collapse.py [--data ring grid] [--games NAME ...] [--seeds 0 1 2] [--steps 36000]
                                  [--folder runs/collapse] [--page docs/collapse.md]
    python benchmarks/collapse.py --data stacked_mnist --seeds 0 --page docs/collapse.md

Networks and optimizer are those of `gan_ring`, and of the entries of stacked digits; measured as in PacGAN
(Lin et al., 2018, arXiv:1712.04086, section 4): 2,500 points, of which one reaches a mode within three
standard deviations, or 26,000 stacks whose digits `lenet_mnist` reads. The published row stands beside ours.
What was trained is kept in the folder, so that a run that was stopped goes on, and two that share it may do a
part each. `--page` puts table and pictures between the marks of a page.
"""

import argparse
import functools
import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from tabulate import tabulate

import kerasgen as kg
from kerasgen import atomic, media, pages, registry
from kerasgen.evaluation import known, run
from kerasgen.evaluation.samples import quantize
from kerasgen.media import figures
from kerasgen.metrics import modes

CRITIC = {"game": "wasserstein", "critic_steps": 5}
PAIRS = {"game": "relativistic", "penalty": "r1_r2"}
GAMES = {  # name: options of `GAN`
    "non_saturating": {},
    "minimax": {"game": "minimax"},
    "least_squares": {"game": "least_squares"},
    "hinge": {"game": "hinge"},
    "wasserstein, clipped": CRITIC | {"weight_clip": 0.1},
    "wasserstein, gradient penalty": CRITIC | {"penalty": "gradient_penalty", "penalty_weight": 1.0},
    "non_saturating, R1": {"penalty": "r1"},
    "relativistic, R1 and R2": PAIRS,
    "f_kl": {"game": "f_kl"},
    "f_reverse_kl": {"game": "f_reverse_kl"},
    "f_pearson": {"game": "f_pearson"},
    "f_hellinger": {"game": "f_hellinger"},
    "f_jensen_shannon": {"game": "f_jensen_shannon"},
    "unrolled, 5 steps": {"unrolled_steps": 5},
    "PacGAN2": {"packing": 2},
    "PacGAN3": {"packing": 3},
    "PacGAN4": {"packing": 4},
    "PacGAN4, relativistic, R1 and R2": PAIRS | {"packing": 4},
}
STACKS = {  # name: (entry, options of its `build`)
    "non_saturating": ("pacgan_stacked_mnist", {"packing": 1}),
    "PacGAN4": ("pacgan_stacked_mnist", {}),
    "relativistic, R1 and R2": ("r3gan_stacked_mnist", {}),
}
PUBLISHED = {  # PacGAN, Table 1 (modes, share of high quality, reverse KL); of stacks R3GAN, Table 3
    ("ring", "non_saturating"): "6.3 / 98.2 % / 0.45",
    ("grid", "non_saturating"): "17.3 / 94.8 % / 0.70",
    ("ring", "PacGAN2"): "7.9 / 95.6 % / 0.07",
    ("ring", "PacGAN3"): "7.8 / 97.7 % / 0.10",
    ("ring", "PacGAN4"): "7.8 / 95.9 % / 0.07",
    ("grid", "PacGAN2"): "23.8 / 91.3 % / 0.13",
    ("grid", "PacGAN3"): "24.6 / 94.2 % / 0.06",
    ("grid", "PacGAN4"): "24.8 / 93.6 % / 0.04",
    ("stacked_mnist", "non_saturating"): "99 / 3.40",
    ("stacked_mnist", "PacGAN4"): "992 / 0.28",
    ("stacked_mnist", "relativistic, R1 and R2"): "1,000 / 0.029",
}
STACKED = "stacked_mnist"
SHOWN = {"ring": 1000, "grid": 1000, STACKED: 36}  # samples in a panel
COLUMNS = 6


def trained(data, options, seed, steps, folder, name="gan_ring"):
    """An entry's model after its training; that of digits goes on where it was stopped.

    Points are trained for so many steps of the generator, with batches of as many packs or minibatches.
    """
    recipe = registry.get_recipe(name)
    if data == STACKED:
        model = kg.load(name, pretrained=False, seed=seed, **options)
        stream = kg.data.load(data, batch_size=recipe.batch_size, seed=seed)
        kg.training.train(model, stream, folder, recipe.epochs, every_steps=2000, resume=True)
        return model
    model = kg.load(name, pretrained=False, seed=seed, decay_steps=steps, **options)
    batch = recipe.batch_size * options.get("critic_steps", 1) * options.get("packing", 1)
    model.fit(kg.data.load(data, batch_size=batch, seed=seed), steps_per_epoch=steps, verbose=0)
    return model


def measured(data, options, seed, steps, folder, name="gan_ring"):
    """({figure: value}, samples to show) of one training; read from its folder if it was made.

    Args:
        data: Name of the set.
        options: Of the entry's `build`.
        seed, steps: Of the training; that of digits is as long as its recipe says.
        folder: Where it is kept.
        name: Of the entry whose networks are trained.
    """
    kept = [os.path.join(folder, file) for file in ("figures.json", "samples.npy")]
    if not os.path.exists(kept[0]):
        model = trained(data, options, seed, steps, folder, name)
        found, samples = (stacks if data == STACKED else points)(model, data, seed)
        os.makedirs(folder, exist_ok=True)
        np.save(kept[1], samples[: SHOWN[data]])
        atomic.write_text(kept[0], json.dumps(found))
    with open(kept[0], encoding="utf-8") as file:
        return json.load(file), np.load(kept[1])


def points(model, data, seed):
    """Modes of a mixture that 2,500 samples reach."""
    samples, mixture = model.sample(2500, seed=seed), known.MIXTURES[data]
    return modes.mixture_modes(samples, mixture.means, mixture.sigma)._asdict(), samples


def stacks(model, data, seed):
    """Classes that 26,000 stacks are read as."""
    samples = quantize(model.sample(run.NUM_STACKED, seed=seed), model.event.range)
    logits = evaluator()(samples).logits
    return modes.class_modes(logits.argmax(1), logits.shape[1])._asdict(), samples


@functools.cache
def evaluator():
    return run.evaluator(registry.get_recipe("pacgan_stacked_mnist"), STACKED)


def shown(found):
    """Figures of several trainings as text: means, and modes from least to most."""
    mean = lambda name: np.mean([one[name] for one in found])
    parts = [f"{mean('modes'):.1f}", f"{mean('reverse_kl'):.3f}"]
    if "high_quality" in found[0]:
        parts.insert(1, f"{100 * mean('high_quality'):.1f} %")
    least, *_, most = sorted(one["modes"] for one in 2 * found)
    return " / ".join(parts), f"{least} to {most}"


def picture(data, panels):
    """Real examples, and beside them those of each game: a PIL image."""
    real, _ = kg.data.arrays(data, "test")
    panels = {"data": real[: SHOWN[data]]} | panels
    rows = -(-len(panels) // COLUMNS)
    columns = min(len(panels), COLUMNS)
    figure, axes = figures.axes((2.2 * columns, 2.4 * rows), rows, columns)
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, (name, samples) in zip(axes.flat, panels.items(), strict=False):
        ax.set_title(name, fontsize=8)
        if data == STACKED:
            ax.imshow(media.image_grid(samples, columns=6))
            continue
        low, high = 1.3 * real.min(), 1.3 * real.max()
        ax.plot(*np.clip(samples, low, high).T, ".", markersize=1.5)
        ax.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    return figures.to_image(figure)


def trainings(data, game, args):
    """What `measured` gives of a game under each seed."""
    name, options = STACKS[game] if data == STACKED else ("gan_ring", GAMES[game])
    place = os.path.join(args.folder, data, "".join(x if x.isalnum() else "_" for x in game))
    folder = lambda seed: os.path.join(place, str(seed))
    return [measured(data, options, seed, args.steps, folder(seed), name) for seed in args.seeds]


def section(data, args):
    """(table, {game: samples of its first seed}) of a set of data."""
    rows, panels = [], {}
    for game in args.games or (STACKS if data == STACKED else GAMES):
        runs = trainings(data, game, args)
        rows.append([game, *shown([found for found, _ in runs]), PUBLISHED.get((data, game), "")])
        panels[game] = runs[0][1]
        print(json.dumps([data, *rows[-1]]), flush=True)
    quality = "" if data == STACKED else "high quality / "
    heads = ["game", f"modes / {quality}reverse KL", "modes, least to most", "published"]
    return tabulate(rows, heads, "github", disable_numparse=True), panels


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", nargs="+", choices=SHOWN, default=["ring", "grid"])
    parser.add_argument("--games", nargs="+", choices=GAMES, metavar="NAME", help="(all)")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=36_000, help="of the generator, for points (36,000)")
    parser.add_argument("--folder", default=os.path.join("runs", "collapse"))
    parser.add_argument("--page", help="Markdown page with a mark for each set of data")
    args = parser.parse_args()
    for data in args.data:
        table, panels = section(data, args)
        print(table)
        if args.page:
            name = f"collapse_{data}.png"
            picture(data, panels).save(os.path.join(os.path.dirname(args.page), name))
            pages.refresh(args.page, **{data: f"{table}\n\n![data, and samples of each game]({name})\n"})


if __name__ == "__main__":
    main()
