"""Exposure bias: the error at each position of a text, with true tokens before it and with the model's own.

    python benchmarks/exposure.py [--steps 3000] [--seeds 0 1 2] [--folder runs/exposure]
                                  [--page docs/texts.md]
    python benchmarks/exposure.py --entry shakespeare_gpt [--page docs/texts.md]

The first form draws texts of a source that is known exactly: a Markov chain of order 3 over 12 tokens, in
which two tokens follow each history with 98 %, so that a wrong token leads to histories that few texts have.
The error of a model at position t is E KL(source || model) of the next token, nats, over histories of the
source (what training sees) and over the model's own samples (what it will see). Trained by teacher forcing
and with each schedule of scheduled sampling, on 2,000 texts. The second form takes an entry of texts with
weights, whose source is not known: the error is then -log p of a token by a 5-gram model of the training set.
"""

import argparse
import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from tabulate import tabulate

import kerasgen as kg
from kerasgen import atomic, data, media, pages, registry
from kerasgen.evaluation import texts as evaluation
from kerasgen.metrics import ngrams
from kerasgen.objectives import teacher_forcing

VOCABULARY, ORDER, LENGTH = 12, 3, 48
TEXTS, MEASURED = 2_000, 2_000
LIKELY = 0.98  # probability of the two tokens that follow a history
SHOWN = (1, 4, 8, 16, 32, 48)  # positions in the table


def schedules(steps):
    """{name: schedule}; the rate of true tokens falls from 1 to 1/4, or with the last one to 1/10."""
    return {
        "teacher forcing": None,
        "linear": teacher_forcing.Linear(0.75 / steps),
        "exponential": teacher_forcing.Exponential(0.25 ** (1 / steps)),
        "inverse sigmoid": teacher_forcing.InverseSigmoid(steps / 8),
    }


class Source:
    """p(next | the last 3 tokens): two tokens share 98 %; before a text stand tokens 0."""

    def __init__(self, seed=0):
        random = np.random.default_rng(seed)
        num = VOCABULARY**ORDER
        self.p = np.full((num, VOCABULARY), (1 - LIKELY) / (VOCABULARY - 2))
        share = random.uniform(0.3, 0.7, num)
        for history in range(num):
            self.p[history, random.choice(VOCABULARY, 2, replace=False)] = LIKELY * np.array(
                [share[history], 1 - share[history]]
            )

    def sample(self, num, seed):
        """Texts (num, LENGTH), int32."""
        random, found = np.random.default_rng(seed), np.zeros((num, ORDER + LENGTH), "int32")
        heights = self.p.cumsum(axis=1)
        for at in range(ORDER, ORDER + LENGTH):
            u = random.uniform(size=(num, 1))
            found[:, at] = (heights[self._history(found, at)] < u).sum(axis=1).clip(max=VOCABULARY - 1)
        return found[:, ORDER:]

    def following(self, x):
        """p of the token at every position of texts, (num, LENGTH, VOCABULARY)."""
        padded = np.pad(x, [(0, 0), (ORDER, 0)])
        return np.stack([self.p[self._history(padded, at)] for at in range(ORDER, ORDER + LENGTH)], axis=1)

    @staticmethod
    def _history(x, at):
        return sum(x[:, at - 1 - k] * VOCABULARY**k for k in range(ORDER))


def trained(schedule, texts, steps, seed):
    keras.utils.set_random_seed(seed)
    network = kg.networks.language.recurrent(VOCABULARY, LENGTH, width=32, units=64, cell="gru")
    model = kg.SequenceModel(network, kg.spaces.Tokens(LENGTH, VOCABULARY), schedule=schedule, seed=seed)
    model.compile(kg.training.decaying_adam(3e-3, steps), jit_compile=False)
    stream = data.from_arrays(texts, batch_size=100, seed=seed)
    model.fit(stream, epochs=1, steps_per_epoch=steps, verbose=0)
    return model


def error(model, source, x):
    """E KL(source || model) at each position, of the histories in texts x: (LENGTH,)."""
    p, logits = source.following(x), model.predict(x, batch_size=200, verbose=0).astype("float64")
    log_q = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    return (p * (np.log(p) - log_q)).sum(axis=-1).mean(axis=0)


def of_schedules(steps, seeds, folder):
    """{name: [teacher-forced error of each position, error with own tokens]}, means over seeds."""
    source, found = Source(), {}
    real = source.sample(MEASURED, seed=10**6)
    os.makedirs(folder, exist_ok=True)
    for name, schedule in schedules(steps).items():
        curves = []
        for seed in seeds:
            path = os.path.join(folder, f"{name.replace(' ', '_')}_{steps}_{seed}.json")
            if not os.path.exists(path):
                model = trained(schedule, source.sample(TEXTS, seed), steps, seed)
                own = model.sample(MEASURED, seed=1)
                curve = [error(model, source, x).tolist() for x in (real, own)]
                atomic.write_text(path, json.dumps(curve))
            with open(path, encoding="utf-8") as file:
                curves.append(json.load(file))
        found[name] = np.mean(curves, axis=0)
    return found


def of_entry(name, num=1000):
    """{name: [-log p by n-grams at each position of held-out texts, of the entry's samples]}."""
    model, recipe = registry.load(name), registry.get_recipe(name)
    train, test = (
        evaluation.rows_of(model.event, data.arrays(recipe.data, split)[0]) for split in ("train", "test")
    )
    reference = ngrams.WittenBell(train, model.event.vocabulary, 5)
    samples = evaluation.trimmed(model.sample(num, seed=0))
    length = min(map(len, samples + test))
    mean = lambda rows: -reference.log_prob([row[:length] for row in rows]).reshape(-1, length).mean(axis=0)
    return {name: np.array([mean(test), mean(samples)])}


def table(found):
    """The errors at some positions, as Markdown."""
    length = min(curve.shape[1] for curve in found.values())
    shown = [at for at in SHOWN if at <= length]
    heads = ["trained by", "tokens before", *(f"t = {at}" for at in shown), "mean"]
    rows = [
        [name, kind, *(f"{one[at - 1]:.3f}" for at in shown), f"{one.mean():.3f}"]
        for name, curve in found.items()
        for kind, one in zip(("true", "own"), curve, strict=True)
    ]
    return tabulate(rows, heads, "github", disable_numparse=True)


def picture(found, words):
    lines = {
        f"{name}, {kind} tokens": [[at + 1, max(1e-6, value)] for at, value in enumerate(one)]
        for name, curve in found.items()
        for kind, one in zip(("true", "own"), curve, strict=True)
    }
    return media.line_chart(lines, "position", words)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=3000, help="train steps (3000)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--folder", default="runs/exposure", help="where curves are kept")
    parser.add_argument("--entry", help="an entry of texts with weights, in the place of the known source")
    parser.add_argument("--page", help="page that gets table and picture, between its marks")
    args = parser.parse_args()
    if args.entry:
        found, mark, words = of_entry(args.entry), "exposure_entry", "-log p by a 5-gram model, nats"
    else:
        found = of_schedules(args.steps, args.seeds, args.folder)
        mark, words = "exposure", "KL of the next token, nats"
    print(table(found))
    if args.page:
        path = os.path.join(os.path.dirname(args.page), f"texts_{mark}.png")
        picture(found, words).save(path, optimize=True)
        pages.refresh(args.page, **{mark: f"{table(found)}\n\n![{mark}]({os.path.basename(path)})"})


if __name__ == "__main__":
    main()
