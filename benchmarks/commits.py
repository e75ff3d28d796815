"""This checkout against another one, an older commit as a rule: the same tasks, taking turns.

    git worktree add ../before <commit>
    python benchmarks/commits.py ../before [--rounds 9] [--tasks fid manifold]

Each side lives in a process of its own, idle while the other works. Prints medians, and the ratio
this / other round by round. Nothing else should be running.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import fid
import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def steps(name, number):
    """Train steps of an entry, by `fit`."""

    def prepare():
        import kerasgen as kg
        from kerasgen import registry

        recipe, model = registry.get_recipe(name), registry.load(name, pretrained=False)
        shape = model.event.shape if hasattr(model, "event") else model.event_shape  # of older checkouts
        num = 4 * recipe.batch_size
        random = np.random.default_rng(0)
        images = 255 * random.integers(0, 2, (num, *shape)).astype("uint8")
        labels = random.integers(0, 10, num) if recipe.condition else None
        options = {"batch_size": recipe.batch_size, "value_range": recipe.value_range}
        data = kg.data.from_array(images, labels, **options)
        return lambda: model.fit(data, steps_per_epoch=4, epochs=number // 4, verbose=0), number

    return prepare


def samples(name, num):
    def prepare():
        from kerasgen import registry

        model = registry.load(name)
        return lambda: model.sample(num, seed=0), 1

    return prepare


def features(seed):
    return np.random.default_rng(seed).normal(seed, 1, (10_000, 128))


def fid_of_features():
    from kerasgen.metrics import fidelity

    x, y = features(0), features(1)
    return lambda: [fidelity.fid(x, y) for _ in range(4)], 4


def manifold():
    from kerasgen.metrics import manifold as measures

    x, y = features(0), features(1)
    return lambda: (measures.precision_recall(x, y), measures.density_coverage(x, y)), 1


def expectation_maximization():
    import kerasgen as kg

    model = kg.BernoulliMixture((28, 28, 1), 50, seed=0)
    model.compile()
    x = np.random.default_rng(0).integers(0, 2, (2000, 28, 28, 1)).astype("float32")
    return lambda: model.fit(x, batch_size=len(x), epochs=10, verbose=0), 10


TASKS = {  # name: what makes (a function, how many of what is timed it does)
    "train_step": steps("dcgan_mnist", 12),
    "vae_step": steps("vae_mnist", 40),
    "unet": steps("ddpm_mnist", 4),
    "gan_step": steps("gan_mnist", 12),
    "iwae_step": steps("iwae_binarized_mnist", 16),
    "vqvae_step": steps("vqvae_mnist", 8),
    "unet_samples": samples("ddpm_mnist", 100),
    "gan_samples": samples("dcgan_mnist", 2000),
    "fid": lambda: (fid.kerasgen_side(10_000, 250), 1),
    "fid_of_features": fid_of_features,
    "manifold": manifold,
    "em_step": expectation_maximization,
}


def serve(names):
    """One side: for each line read, a turn of that task; its seconds are printed."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        name = line.strip()
        if name not in names:
            names.clear()  # what the last task held
            names[name] = TASKS[name]()
            names[name][0]()  # what is compiled once does not count
        function, number = names[name]
        begun = time.perf_counter()
        function()
        print((time.perf_counter() - begun) / number, file=answers, flush=True)


class Side:
    """A process in which the package of one checkout is imported."""

    def __init__(self, folder):
        environment = os.environ | {"PYTHONPATH": os.path.abspath(folder)}
        words = [sys.executable, os.path.abspath(__file__), "--serve"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(words, env=environment, text=True, cwd=folder, **pipes)

    def turn(self, name):
        print(name, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"The side {self.process.args} ended in {name}.")
        return float(answer)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("other", nargs="?", help="folder of the other checkout")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each side (9)")
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=list(TASKS), metavar="TASK")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        serve({})
        return
    if args.other is None:
        parser.error("the folder of the other checkout is missing")
    sides = {"this": Side(ROOT), "other": Side(args.other)}
    for name in args.tasks:
        times = {side: [] for side in sides}
        for number in range(args.rounds + 1):
            for side in sorted(sides, reverse=number % 2):
                times[side].append(sides[side].turn(name))
        this, other = (values[1:] for values in (times["this"], times["other"]))
        ratios = [a / b for a, b in zip(this, other, strict=True)]
        here, there = (statistics.median(values) * 1e3 for values in (this, other))
        print(
            f"{name:16s} this {here:9.1f} ms, other {there:9.1f} ms; "
            f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}), "
            f"of the fastest turns {min(this) / min(other):.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
