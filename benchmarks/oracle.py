"""Sequences of SeqGAN's oracle: maximum likelihood, its cures, rewards and games, always by three figures.

    python benchmarks/oracle.py [--methods mle scheduled pg_bleu seqgan gumbel] [--seeds 0 1 2]
                                [--folder runs/oracle] [--epochs N] [--page docs/reinforcement.md]

Each method is the recipe of its entry under several seeds; rewards and games begin with the network of
maximum likelihood of their own seed. Runs that are done are kept in the folder, so that the command can be
stopped and given again. The three figures are -log p of samples under the oracle, -log p of held-out
sequences under the model, both nats a token, and the share of 5-grams of samples that stand in the training
set; the best step is that of the first one alone, on 2,000 samples. Samplers that learn nothing stand beside:
they show what the first figure does not say.
"""

import argparse
import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from tabulate import tabulate

from kerasgen import atomic, data, media, pages, registry
from kerasgen.data import oracle
from kerasgen.evaluation import sequences

METHODS = ("mle", "scheduled", "pg_bleu", "seqgan", "gumbel")
PUBLISHED = {  # Yu et al. (2017), the last one RelGAN's of Nie et al. (2019)
    "mle": "9.038", "scheduled": "8.985", "pg_bleu": "8.946", "seqgan": "8.736", "gumbel": "6.680 ± 0.343",
}  # fmt: skip
TEMPERATURES = (0.9, 0.8, 0.7)
WATCHED, MEASURED = 2_000, 10_000  # samples along training, and at its end
POINTS = 40  # of a curve


class Watch(keras.callbacks.Callback):
    """[[step, -log p of samples by the oracle, of held-out sequences by the model], ...] along training."""

    def __init__(self, every):
        super().__init__()
        self.every, self.points = every, []
        self.oracle, self.held_out = oracle.published(), data.arrays("oracle", "validation")[0][:WATCHED]

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every == 0:
            self.measure()

    def measure(self):
        samples = self.model.sample(WATCHED, seed=1)
        nats = -self.oracle.log_prob(samples).mean(), -self.model.log_prob(self.held_out).mean()
        self.points.append([self.model.step, *(float(each) / samples.shape[1] for each in nats)])
        print("step {} oracle {:.3f} held out {:.3f}".format(*self.points[-1]), flush=True)


def begun(method, seed, folder):
    """The compiled model of an entry; a reward or a game has the weights of maximum likelihood."""
    recipe = registry.get_recipe(f"{method}_oracle")
    keras.utils.set_random_seed(seed)
    model = recipe.build(seed=seed, vocabulary=5000)  # with a size of its own it loads no weights
    if method not in ("mle", "scheduled"):
        first = registry.get_recipe("mle_oracle").build()
        first.load_weights(os.path.join(folder, f"mle_{seed}.weights.h5"))
        for network in model.components()["network"]:
            network.set_weights(first.average.get_weights())
    return model, recipe


def trained(method, seed, folder, epochs=None):
    """What was measured of a method under a seed: {"curve", "figures", "cooler"}."""
    path = os.path.join(folder, f"{method}_{seed}")
    if os.path.exists(f"{path}.json"):
        with open(f"{path}.json", encoding="utf-8") as file:
            return json.load(file)
    model, recipe = begun(method, seed, folder)
    epochs = recipe.epochs if epochs is None else epochs
    options = {"batch_size": recipe.batch_size, "seed": seed, "shuffle": True, "value_range": None}
    watch = Watch(max(1, epochs // POINTS))
    watch.set_model(model), watch.measure()
    model.fit(data.load("oracle", **options), epochs=epochs, callbacks=[watch], verbose=2)
    model.save_weights(f"{path}.weights.h5")
    found = {"curve": watch.points, "figures": figures(model), "cooler": {}}
    if method == "mle":
        found["cooler"] = {str(each): figures(model, temperature=each) for each in TEMPERATURES}
    atomic.write_text(f"{path}.json", json.dumps(found))
    return found


def figures(model, **options):
    """[-log p of samples by the oracle, of held-out sequences by the model, copied 5-grams]."""
    train, test = (data.arrays("oracle", split)[0] for split in ("train", "test"))
    found = sequences.of_samples(model.sample(MEASURED, seed=0, **options), train, test, "oracle")
    nats = sequences.likelihood(model, "oracle", test, **options)["nats_per_token"]
    return [found["oracle_nats"], nats, found["copied_5"]]


def bigrams(train, num, seed=0):
    """Sequences drawn from the pairs that were counted, the first token from those at the first place."""
    random, found = (
        np.random.default_rng(seed),
        [train[np.random.default_rng(seed).integers(len(train), size=num), 0]],
    )
    before, after = train[:, :-1].ravel(), train[:, 1:].ravel()
    order = np.argsort(before, kind="stable")
    before, after = before[order], after[order]
    for _ in range(train.shape[1] - 1):
        low, high = (np.searchsorted(before, found[-1], side) for side in ("left", "right"))
        at = low + (random.uniform(size=num) * (high - low)).astype("int64")
        drawn = after[np.minimum(at, len(after) - 1)]
        found.append(np.where(high > low, drawn, random.choice(after, num)))
    return np.stack(found, axis=1).astype("int32")


def trivial():
    """{name: [the first figure, the third]} of samplers that learn nothing, and of the oracle itself."""
    train, test = (data.arrays("oracle", split)[0] for split in ("train", "test"))
    known = oracle.published()
    rows = {
        "the oracle": test,
        "the oracle, temperature 0.7": known.sample(WATCHED, 20, 3, 0.7),
        "pairs of the training set": bigrams(train, WATCHED),
        "the training set again": train,
    }
    found = {name: sequences.of_samples(x, train, test, "oracle") for name, x in rows.items()}
    return {name: [one["oracle_nats"], one["copied_5"]] for name, one in found.items()}


def table(found, others):
    """All figures as Markdown: mean and standard deviation over seeds."""
    rows = []
    for method, runs in found.items():
        best = [min(point[1] for point in run["curve"]) for run in runs]
        rows.append(
            [f"`{method}_oracle`", PUBLISHED[method], spread(best), *columns(run["figures"] for run in runs)]
        )
        for each in runs[0]["cooler"]:
            cells = columns(run["cooler"][each] for run in runs)
            rows.append([f"`{method}_oracle`, temperature {each}", "", "", *cells])
    for name, (nats, copied) in others.items():
        rows.append([name, "", "", f"{nats:.3f}", "", f"{copied:.4f}"])
    heads = ["", "published", "oracle NLL, best", "at the last step", "NLL of held-out", "copied 5-grams"]
    return tabulate(rows, heads, "github", disable_numparse=True)


def columns(runs):
    """Cells of the three figures of several runs."""
    nats, held_out, copied = zip(*runs, strict=True)
    return spread(nats), spread(held_out), spread(copied, 4)


def spread(values, digits=3):
    around = f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else ""
    return f"{np.mean(values):.{digits}f}{around}"


def picture(found):
    """Both likelihoods along the first run of each method."""
    lines = {}
    for method, (run, *_) in found.items():
        total = run["curve"][-1][0]
        for at, words in ((1, "samples by the oracle"), (2, "held-out by the model")):
            lines[f"{method}: {words}"] = [[point[0] / total, point[at]] for point in run["curve"][1:]]
    return media.line_chart(lines, "share of the training", "nats a token")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", nargs="+", default=METHODS, choices=METHODS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--folder", default="runs/oracle", help="where measurements and weights are kept")
    parser.add_argument("--epochs", type=int, help="of every method; default those of its recipe")
    parser.add_argument("--page", help="page that gets table and picture, between its marks")
    args = parser.parse_args()
    os.makedirs(args.folder, exist_ok=True)
    found = {
        method: [trained(method, seed, args.folder, args.epochs) for seed in args.seeds]
        for method in args.methods
    }
    print(table(found, others := trivial()))
    if args.page:
        path = os.path.join(os.path.dirname(args.page), "reinforcement_oracle.png")
        picture(found).save(path, optimize=True)
        text = f"{table(found, others)}\n\n![along training]({os.path.basename(path)})"
        pages.refresh(args.page, oracle=text)


if __name__ == "__main__":
    main()
