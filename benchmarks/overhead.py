"""What it costs to watch a run: an epoch with checkpoints and the health monitor, and one without.

    python benchmarks/overhead.py [--name dcgan_mnist] [--rounds 3]

Both sides train the same entry on its own data, an epoch a turn. The watched one saves a checkpoint every 500
steps and at the end of the epoch, looks at every step's terms, and then writes the log, the sheet of
samples, the health figures and, where it is installed, TensorBoard's summaries. Nothing else
should be running.
"""

import argparse
import os
import statistics
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import kerasgen as kg
from kerasgen import registry
from kerasgen.ops import pixels
from kerasgen.training import run


def watched(model, source, folder, every_steps):
    """The callbacks of `kerasgen train`."""
    checkpoint = kg.training.Checkpoint(os.path.join(folder, "checkpoint"), every_steps)
    checkpoint.restore(model)  # nothing yet
    held_out, seen = (
        pixels.from_uint8(kg.data.arrays(source, split)[0][:10_000], model.event.range)
        for split in ("test", "train")
    )
    return [
        kg.training.TerminateOnNonFinite(checkpoint),
        checkpoint,
        *run.run_callbacks(folder, model, (held_out, None, seen)),
    ]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--name", default="dcgan_mnist", help="an entry of images without labels")
    parser.add_argument("--rounds", type=int, default=3, help="epochs of each side (3)")
    parser.add_argument("--steps", type=int, help="of an epoch (all)")
    parser.add_argument("--every-steps", type=int, default=500, help="between checkpoints (500)")
    args = parser.parse_args()
    recipe, model = registry.get_recipe(args.name), registry.build(args.name)
    dataset = kg.data.load(recipe.data, batch_size=recipe.batch_size, value_range=recipe.value_range)
    with tempfile.TemporaryDirectory() as folder:
        sides = {"plain": [], "watched": watched(model, recipe.data, folder, args.every_steps)}
        for callbacks in sides.values():  # what is compiled once does not count
            model.fit(dataset, steps_per_epoch=5, callbacks=callbacks, verbose=0)
        times = {name: [] for name in sides}
        for number in range(args.rounds):
            for name, callbacks in sides.items():
                begun = time.perf_counter()
                model.fit(dataset, steps_per_epoch=args.steps, callbacks=callbacks, verbose=0)
                times[name].append(time.perf_counter() - begun)
            print(
                f"round {number + 1}: " + ", ".join(f"{k} {v[-1]:.1f} s" for k, v in times.items()),
                flush=True,
            )
    ratios = [b / a for a, b in zip(times["plain"], times["watched"], strict=True)]
    print(
        f"watched takes {100 * (statistics.median(ratios) - 1):+.1f} % of the time of plain, in the median "
        f"({100 * (min(ratios) - 1):+.1f} to {100 * (max(ratios) - 1):+.1f}, round by round)"
    )


if __name__ == "__main__":
    main()
